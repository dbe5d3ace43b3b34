"""Movement from a laptop's accelerometer (Linux IIO) where there is one, otherwise from whoever calls `shake`.

A value that cannot be read counts as still: the sensor of a sleeping laptop answers with an error now and then.
"""

from pathlib import Path

IIO = Path("/sys/bus/iio/devices")

_MAX_MG = 100_000  # 100 g: more than any such sensor measures
_MG_PER_MS2 = 1000 / 9.80665  # standard gravity


class HostMotion:
    """hal.ports.Motion by hand: the largest `shake` since the last read."""

    def __init__(self) -> None:
        self._mg = 0

    def shake(self, mg: int) -> None:
        self._mg = max(self._mg, min(mg, _MAX_MG))

    def read(self) -> int:
        mg, self._mg = self._mg, 0
        return mg


class IioMotion:
    """hal.ports.Motion over in_accel_{x,y,z}_raw × in_accel_scale (m/s², Linux ABI sysfs-bus-iio)."""

    def __init__(self, folder: Path) -> None:
        self._axes = [folder / f"in_accel_{axis}_raw" for axis in "xyz"]
        self._scale = float((folder / "in_accel_scale").read_text()) * _MG_PER_MS2
        self._last: list[float] | None = None

    def read(self) -> int:
        try:
            values = [int(path.read_text()) * self._scale for path in self._axes]
        except (OSError, ValueError):
            return 0
        before, self._last = self._last or values, values
        return min(int(max(abs(a - b) for a, b in zip(values, before, strict=True))), _MAX_MG)


def find_motion(folder: Path = IIO) -> "IioMotion | HostMotion":
    """The first accelerometer below `folder`, or one moved by hand."""
    for device in sorted(folder.glob("*")):
        try:
            return IioMotion(device)
        except (OSError, ValueError):
            continue
    return HostMotion()
