"""A wrong call on hardware is a red build, long before there is hardware."""

from pathlib import Path

from tests.host.planted import found, plant
from tools.check import types

BOARD = '''"""A serial port."""

import machine
import time

_TYPING = False
if _TYPING:
    from ..ports import Buffer


def go(buf: "Buffer") -> int:
    port = machine.UART(1, baudrate=9600, timeout=0)
    time.sleep_ms(10)
    return port.readinto(buf) or 0
'''

WRONG_CALLS = """import machine
import time
port = machine.UART(1, baud=9600)
port.nope()
time.sleep_ms("10")
machine.resett()
"""


def lines(findings: list[str]) -> set[str]:
    return {finding.split()[0] for finding in findings}


def test_every_wrong_call_on_hardware_is_found(tmp_path: Path) -> None:
    """A wrong keyword, an unknown method, a wrong type and a misspelt function: none would show before the board."""
    assert lines(found(types.device, tmp_path, "hal/esp32/a.py", WRONG_CALLS)) == {"3", "4", "5", "6"}


def test_a_right_call_on_hardware_is_left_alone(tmp_path: Path) -> None:
    """The device's library is checked against, not CPython's: `time.sleep_ms` exists there."""
    ports = (types.ROOT / "hal" / "ports.py").read_text(encoding="utf-8")
    plant(tmp_path, "hal/ports.py", ports)
    assert found(types.device, tmp_path, "hal/esp32/a.py", BOARD) == []


def test_a_type_error_in_portable_code_is_found(tmp_path: Path) -> None:
    """Strict on the agent: an unannotated parameter and a wrong argument."""
    text = "def f(a):\n    return a\n\n\nx: int = 'a'\n"
    assert lines(found(types.host, tmp_path, "agent/a.py", text)) == {"1", "2", "5"}


def test_a_board_for_cpython_is_judged_by_cpythons_library(tmp_path: Path) -> None:
    """boards/ is for devices, boards/host is not: `time.monotonic` exists on one side, `sleep_ms` on the other."""
    text = "import time\n\nnow = time.monotonic()\n"
    assert found(types.host, tmp_path, "boards/host/board.py", text) == []
    assert found(types.device, tmp_path, "boards/host/board.py", text) == []
    assert lines(found(types.device, tmp_path, "boards/unix/board.py", text)) == {"3"}
