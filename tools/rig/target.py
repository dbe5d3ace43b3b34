"""What `--dut` may name, and how each becomes an open rig: a device without hardware, or whatever pyserial opens.

Refuses a name that is neither, with what there is.
"""

import contextlib
import datetime
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from serial.tools import list_ports

from tools.errors import Problem
from tools.places import cache
from tools.rig.client import Rig
from tools.rig.log import DeviceLog
from tools.rig.reset import STRATEGIES
from tools.rig.serial import BAUD, SerialWire
from tools.rig.virtual import DEVICES, power

USB = "vidpid:"
KEPT_LOGS = 60


def log_folder() -> Path:
    return cache() / "hil"


def new_log(name: str, folder: Path | None = None) -> DeviceLog:
    """A fresh file, named after the device and the time. In the cache's folder old ones are deleted."""
    home = folder or log_folder()
    stamp = datetime.datetime.now().strftime("%Y%m%d-%H%M%S")
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")
    if folder is None:
        _prune(home)
    return DeviceLog(home / f"{plain}-{stamp}-{os.getpid()}.log")


def _prune(home: Path) -> None:
    """Deletes all but the newest. Another run may be doing the same: a file that is gone is as good as deleted."""
    ages: list[tuple[float, Path]] = []
    for path in home.glob("*.log"):
        with contextlib.suppress(FileNotFoundError):
            ages.append((path.stat().st_mtime, path))
    for _, old in sorted(ages)[:-KEPT_LOGS]:
        old.unlink(missing_ok=True)


def probe(names: Sequence[str]) -> None:
    """Refuses what does not open: before a test run, so that the reason stands alone. A server behind a URL is not bothered twice."""
    check(names)
    for name in names:
        if name not in DEVICES and "://" not in name:
            SerialWire(_by_usb(name) if name.startswith(USB) else name, BAUD, STRATEGIES["none"]()).close()


def check(names: Sequence[str]) -> None:
    """Refuses what can be seen to be wrong without opening anything."""
    for name in names:
        if name in DEVICES or "://" in name or name.startswith(USB) or re.fullmatch(r"COM\d+", name):
            continue
        if not os.path.exists(name):
            raise Problem(
                f"there is no device {name!r}",
                "--dut",
                f"Write {', '.join(DEVICES)}, a port's path or socket://host:port; `amace hil doctor` lists what is connected",
            )


def _by_usb(name: str) -> str:
    """The port of `vidpid:303a:1001` or `vidpid:303a:1001:SERIAL`: a board keeps these, whatever port it is given."""
    found = re.fullmatch(r"vidpid:([0-9a-f]{4}):([0-9a-f]{4})(?::(.+))?", name)
    if not found:
        raise Problem(
            f"{name!r} names no USB device", "--dut", "Write vidpid:303a:1001, or vidpid:303a:1001:SERIALNUMBER"
        )
    vendor, product, serial_number = int(found[1], 16), int(found[2], 16), found[3]
    ports: list[str] = [
        port.device
        for port in cast(Any, list_ports.comports())  # Any: pyserial carries no types
        if (port.vid, port.pid) == (vendor, product) and serial_number in (None, port.serial_number)
    ]
    if len(ports) != 1:
        why = f"{len(ports)} such devices are connected: {', '.join(ports)}" if ports else "no such device is connected"
        raise Problem(why, name, "`amace hil doctor` lists what is; a serial number tells two of a kind apart")
    return ports[0]


def open_rig(name: str, log: DeviceLog, baud: int = BAUD, reset: str = "none") -> Rig:
    """Opens the device called `name`. Raises Problem with what to do about it."""
    check([name])
    if name in DEVICES:
        return Rig(power(name, log), log)
    if name.startswith(USB):
        name = _by_usb(name)
    if reset not in STRATEGIES:
        raise Problem(f"no way to reset is called {reset!r}", "--dut-reset", f"There are: {', '.join(STRATEGIES)}")
    return Rig(SerialWire(name, baud, STRATEGIES[reset]()), log)
