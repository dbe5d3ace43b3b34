"""The laptop's battery from Linux' /sys/class/power_supply where there is one, otherwise a scripted one.

A value that is missing or out of range reads as unknown, -1; the kernel's files are looked at on `sample` only.
"""

from pathlib import Path

POWER_SUPPLY = Path("/sys/class/power_supply")

_MAX_MILLIVOLTS = 1_000_000
_ON_MAINS = ("Charging", "Full", "Not charging")  # the last: plugged in, at the limit its owner set


class HostBattery:
    """hal.ports.Battery with the figures it is given. Without any it says what a device on mains would."""

    def __init__(self) -> None:
        self.percent = -1
        self.millivolts = -1
        self.charging = False
        self._next = 100, -1, True

    def script(self, percent: int, millivolts: int, charging: bool) -> None:
        """What the next `sample` finds."""
        self._next = percent, millivolts, charging

    def sample(self) -> None:
        self.percent, self.millivolts, self.charging = self._next


class SysBattery:
    """hal.ports.Battery over capacity (%), voltage_now (µV) and status (Linux ABI sysfs-class-power)."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.percent = -1
        self.millivolts = -1
        self.charging = False

    def sample(self) -> None:
        self.percent = _number(_text(self._folder / "capacity"), 100)
        microvolts = _number(_text(self._folder / "voltage_now"), 1000 * _MAX_MILLIVOLTS)
        self.millivolts = microvolts // 1000 if microvolts >= 0 else -1
        self.charging = _text(self._folder / "status") in _ON_MAINS


def find_battery(folder: Path = POWER_SUPPLY) -> SysBattery | HostBattery:
    """The first battery that powers the machine (a mouse's has scope Device), or a scripted one."""
    for supply in sorted(folder.glob("*")):
        if _text(supply / "type") == "Battery" and _text(supply / "scope") != "Device":
            return SysBattery(supply)
    return HostBattery()


def _number(text: str, most: int) -> int:
    is_one = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_one and int(text) <= most else -1


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""
