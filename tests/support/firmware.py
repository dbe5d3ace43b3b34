"""A file like the ones MicroPython publishes for an ESP32: bootloader, its own map and an application, each a valid image."""

import hashlib
import struct
from functools import reduce

from tools.image import partitions

_MAGIC = 0xE9
_CHECKSUM = 0xEF
_DESCRIPTION = 0xABCD5432
_CHIPS = {"esp32": (0, 0x1000), "esp32s3": (9, 0)}  # number, where the bootloader lies
STOCK = [partitions.Partition("nvs", 1, 2, 0x9000, 0x6000), partitions.Partition("factory", 0, 0, 0x10000, 0x1F0000)]
BANNER = "MicroPython v1.25.0 on 2025-04-15; Generic ESP32 module with ESP32"


def image(chip: int, data: bytes) -> bytes:
    """One segment, checksum and digest (ESP-IDF, "App Image Format"). 2 MB stands in the header."""
    data += bytes(-len(data) % 4)
    head = struct.pack("<BBBBI", _MAGIC, 1, 2, 0x10, 0x4008_0000)
    head += struct.pack("<B3xHBHH4xB", 0xEE, chip, 0, 0, 0xFFFF, 1)
    body = head + struct.pack("<II", 0x3FFF_0000, len(data)) + data
    body += bytes(15 - len(body) % 16) + bytes([reduce(int.__xor__, data, _CHECKSUM)])
    return body + hashlib.sha256(body).digest()


def application(chip: str, banner: str = BANNER, size: int = 5000) -> bytes:
    """`size` bytes of data, the description first."""
    data = struct.pack("<I", _DESCRIPTION) + bytes(252) + banner.encode() + b"\0"
    return image(_CHIPS[chip][0], data.ljust(size, b"\x5a"))


def published(chip: str = "esp32", banner: str = BANNER, size: int = 5000, application_chip: str = "") -> bytes:
    number, start = _CHIPS[chip]
    flash = bytearray(b"\xff" * partitions.APP_ALIGN)
    bootloader = image(number, b"bootloader" * 200)
    flash[start : start + len(bootloader)] = bootloader
    table = partitions.encode(STOCK)
    flash[partitions.OFFSET : partitions.OFFSET + len(table)] = table
    return bytes(flash[start:]) + application(application_chip or chip, banner, size)
