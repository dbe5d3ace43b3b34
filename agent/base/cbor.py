"""Deterministic CBOR (RFC 8949 §4.2.1) into the caller's buffer. Its twin reader.py reads what this writes and no more.

Refuses a value outside 32 bits, and an item that the buffer has no room for: it never writes past the end.
"""

from micropython import const

from .errors import LocalError

UINT = 0
NINT = 1
BYTES = 2
TEXT = 3
ARRAY = 4
MAP = 5
TAG = 6
SIMPLE = 7

_FALSE = const(20)
_TRUE = const(21)


def put_head(buf: bytearray, i: int, major: int, value: int) -> int:
    """Writes one initial byte with its argument (0 <= value < 2**32) and returns the next index."""
    major <<= 5
    end = i + (1 if value < 24 else 2 if value < 0x100 else 3 if value < 0x10000 else 5)
    if value < 0 or value > 0xFFFFFFFF or end > len(buf):
        raise LocalError("cbor: value or buffer")
    if value < 24:
        buf[i] = major | value
        return end
    if value < 0x100:
        buf[i] = major | 24
    elif value < 0x10000:
        buf[i] = major | 25
        buf[i + 1] = value >> 8
    else:
        buf[i] = major | 26
        buf[i + 1] = value >> 24
        buf[i + 2] = value >> 16 & 0xFF
        buf[i + 3] = value >> 8 & 0xFF
    buf[end - 1] = value & 0xFF
    return end


def put_int(buf: bytearray, i: int, value: int) -> int:
    if value < 0:
        return put_head(buf, i, NINT, -1 - value)
    return put_head(buf, i, UINT, value)


def put_pair(buf: bytearray, i: int, key: int, value: int) -> int:
    """One map entry whose key and value are both integers, 0 <= key < 24."""
    if i >= len(buf):
        raise LocalError("cbor: value or buffer")
    buf[i] = key
    return put_int(buf, i + 1, value)


def put_bytes(buf: bytearray, i: int, data: "bytes | bytearray") -> int:
    i = put_head(buf, i, BYTES, len(data))
    end = i + len(data)
    if end > len(buf):
        raise LocalError("cbor: value or buffer")
    buf[i:end] = data
    return end


def put_bool(buf: bytearray, i: int, value: bool) -> int:
    return put_head(buf, i, SIMPLE, _TRUE if value else _FALSE)
