"""What a rig finds on this machine: serial ports with what is known of them, and whether the virtual devices can be had.

Opens no port: opening one resets many boards. Fetches nothing.
"""

import os
import shutil
from typing import Any, NamedTuple, cast

from serial.tools import list_ports

from tools.errors import Problem
from tools.mpy import compiler
from tools.places import cache

_VARIABLE = {"mp64": "MICROPYTHON", "mp32": "MICROPYTHON32"}
_ESPRESSIF = {
    (0x303A, 0x1001): "ESP32-S3/C3/C6 USB serial/JTAG",
    (0x10C4, 0xEA60): "CP210x bridge",
    (0x1A86, 0x7523): "CH340 bridge",
    (0x1A86, 0x55D4): "CH9102 bridge",
    (0x0403, 0x6001): "FT232 bridge",
}


class Finding(NamedTuple):
    device: str  # what to write after --dut
    usable: bool
    what: str


def examine() -> list[Finding]:
    machines = [_machine(name) for name in _VARIABLE]
    return [
        Finding("sim", True, "the agent in this process"),
        *machines,
        Finding("host", True, "the agent's own runtime on this computer, in real time"),
        *(found._replace(device=f"unix{found.device[2:]}", what=f"the same in {found.what}") for found in machines),
        _pty(),
        *ports(),
    ]


def _machine(name: str) -> Finding:
    given = os.environ.get(_VARIABLE[name])
    found = given or str(cache() / name)
    try:
        compiler()
    except Problem as problem:
        return Finding(name, False, str(problem))
    if shutil.which(found):
        return Finding(name, True, f"MicroPython at {found}")
    return Finding(name, False, f"not fetched yet: --dut {name} does it, or set {_VARIABLE[name]}")


def _pty() -> Finding:
    try:
        for fd in os.openpty():
            os.close(fd)
    except OSError as error:
        return Finding("(pty)", False, f"this system gives none: {error.strerror}; all but sim need one")
    return Finding("(pty)", True, "this system gives pseudo-terminals: all devices but sim run on one")


def ports() -> list[Finding]:
    """Every serial port the system lists (ptys are not among them)."""
    found: list[Finding] = []
    for port in cast(Any, list_ports.comports()):  # Any: pyserial carries no types
        usb = _ESPRESSIF.get(
            (port.vid, port.pid), port.description if port.description not in (None, "n/a") else "serial port"
        )
        serial_number = f", serial number {port.serial_number}" if port.serial_number else ""
        free = os.access(port.device, os.R_OK | os.W_OK)
        why = "" if free else ", but you may not open it: join the group that owns it"
        found.append(Finding(port.device, free, f"{usb}{serial_number}{why}"))
    return found
