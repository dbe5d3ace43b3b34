"""The serial side of the rig, on ptys: boards that go and come back, ports that cannot do something, restarts by hand."""

from collections.abc import Generator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from agent.link import console as c
from tests.support.pty_device import PtyDevice
from tools.errors import Problem
from tools.rig.client import Rig, encode
from tools.rig.log import DeviceLog
from tools.rig.reset import LinesReset, NoReset
from tools.rig.target import check, open_rig
from tools.rig.wire import NoAnswer, WireGone


@pytest.fixture
def log(tmp_path: Path) -> Generator[DeviceLog]:
    made = DeviceLog(tmp_path / "device.log")
    yield made
    made.close()


def heard(rig: Rig, words: str) -> None:
    """Listens until the device has said it: how fast a shared machine is says nothing."""
    for _ in range(200):
        rig.listen(50)
        if words in rig.log.tail():
            return
    raise AssertionError(f"{words!r} is not in the log")


def test_a_board_whose_port_is_its_own_is_met_again_after_a_restart(tmp_path: Path, log: DeviceLog) -> None:
    """A restart takes its USB away for a second: the rig opens the port again and says hello."""
    with PtyDevice(link=tmp_path / "ttyACM0") as device:
        rig = open_rig(device.name, log)
        first = rig.hello()
        again = rig.restart()
        assert again.board == first.board
        assert again.nonce != first.nonce
        rig.close()
    assert log.crash() is None, "the restart was asked for"


def test_a_board_that_stays_away_is_reported(tmp_path: Path, log: DeviceLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a time that is named, with the port's name."""
    monkeypatch.setattr("tools.rig.serial.GONE_MS", 200)
    with PtyDevice(link=tmp_path / "ttyACM0") as device:
        rig = open_rig(device.name, log)
        rig.hello()
        rig.send(b"!gone")
        with pytest.raises(WireGone, match="ttyACM0 is gone"):
            heard(rig, "never said")
        with pytest.raises(WireGone, match="did not come back"):
            rig.wire.reopen()
        rig.close()


def test_a_device_that_does_not_answer_is_named_with_the_question(log: DeviceLog) -> None:
    """The log holds what it printed instead."""
    with PtyDevice(deaf=True) as device:
        rig = open_rig(device.name, log)
        rig.send(b"!trace")
        with pytest.raises(NoAnswer, match=r"did not answer state in 100 ms"):
            rig.call(c.STATE, timeout_ms=100)
        heard(rig, "ValueError: 7")
        rig.close()
    assert "ValueError: 7" in log.tail()
    assert "ValueError: 7" in (log.crash() or "")


def test_a_late_answer_is_not_taken_for_the_next_one(log: DeviceLog) -> None:
    """Answers carry no number: what was asked before a timeout is thrown away first."""
    with PtyDevice() as device:
        rig = open_rig(device.name, log)
        rig.hello()
        with pytest.raises(NoAnswer):
            rig.call(c.HELLO, timeout_ms=0)
        nonces = {rig.hello().nonce for _ in range(3)}
        assert len(nonces) == 3
        assert "nobody asked for" in log.tail()
        rig.close()


def test_a_pty_has_no_lines_to_reset_by_and_says_so(log: DeviceLog) -> None:
    """ENOTTY is a sentence, not a traceback; and without any way the person is told what to press."""
    with PtyDevice() as device:
        rig = open_rig(device.name, log, reset="lines")
        with pytest.raises(Problem, match="no RTS and DTR lines"):
            rig.reset()
        rig.close()
        rig = open_rig(device.name, log, reset="none")
        with pytest.raises(Problem, match="cannot be reset from here"):
            rig.reset()
        rig.close()


def test_the_lines_pulse_enable_and_leave_the_boot_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """DTR low all the while: with both low the chip would start in its ROM loader."""
    moves: list[tuple[str, object]] = []

    class Port:
        def __setattr__(self, name: str, value: object) -> None:
            moves.append((name, value))

    monkeypatch.setattr("tools.rig.reset.PULSE_S", 0.0)
    LinesReset().pulse(Port(), "x")
    assert moves == [("dtr", False), ("rts", True), ("rts", False)]


def test_no_reset_is_a_problem_and_not_a_silence() -> None:
    """A test that believes in a reset that never happened proves nothing."""
    nothing: Any = None
    with pytest.raises(Problem):
        NoReset().pulse(nothing, "x")


@pytest.mark.parametrize("name", ["", "simm", "mp16", "/dev/none", "ttyUSB0", "COM"])
def test_a_name_that_is_no_device_is_refused_before_anything_is_opened(name: str) -> None:
    """One line, with what there is."""
    with pytest.raises(Problem, match="there is no device"):
        check([name])


class UsbPort(NamedTuple):
    device: str
    vid: int
    pid: int
    serial_number: str


def test_a_board_is_found_by_its_usb_numbers(log: DeviceLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """Port names change with every plug; vendor, product and serial number do not."""
    with PtyDevice() as device:
        ports = [UsbPort(device.name, 0x303A, 0x1001, "A1"), UsbPort("/dev/ttyUSB9", 0x10C4, 0xEA60, "0001")]
        monkeypatch.setattr("tools.rig.target.list_ports.comports", lambda: ports)
        for name in ("vidpid:303a:1001", "vidpid:303a:1001:A1"):
            rig = open_rig(name, log)
            assert rig.hello().board == "sim"
            rig.close()
        ports.append(UsbPort("/dev/ttyACM7", 0x303A, 0x1001, "A2"))
        with pytest.raises(Problem, match="2 such devices are connected"):
            open_rig("vidpid:303a:1001", log)
    for name, why in (("vidpid:303a:1001:A3", "no such device"), ("vidpid:303a", "names no USB device")):
        with pytest.raises(Problem, match=why):
            open_rig(name, log)


def test_an_unknown_way_to_reset_is_refused(log: DeviceLog) -> None:
    with PtyDevice() as device, pytest.raises(Problem, match="There are: none, lines"):
        open_rig(device.name, log, reset="kick")


def test_the_log_keeps_text_and_marks_and_no_value(log: DeviceLog) -> None:
    """Frames may hold keys: the log tells their kind and length."""
    secret = b"correct horse battery staple 123"
    with PtyDevice() as device:
        rig: Rig = open_rig(device.name, log)
        rig.hello()
        assert rig.enrol("console_key", secret) == 0
        rig.send(b"!reset")
        rig.send(encode(bytes((c.ENROL,)) + b"wifi_pass\0" + secret))
        heard(rig, "SW_CPU_RESET")
        rig.close()
    written = log.path.read_bytes()
    assert b"SW_CPU_RESET" in written
    assert b"enrol, 44 B" in written
    for piece in (secret, secret.hex().encode(), secret[:8], b"console_key"):
        assert piece not in written, piece
