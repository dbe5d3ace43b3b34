"""The journal's numbers as lines for people. The device holds no text: agent/base/journal.py writes the numbers, this their meaning."""

from agent.base import errors
from agent.base import journal as j
from agent.privacy import names
from agent.privacy import purposes as p

_SENSORS = ((p.GNSS, "GNSS"), (p.CAMERA, "camera"))
_REQUESTS = ("?", "photo", "arm", "disarm", "acknowledge")
_ORDERS = ("?", "erase", "end of the account", "export", "correction")
_FAULTS = (
    "?",
    "out of memory",
    "an exception",
    "flash, at a rig's order",
    "flash, keeping consent",
    "the receiver",
    "the consent store is not the newest",
    "flash, writing the egress ledger",
)
_LINK_ERRORS = ("asked to", "network", "broker refused", "certificate", "protocol", "timed out")
_WIFI_ERRORS = ("asked to", "not found", "password refused", "lost")

ERRORS = {
    code: name.lower().replace("_", " ") for name, code in vars(errors).items() if name.isupper() and type(code) is int
}
"""Error code → its name in words."""


def error(code: int) -> str:
    return "done" if code == 0 else ERRORS.get(code, f"code {code}")


def purposes(mask: int) -> str:
    """Every purpose in a mask, by name."""
    return ", ".join(name for k, name in enumerate(names.PURPOSES) if mask >> k & 1) or "none"


def sensors(mask: int) -> str:
    return ", ".join(name for bit, name in _SENSORS if mask & bit) or "none"


def _of(table: tuple[str, ...], index: int) -> str:
    return table[index] if 0 <= index < len(table) else str(index)


def what(code: int, a: int, b: int) -> str:
    """One entry without its time. An unknown code is shown as its numbers: a newer device may know more than we do."""
    match code:
        case j.BOOT:
            return f"started (reset cause {a})"
        case j.RECORD_APPLIED:
            return f"consent record {a} applied"
        case j.RECORD_REFUSED:
            return f"consent record refused: {error(a)}"
        case j.REQUEST_DONE:
            return f"request {_of(_REQUESTS, a)}: {error(b)}"
        case j.REQUEST_REFUSED:
            return f"request refused: {error(a)}"
        case j.LINK_UP:
            return f"broker connected for {_of(names.PURPOSES, a)}"
        case j.LINK_DOWN:
            return f"broker gone: {_of(_LINK_ERRORS, a)}"
        case j.WIFI_UP:
            return "Wi-Fi joined"
        case j.WIFI_DOWN:
            return f"Wi-Fi gone: {_of(_WIFI_ERRORS, a)}"
        case j.LEASES:
            return f"sensors powered: {sensors(a)}"
        case j.WITHDRAWN:
            return f"ended: {purposes(a)}"
        case j.FOREIGN:
            return "the broker is not of the device's region: it is not called"
        case j.WAKE:
            return f"wake, attempt {a}"
        case j.ALARM:
            return f"alarm state {a}"
        case j.CAMERA:
            return f"camera state {a}"
        case j.FAULT:
            return f"fault: {_of(_FAULTS, a)} ({b})"
        case j.CONSOLE:
            return "rig accepted" if a == 1 else "rig refused"
        case j.ORDER:
            return f"order {_of(_ORDERS, a)}: {error(b)}"
        case _:
            return f"entry {code}: {a}, {b}"


def line(tick: int, code: int, a: int, b: int) -> str:
    """`    12.345 s  broker connected for control`; the time is the device's own since its start, and wraps after 12.4 days."""
    return f"{tick / 1000:10.3f} s  {what(code, a, b)}"
