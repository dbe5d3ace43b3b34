"""The runner must turn red on a machine for the same reasons as pytest does here."""

import subprocess
from pathlib import Path

from tests.host.planted import plant
from tests.host.test_portable_on_vms import RUNNER


def run(vm: Path, tree: Path, text: str, *names: str) -> subprocess.CompletedProcess[str]:
    plant(tree, "tests/portable/test_a.py", text)
    command = [vm, RUNNER, tree, "tests.portable.test_a", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_failed_test_fails_the_run_and_shows_the_machines_traceback(vm: Path, tmp_path: Path) -> None:
    """The line that failed is what the person needs; the other tests run all the same."""
    done = run(vm, tmp_path, "def test_a():\n    assert 1 == 2, 'why'\n\n\ndef test_b():\n    pass\n")
    assert done.returncode == 1
    assert "FAIL test_a" in done.stdout
    assert 'test_a.py", line 2' in done.stdout
    assert "AssertionError: why" in done.stdout
    assert "ok test_b" in done.stdout
    assert "1 passed, 1 failed" in done.stdout


def test_no_test_at_all_is_a_failure(vm: Path, tmp_path: Path) -> None:
    """A misspelt prefix or name would otherwise pass for ever."""
    assert run(vm, tmp_path, "def tset_a():\n    pass\n").returncode == 2
    assert run(vm, tmp_path, "def test_a():\n    pass\n", "test_b").returncode == 2


def test_a_file_that_does_not_import_is_a_failure(vm: Path, tmp_path: Path) -> None:
    """A module the device lacks shows here first."""
    done = run(vm, tmp_path, "import dataclasses\n\n\ndef test_a():\n    pass\n")
    assert done.returncode == 1
    assert "ImportError" in done.stderr + done.stdout


def test_single_tests_can_be_chosen(vm: Path, tmp_path: Path) -> None:
    """For a debugging session with prints in the machine."""
    done = run(vm, tmp_path, "def test_a():\n    print('seen')\n\n\ndef test_b():\n    assert False\n", "test_a")
    assert (done.returncode, done.stdout.splitlines()) == (0, ["seen", "ok test_a", "1 passed, 0 failed"])
