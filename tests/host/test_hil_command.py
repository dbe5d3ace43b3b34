"""`amace hil`: the same rig tests on every device, and one clear line when there is no device."""

import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tools.places import ROOT


def hil(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools", "hil", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize("name", ["mp64", "mp32"])
def test_the_rig_tests_pass_on_a_virtual_machine(request: pytest.FixtureRequest, name: str, tmp_path: Path) -> None:
    """Real MicroPython behind a real pty: what passes here and on `sim` is what a board has to do. (`sim` runs them directly.)"""
    request.getfixturevalue(name)  # fetches the machine, or skips with what to do
    report = tmp_path / "report.xml"
    done = hil("--dut", name, "-q", "-p", "no:cacheprovider", "--junitxml", str(report), "--dut-log", str(tmp_path))
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    cases = ElementTree.parse(report).findall(".//testcase")
    assert len(cases) > 40
    assert not [case for case in cases if case.find("skipped") is not None], "a virtual device can do everything"
    told = {(item.get("name"), item.get("value")) for item in cases[0].iter("property")}
    assert {("dut", name), ("board", "sim"), ("protocol", "1")} <= told


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--dut", "nope"], "there is no device 'nope'"),
        (["--dut", "/dev/null/none"], "there is no device '/dev/null/none'"),
        ([], "no device is named"),
        (["doctor", "who"], "doctor takes no 'who'"),
        (["--dut", "sim", "--enrolment", "/nowhere.json"], "the enrolment cannot be read"),
    ],
)
def test_bad_words_give_one_line_and_exit_code_2(words: list[str], what: str) -> None:
    """What, where, how to mend; no test report around it."""
    done = hil(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {what}"), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_does_not_open_ends_the_run_with_exit_code_2(tmp_path: Path) -> None:
    """A file is no serial line, and nobody listens on port 1: forty failing tests would hide that."""
    plain = tmp_path / "file"
    plain.write_text("")
    for name in (str(plain), "socket://127.0.0.1:1", "nonsense://x"):
        done = hil("--dut", name, "-q", "-p", "no:cacheprovider")
        assert done.returncode == 2, done.stdout
        assert f"({name})" in done.stdout
        assert "Traceback" not in done.stdout + done.stderr


def test_the_doctor_lists_the_virtual_devices_for_a_program() -> None:
    """A script chooses a device from this."""
    findings = json.loads(hil("doctor", "--json").stdout)
    names = [finding["device"] for finding in findings]
    assert names[:3] == ["sim", "mp64", "mp32"]
    assert findings[0]["usable"] is True
