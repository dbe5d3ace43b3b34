"""What a compiled file says about itself: its header and the names it uses (MicroPython's tools/mpy-tool.py, .mpy version 6).

Refuses native code, another version than every supported firmware loads, and any name that could record sound.
"""

from tools.check.habits import MICROPHONE
from tools.errors import Problem

HEADER = b"M\x06\x00\x1f"
"""`M`, version 6, no native architecture, small integers of 31 bits: loads on every ESP32 family and on both test machines."""

_LONGEST = 255  # bytes of a name: MicroPython keeps its length in one byte


def check(data: bytes, where: str) -> None:
    """`data` is a whole .mpy file."""
    if data[:4] != HEADER:
        raise Problem(
            f"its header is {data[:4].hex(' ')}, not {HEADER.hex(' ')}",
            where,
            "Ship bytecode only: no native, no viper",
        )
    heard = sorted(MICROPHONE.intersection(names(data, where)))
    if heard:
        raise Problem(
            f"it uses {', '.join(heard)}", where, "The product has no microphone and must not be able to hear"
        )


def names(data: bytes, where: str) -> list[str]:
    """Every identifier the file brings along. Names built into all firmwares are stored as numbers and are not among them."""
    count, at = _number(data, 4, where)
    _, at = _number(data, at, where)  # of constant objects, which follow the names
    found: list[str] = []
    for _ in range(count):
        word, at = _number(data, at, where)
        if word & 1:
            continue  # one of the firmware's own
        size = word >> 1
        if size > _LONGEST or at + size >= len(data):
            raise Problem("its table of names is cut off", where)
        found.append(data[at : at + size].decode("utf-8", "backslashreplace"))
        at += size + 1  # a zero behind each
    return found


def _number(data: bytes, at: int, where: str) -> tuple[int, int]:
    """A number in groups of 7 bits, the highest first, and where it ends."""
    value = 0
    while at < len(data):
        value = value << 7 | data[at] & 0x7F
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    raise Problem("it is cut off", where)
