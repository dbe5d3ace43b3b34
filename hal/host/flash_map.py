"""A partition table in ESP-IDF's CSV form: `name, type, subtype, offset, size, flags`. Reads what boards/*/partitions.csv holds.

Refuses overlaps, sizes that are no whole blocks, and a table past the chip. Offsets must be written out.
"""

from typing import NamedTuple

BLOCK = 4_096  # bytes erased at once
MAX_BYTES = 64 << 20  # the largest chip there is a use for

_FIELDS = 6
_UNITS = {"K": 1 << 10, "M": 1 << 20}


class Region(NamedTuple):
    name: str
    at: int  # bytes from the chip's start
    size: int  # bytes


def read_map(text: str) -> list[Region]:
    """The regions in the order of their addresses. ValueError with one line for a person."""
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    # ESP-IDF knows whole lines of comment only.
    read = [_read_row(number, row) for number, row in rows if row and not row.startswith("#")]
    regions = sorted(read, key=lambda region: region.at)
    end = 0
    for region in regions:
        if region.at < end:
            raise ValueError(f"partition {region.name!r} begins at {region.at:#x}, inside the one before")
        end = region.at + region.size
    if end > MAX_BYTES:
        raise ValueError(f"the partitions end at {end:#x}, past {MAX_BYTES:#x}")
    names = [region.name for region in regions]
    if len(set(names)) != len(names) or not names:
        raise ValueError("the partition table is empty, or names one partition twice")
    return regions


def _read_row(number: int, row: str) -> Region:
    fields = [field.strip() for field in row.split(",")]
    fields += [""] * (_FIELDS - len(fields))
    name, at, size = fields[0], _number(fields[3]), _number(fields[4])
    if not name or len(fields) > _FIELDS or at < 0 or size <= 0 or at % BLOCK or size % BLOCK:
        raise ValueError(
            f"partition table, line {number}: need name, type, subtype, offset, size in whole 4 KiB blocks"
        )
    return Region(name, at, size)


def _number(text: str) -> int:
    """Decimal, 0x… or with K or M behind; -1 when it is none of these."""
    unit = _UNITS.get(text[-1:].upper(), 1)
    digits = text[:-1] if unit > 1 else text
    try:
        return int(digits, 0) * unit
    except ValueError:
        return -1
