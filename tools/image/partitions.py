"""A board's flash map: `partitions.csv` read, judged, and written as the binary table that the bootloader reads.

The form is ESP-IDF's ("Partition Tables", API guides): 32 bytes an entry, an MD5 entry behind them, padded with FF to
3,072 bytes. The map is AMACE's, fixed for good: an update can replace everything except where things lie. Refuses any other
set or order of partitions, overlaps, gaps in alignment, a table past the chip, and offsets left for a tool to choose.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import NamedTuple

from tools.errors import Problem

OFFSET = 0x8000  # where the bootloader looks for the table
SIZE = 0xC00  # bytes of the binary table; the sector's last kilobyte is for a signature
SECTOR = 0x1000  # bytes erased at once
APP_ALIGN = 0x10000  # the cache maps 64 KiB pages: an application starts on one

_FIRST = OFFSET + SECTOR
_ENTRY = struct.Struct("<HBBII16sI")  # magic, type, subtype, offset, size, name, flags
_MAGIC = 0x50AA
_SUM = b"\xeb\xeb" + b"\xff" * 14
_END = b"\xff" * _ENTRY.size
_FIELDS = 6
_UNITS = {"K": 1 << 10, "M": 1 << 20}
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {
    "app": {"factory": 0x00, "ota_0": 0x10, "ota_1": 0x11},
    "data": {"ota": 0x00, "phy": 0x01, "nvs": 0x02, "undefined": 0x06, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83},
}
_ENCRYPTED = 1


class Partition(NamedTuple):
    name: str
    type: int
    subtype: int
    offset: int
    size: int
    flags: int = 0

    @property
    def end(self) -> int:
        return self.offset + self.size


class Place(NamedTuple):
    """One row of the map every board shares."""

    name: str
    type: int
    subtype: int | None = None  # None: the board chooses
    sectors: int = 0  # exactly; 0: the board chooses
    least: int = 1  # sectors
    at: int | None = None  # None: the board chooses


MAP = (
    Place("nvs", 1, 0x02, least=3),  # NVS needs two pages to work in and one to move entries to
    Place("otadata", 1, 0x00, 2),  # two copies of which application is next
    Place("phy", 1, 0x01, 1),
    Place("ota_0", 0, 0x10, at=APP_ALIGN),  # where published MicroPython has its application
    Place("ota_1", 0, 0x11),
    Place("vfs", 1, least=2),  # MicroPython mounts the data partition of this name, whatever its subtype says
    Place("events", 1),
    Place("keys", 1, None, 2),  # shredding copies live keys to the other sector
    Place("anchor", 1, None, 2),
)


def parse(text: str, where: str) -> list[Partition]:
    """The partitions of a CSV, in its order. `where` names the file in messages."""
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    # ESP-IDF knows whole lines of comment only.
    return [_row(row, f"{where}:{number}") for number, row in rows if row and not row.startswith("#")]


def _row(row: str, where: str) -> Partition:
    fields = [field.strip() for field in row.split(",")]
    fields += [""] * (_FIELDS - len(fields))
    if len(fields) > _FIELDS:
        raise Problem("the row has more than six fields", where, "Write: name, type, subtype, offset, size, flags")
    name, kind, subtype, offset, size, flags = fields
    if not 0 < len(name.encode()) <= 16:
        raise Problem(f"the name {name!r} has not 1 to 16 bytes", where)
    if flags not in ("", "encrypted"):
        raise Problem(f"the flag {flags!r} is not known", where, "Leave it empty, or write: encrypted")
    type_no = _number(kind, _TYPES, "type", where)
    return Partition(
        name,
        type_no,
        _number(subtype, _SUBTYPES.get("data" if type_no else "app", {}), "subtype", where),
        _number(offset, {}, "offset", where),
        _number(size, {}, "size", where),
        _ENCRYPTED if flags else 0,
    )


def _number(text: str, names: dict[str, int], what: str, where: str) -> int:
    """A name, decimal, 0x…, or with K or M behind it."""
    if text in names:
        return names[text]
    unit = _UNITS.get(text[-1:].upper(), 1)
    try:
        value = int(text[:-1] if unit > 1 else text, 0) * unit
    except ValueError:
        value = -1
    if not 0 <= value < 1 << (8 if "type" in what else 32):
        known = f"one of {', '.join(names)}, or " if names else ""
        raise Problem(f"the {what} {text!r} is not understood", where, f"Write {known}a number, such as 0x10000 or 64K")
    return value


def check(table: Sequence[Partition], flash: int, where: str) -> None:
    """Refuses a table that is not MAP, or that does not fit a chip of `flash` bytes."""
    names = [part.name for part in table]
    wanted = [place.name for place in MAP]
    if names != wanted:
        raise Problem(
            f"the partitions are {', '.join(names) or 'none'}", where, f"The map is fixed for good: {', '.join(wanted)}"
        )
    for part, place in zip(table, MAP, strict=True):
        _check_place(part, place, where)
    end = _FIRST
    for part in table:
        if part.offset < end:
            raise Problem(
                f"{part.name} starts at {part.offset:#x}, inside what ends at {end:#x}", where, "Move it behind that"
            )
        end = part.end
    if end > flash:
        raise Problem(
            f"the map ends at {end:#x}, the chip at {flash:#x}: {end - flash:,} bytes too many", where, "Shrink vfs"
        )
    if table[3].size != table[4].size:
        raise Problem("ota_0 and ota_1 differ in size", where, "An update must fit whichever is free: make them equal")


def _check_place(part: Partition, place: Place, where: str) -> None:
    if part.type != place.type or place.subtype not in (None, part.subtype):
        wanted = f"{place.type}" + (f"/{place.subtype:#04x}" if place.subtype is not None else "")
        raise Problem(f"{part.name} has type {part.type}/{part.subtype:#04x}", where, f"The map gives it {wanted}")
    if place.at not in (None, part.offset):
        raise Problem(f"{part.name} starts at {part.offset:#x}", where, f"The map puts it at {place.at:#x}")
    align = SECTOR if place.type else APP_ALIGN
    if part.offset % align or part.size % SECTOR or not part.size:
        raise Problem(
            f"{part.name} at {part.offset:#x}, {part.size:#x} bytes, is not aligned",
            where,
            f"It starts at a multiple of {align:#x} and has whole sectors of {SECTOR:#x}",
        )
    wanted = place.sectors or max(place.least, part.size // SECTOR)
    if part.size != wanted * SECTOR:
        least = "" if place.sectors else "at least "
        raise Problem(f"{part.name} has {part.size:#x} bytes", where, f"The map gives it {least}{wanted * SECTOR:#x}")


def encode(table: Sequence[Partition]) -> bytes:
    """The binary table, byte for byte what ESP-IDF's own generator makes of the same rows."""
    body = b"".join(
        _ENTRY.pack(_MAGIC, part.type, part.subtype, part.offset, part.size, part.name.encode(), part.flags)
        for part in table
    )
    body += _SUM + hashlib.md5(body, usedforsecurity=False).digest()
    assert len(body) < SIZE, "MAP is short"
    return body.ljust(SIZE, b"\xff")


def decode(data: bytes, where: str) -> list[Partition]:
    """The rows of a binary table read from a device. An erased sector gives none; a damaged table is a Problem."""
    table: list[Partition] = []
    for at in range(0, min(len(data), SIZE), _ENTRY.size):
        entry = data[at : at + _ENTRY.size]
        if entry == _END:
            return table
        if entry[:16] == _SUM:
            if entry[16:] != hashlib.md5(data[:at], usedforsecurity=False).digest():
                raise Problem("the partition table does not match its checksum", where)
            continue
        if len(entry) < _ENTRY.size or entry[:2] != _MAGIC.to_bytes(2, "little"):
            raise Problem(f"this is no partition table (byte {at})", where)
        _, kind, subtype, offset, size, name, flags = _ENTRY.unpack(entry)
        label = name.partition(b"\0")[0].decode("utf-8", "backslashreplace")
        table.append(Partition(label, kind, subtype, offset, size, flags))
    raise Problem("the partition table has no end", where)
