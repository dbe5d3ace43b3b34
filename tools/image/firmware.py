"""MicroPython for an ESP32 as its makers publish it: one file, made for the bootloader's address. Read, judged, never changed.

A board's own list says which versions were tried; the chip's number stands in the image itself (ESP-IDF, "App Image Format").
Refuses another chip, another version, an application alone, and one that does not fit its partition.
"""

import hashlib
import re
import struct
from pathlib import Path
from typing import NamedTuple

from tools.errors import Problem
from tools.image import partitions
from tools.image.target import Target

MAX = 16 << 20  # bytes: the largest chip's flash

_CHIPS = {"esp32": 0, "esp32s2": 2, "esp32c3": 5, "esp32s3": 9, "esp32c2": 12, "esp32c6": 13, "esp32h2": 16}
_MAGIC = 0xE9
_CHIP_AT = 12  # in the extended header, 2 bytes
_DESCRIPTION_AT = 32  # behind the header and the first segment's own
_DESCRIPTION = struct.pack("<I", 0xABCD5432)  # only an application has one
_BANNER = re.compile(rb"MicroPython v(\d+\.\d+\.\d+)(\S*) on (\d{4}-\d\d-\d\d)")  # what the prompt says
_HEAD = 64


class Firmware(NamedTuple):
    path: Path
    version: str  # 1.25.0
    date: str  # 2025-04-15
    sha256: str
    bootloader: bytes
    application: bytes


def read(path: Path, target: Target) -> Firmware:
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX + 1)
    except OSError as error:
        raise Problem(f"the firmware cannot be read: {error.strerror}", where, _wanted(target)) from error
    start = partitions.APP_ALIGN - target.bootloader  # where the file's application begins
    if len(data) > MAX or len(data) < start + _HEAD or data[0] != _MAGIC or data[start] != _MAGIC:
        alone = data[_DESCRIPTION_AT : _DESCRIPTION_AT + 4] == _DESCRIPTION
        what = "this is an application alone" if alone else "this is no whole firmware for this chip"
        raise Problem(what, where, _wanted(target))
    for at in (0, start):
        _check_chip(int.from_bytes(data[at + _CHIP_AT : at + _CHIP_AT + 2], "little"), target, where)
    found = _BANNER.search(data, start)
    if found is None:
        raise Problem("this is no MicroPython", where, _wanted(target))
    version, suffix, date = (part.decode() for part in found.groups())
    if version not in target.firmware or suffix:
        raise Problem(f"it is MicroPython {version}{suffix} of {date}", where, _wanted(target))
    application = data[start:]
    room = target.part("ota_0")
    if len(application) > room.size:
        raise Problem(
            f"its application has {len(application):,} bytes, ota_0 has {room.size:,}", where, "Take a smaller build"
        )
    table = partitions.OFFSET - target.bootloader
    return Firmware(path, version, date, hashlib.sha256(data).hexdigest(), data[:table].rstrip(b"\xff"), application)


def _wanted(target: Target) -> str:
    return f"{target.name} takes MicroPython {' or '.join(target.firmware)} for {target.chip}, as one .bin file"


def _check_chip(number: int, target: Target, where: str) -> None:
    if number != _CHIPS[target.chip]:
        name = next((name for name, known in _CHIPS.items() if known == number), f"chip number {number}")
        raise Problem(f"it is for {name}", where, _wanted(target))
