"""The pytest plugin seen from outside: what a person reads when a device crashes, goes away, lacks a part or is not there."""

import os
import select
import socket
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree
from collections.abc import Generator
from pathlib import Path

import pytest
import serial

from tests.support.pty_device import PtyDevice
from tools.places import ROOT, SHIMS

TESTS = """
import pytest

def provoke(dut, words, answer):
    dut.rig.send(words)
    for _ in range(200):
        dut.rig.listen(50)
        if answer in dut.log.tail():
            return

def test_a_healthy(dut):
    assert dut.rig.hello().board == "sim"

def test_b_panic(dut):
    provoke(dut, b"!guru", "LoadProhibited")

def test_c_after(dut):
    assert dut.rig.hello().protocol == 1

def test_d_traceback(dut):
    provoke(dut, b"!trace", "ValueError: 7")

def test_e_reset_nobody_asked_for(dut):
    provoke(dut, b"!reset", "SW_CPU_RESET")

def test_f_restart(dut):
    dut.rig.restart()
    dut.rig.listen(100)

def test_g_fails(dut):
    assert dut.rig.hello().board == "another"

@pytest.mark.needs("gps", "step")
def test_h_needs_a_world(dut):
    raise AssertionError("must not run")

def test_i_without_a_device():
    pass

def test_j_goes_away(dut):
    provoke(dut, b"!gone", "never said")

def test_k_after_it_went(dut):
    raise AssertionError("must not run")
"""


def run(folder: Path, tests: str, *words: str) -> tuple[int, str, dict[str, ElementTree.Element]]:
    """Exit code, output and test cases by name of one run of its own."""
    (folder / "test_rig.py").write_text(tests)
    (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:cacheprovider --strict-markers\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tools.rig.plugin",
        "--junitxml=report.xml",
        "--dut-log=logs",
        *words,
    ]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{SHIMS}", "COLUMNS": "200"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    report = folder / "report.xml"
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else []
    return done.returncode, done.stdout + done.stderr, {(case.get("name") or "").split("[")[0]: case for case in cases}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Generator[tuple[str, dict[str, ElementTree.Element], Path]]:
    """One run of TESTS on a device behind a pty."""
    folder = tmp_path_factory.mktemp("plugin")
    with PtyDevice() as device:
        _, output, cases = run(folder, TESTS, f"--dut={device.name}")
        yield output, cases, folder


Outcome = tuple[str, dict[str, ElementTree.Element], Path]


def verdict(outcome: Outcome, name: str) -> tuple[str, str]:
    """("passed" | "failed" | "skipped", the reason)"""
    case = outcome[1][name]
    failure, skipped = case.find("failure"), case.find("skipped")
    if failure is not None:
        return "failed", (failure.get("message") or "") + (failure.text or "")
    return ("skipped", skipped.get("message") or "") if skipped is not None else ("passed", "")


def test_a_crash_fails_the_test_that_was_running(outcome: Outcome) -> None:
    """The test itself saw nothing wrong: a device that panics between two questions answers both."""
    for name, what in (
        ("test_b_panic", "Guru Meditation"),
        ("test_d_traceback", "ValueError: 7"),
        ("test_e_reset_nobody_asked_for", "unexpected reset: rst:0xc"),
    ):
        result, reason = verdict(outcome, name)
        assert result == "failed", name
        assert what in reason, reason
        assert "crashed during this test" in reason


def test_a_crash_is_not_the_next_tests_fault(outcome: Outcome) -> None:
    """One red test for one crash, and a start that was asked for is none: nor is the one before the first test."""
    for name in ("test_a_healthy", "test_c_after", "test_f_restart", "test_i_without_a_device"):
        assert verdict(outcome, name) == ("passed", ""), name


def test_a_failing_test_shows_the_end_of_the_devices_log(outcome: Outcome) -> None:
    """What the device said is half of the answer to why."""
    output, _, folder = outcome
    part = output.partition("_ test_g_fails")[2].partition("_ test_")[0]
    assert "log of /dev/" in part
    assert "[rig] → hello, 0 B" in part
    assert str(folder / "logs") in part or "logs/" in part


def test_the_log_holds_all_the_device_printed_and_only_its_owner_reads_it(outcome: Outcome) -> None:
    """Always on: the failure that matters is the one nobody expected."""
    (log,) = (outcome[2] / "logs").iterdir()
    text = log.read_text()
    assert text.startswith("ets Jul 29 2019 12:21:46") or "ets Jul 29 2019" in text
    assert "Guru Meditation Error: Core 1" in text
    assert log.stat().st_mode & 0o777 == 0o600


def test_a_missing_part_skips_with_the_reason(outcome: Outcome) -> None:
    """A skip without a reason is a test that silently stopped running."""
    result, reason = verdict(outcome, "test_h_needs_a_world")
    assert result == "skipped"
    assert "needs a world of ours" in reason


def test_a_device_that_goes_away_fails_one_test_and_skips_the_rest(outcome: Outcome) -> None:
    """Forty timeouts say no more than one."""
    result, reason = verdict(outcome, "test_j_goes_away")
    assert result == "failed"
    assert "is gone" in reason or "went away" in reason
    assert verdict(outcome, "test_k_after_it_went")[0] == "skipped"


def test_the_report_names_device_and_board(outcome: Outcome) -> None:
    """A nightly run over five boards is one report."""
    told = {item.get("name"): item.get("value") for item in outcome[1]["test_a_healthy"].iter("property")}
    assert told["board"] == "sim"
    assert (told["dut"] or "").startswith("/dev/")


ONE = "def test_one(dut):\n    pass\n"


def test_a_device_that_says_nothing_ends_the_run(tmp_path: Path) -> None:
    """A board whose console is not enabled, or the wrong speed: said once, with exit code 2."""
    with PtyDevice(deaf=True) as device:
        code, output, _ = run(tmp_path, ONE, f"--dut={device.name}", "--dut-wait=0.3")
    assert code == 2
    assert "says nothing the rig understands" in output
    assert "Traceback" not in output


def test_two_rigs_do_not_share_a_port(tmp_path: Path) -> None:
    """Frames of two rigs on one line would look like a broken device."""
    with PtyDevice() as device:
        held = serial.Serial(device.name, exclusive=True)
        code, output, _ = run(tmp_path, ONE, f"--dut={device.name}")
        held.close()
        assert code == 2
        assert "another program holds the port" in output
        assert run(tmp_path, ONE, f"--dut={device.name}")[0] == 0, "and it is free again afterwards"


def test_an_unknown_feature_is_an_error_of_the_test(tmp_path: Path) -> None:
    """A misspelt feature would skip for ever."""
    code, output, _ = run(tmp_path, "import pytest\n@pytest.mark.needs('gsp')\n" + ONE, "--dut=sim")
    assert code == 1
    assert "there are gps, camera" in output


def test_every_named_device_runs_every_test(tmp_path: Path) -> None:
    """--dut may be repeated."""
    with PtyDevice() as device:
        code, output, _ = run(tmp_path, ONE, f"--dut={device.name}", "--dut=sim", "--dut=sim", "-v")
    assert code == 0
    assert f"test_one[{device.name}]" in output
    assert output.count("test_one[sim]") == 1


def test_a_device_on_a_socket_is_a_device(tmp_path: Path) -> None:
    """Emulators and serial servers speak TCP: socket://host:port."""
    with PtyDevice() as device, socket.create_server(("127.0.0.1", 0)) as server:
        carrier = threading.Thread(target=bridge, args=(server, device.name))
        carrier.start()
        name = f"socket://127.0.0.1:{server.getsockname()[1]}"
        code, output, _ = run(tmp_path, TESTS, f"--dut={name}", "-k", "healthy or restart")
        carrier.join(10)
    assert code == 0, output


def bridge(server: socket.socket, path: str) -> None:
    """One connection, carried to a pty and back until it ends."""
    line = os.open(path, os.O_RDWR | os.O_NOCTTY)
    peer, _ = server.accept()
    with peer:
        while True:
            for ready in select.select([peer, line], [], [])[0]:
                data = peer.recv(4096) if ready is peer else os.read(line, 4096)
                if not data:
                    os.close(line)
                    return
                if ready is peer:
                    os.write(line, data)
                else:
                    peer.sendall(data)
