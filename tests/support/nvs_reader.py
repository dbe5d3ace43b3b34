"""Reads an NVS partition the way ESP-IDF documents it ("Non-Volatile Storage Library", page format 2), checking every CRC."""

import struct
import zlib

_PAGE = 4096
_ENTRY = 32
_FIRST = 64  # behind the page's header and its bitmap
_U8, _BLOB_DATA, _BLOB_INDEX = 0x01, 0x42, 0x48
_ACTIVE, _FULL, _EMPTY = 0xFFFFFFFE, 0xFFFFFFFC, 0xFFFFFFFF


def _crc(*parts: bytes) -> int:
    return zlib.crc32(b"".join(parts), 0xFFFFFFFF)


def read(data: bytes) -> dict[tuple[str, str], bytes]:
    """(namespace, key) → blob."""
    spaces: dict[int, str] = {}
    chunks: dict[tuple[int, str, int], bytes] = {}
    wholes: dict[tuple[int, str], tuple[int, int, int]] = {}
    for start in range(0, len(data), _PAGE):
        page = data[start : start + _PAGE]
        state, crc = struct.unpack_from("<I", page)[0], struct.unpack_from("<I", page, 28)[0]
        if state == _EMPTY:
            assert page == b"\xff" * _PAGE
            continue
        assert state in (_ACTIVE, _FULL)
        assert crc == _crc(page[4:28])
        at = _FIRST
        while at < _PAGE and page[at : at + _ENTRY] != b"\xff" * _ENTRY:
            entry = page[at : at + _ENTRY]
            space, kind, span, chunk = entry[:4]
            assert struct.unpack_from("<I", entry, 4)[0] == _crc(entry[:4], entry[8:])
            key = entry[8:24].partition(b"\0")[0].decode()
            if kind == _U8:
                assert space == 0
                spaces[entry[24]] = key
            elif kind == _BLOB_DATA:
                size, _, blob_crc = struct.unpack_from("<HHI", entry, 24)
                blob = page[at + _ENTRY : at + _ENTRY + size]
                assert blob_crc == _crc(blob)
                chunks[space, key, chunk] = blob
            elif kind == _BLOB_INDEX:
                wholes[space, key] = struct.unpack_from("<IBB", entry, 24)
            else:
                raise AssertionError(f"entry of type {kind:#x}")
            at += span * _ENTRY
    found: dict[tuple[str, str], bytes] = {}
    for (space, key), (size, count, first) in wholes.items():
        blob = b"".join(chunks[space, key, first + number] for number in range(count))
        assert len(blob) == size
        found[spaces[space], key] = blob
    return found
