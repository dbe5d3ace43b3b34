"""`amace hil`: the same rig tests on every device, and one clear line when there is no device."""

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from tests.support.pty_device import PtyDevice
from tools import enrolment as e
from tools.places import ROOT
from tools.rig.log import DeviceLog
from tools.rig.target import open_rig


def hil(*words: str, home: Path | None = None) -> subprocess.CompletedProcess[str]:
    """`home`: where this run keeps logs and keys, the cache without it."""
    command = [sys.executable, "-m", "tools", "hil", *words]
    environment = {**os.environ, **({"XDG_CACHE_HOME": str(home)} if home else {})}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)


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


@pytest.mark.parametrize("name", ["host", "unix32"])
def test_the_rig_tests_pass_on_the_real_runtime(request: pytest.FixtureRequest, name: str) -> None:
    """agent/runtime.py and a whole board in a process of their own, in real time: only what `step` can show is skipped."""
    if name == "unix32":
        request.getfixturevalue("mp32")
    done = hil("--dut", name, "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    known = ("needs a world of ours", "needs a camera", "a person starts the laptop board")
    assert all(any(reason in line for reason in known) for line in skipped), skipped


def test_the_rig_tests_pass_on_a_device_that_outlives_them(tmp_path: Path) -> None:
    """A board on a serial line cannot be had fresh: it is enrolled once, and met again with the same keys and the same chain."""
    with PtyDevice() as device:
        words = ["--dut", device.name, "-q", "-p", "no:cacheprovider"]
        for chosen in ([], ["-k", "survives_a_restart"]):
            done = hil(*words, *chosen, home=tmp_path)
            assert done.returncode == 0, done.stdout[-4000:] + done.stderr
            assert "keys are not known" not in done.stdout
            assert "went on elsewhere" not in done.stdout
        (keys,) = (tmp_path / "amace-edge" / "hil" / "keys").glob("dev-*.json")
        assert keys.stat().st_mode & 0o777 == 0o600
        keys = keys.rename(tmp_path / "keys.json")
        stranger = hil(*words, "-k", "survives_a_restart", home=tmp_path)
        assert "bound and its keys are not known here" in stranger.stdout
        named = hil(*words, "-k", "survives_a_restart", "--enrolment", str(keys), home=tmp_path)
        assert "1 passed" in named.stdout


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (["--dut", "nope"], "there is no device 'nope'"),
        (["--dut", "/dev/null/none"], "there is no device '/dev/null/none'"),
        ([], "no device is named"),
        (["doctor", "who"], "doctor takes no 'who'"),
        (["show"], "show looks at one device"),
        (["--dut", "sim", "--enrolment", "/nowhere.json"], "the enrolment cannot be read"),
    ],
)
def test_bad_words_get_one_line_and_exit_code_2(words: list[str], what: str) -> None:
    """What, where, how to mend; no test report around it."""
    done = hil(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {what}"), done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_does_not_open_ends_the_run_with_exit_code_2(tmp_path: Path) -> None:
    """A file is no serial line, and nobody listens on port 1: forty failing tests would hide that."""
    plain = tmp_path / "file"
    plain.write_text("")
    for name, stream in ((str(plain), "stderr"), ("socket://127.0.0.1:1", "stdout")):
        done = hil("--dut", name, "-q", "-p", "no:cacheprovider")
        assert done.returncode == 2, done.stdout
        assert f"({name})" in getattr(done, stream)
        assert "Traceback" not in done.stdout + done.stderr
        assert len((done.stdout + done.stderr).strip().splitlines()) <= 3


def test_show_tells_a_stranger_little_and_a_keeper_of_the_key_the_rest(tmp_path: Path) -> None:
    """The numbers of the device, in words; and no word of who owns it."""
    with PtyDevice() as device:
        words = ["show", "--dut", device.name]
        new = json.loads(hil(*words, "--json").stdout)
        assert (new["enrolled"], new["state"]["live"]) == (False, 0)
        keys = e.generate()
        e.save(tmp_path / "keys.json", e.content(keys))
        log = DeviceLog(tmp_path / "log")
        rig = open_rig(device.name, log)
        for name in e.ORDER:
            if name in keys.secrets:
                rig.enrol(name, keys.secrets[name])
        rig.restart()
        rig.close()
        log.close()
        stranger = hil(*words)
        assert "bound to an owner" in stranger.stdout
        assert "for who holds its console key" in stranger.stdout
        keeper = hil(*words, "--enrolment", str(tmp_path / "keys.json"))
        assert "live: control (consent record 0)" in keeper.stdout
        assert "rig accepted" in keeper.stdout
        assert keys.device_id.hex() not in stranger.stdout + keeper.stdout
        e.save(tmp_path / "others.json", e.content(e.generate()))
        assert "does not accept this console key" in hil(*words, "--enrolment", str(tmp_path / "others.json")).stderr


def test_the_doctor_lists_the_virtual_devices_for_a_program() -> None:
    """A script chooses a device from this."""
    findings = json.loads(hil("doctor", "--json").stdout)
    names = [finding["device"] for finding in findings]
    assert names[:3] == ["sim", "mp64", "mp32"]
    assert findings[0]["usable"] is True
