"""Named values in one file, for ports without NVS. Every change writes the whole file beside the old one and renames it.

Refuses names over 15 characters and values over 1,024 bytes. The file system may keep an older copy readable: a board
that holds other people's keys uses NVS with flash encryption or the raw `keys` region instead.
"""

import errno
import os
from binascii import crc32

from micropython import const

_LONGEST_NAME = const(15)
_LONGEST_VALUE = const(1024)
_HEAD = const(3)  # length of the name, length of the value (2)


def check(name: str, value: "bytes | bytearray | memoryview") -> None:
    if not 0 < len(name.encode()) <= _LONGEST_NAME or len(value) > _LONGEST_VALUE:
        raise OSError(errno.EINVAL)


class Secrets:
    def __init__(self, path: str) -> None:
        self._path = path

    def get(self, name: str) -> "bytes | None":
        for found, value in self._load():
            if found == name:
                return value
        return None

    def put(self, name: str, value: "bytes | bytearray | memoryview") -> None:
        check(name, value)
        kept = [item for item in self._load() if item[0] != name]
        kept.append((name, bytes(value)))
        self._save(kept)

    def drop(self, name: str) -> None:
        items = self._load()
        kept = [item for item in items if item[0] != name]
        if len(kept) != len(items):
            self._save(kept)

    def _load(self) -> "list[tuple[str, bytes]]":
        """Nothing when there is no file; OSError when it is damaged, so that nobody takes it for a device never enrolled."""
        try:
            with open(self._path, "rb") as file:
                data = file.read()
        except OSError as error:
            if error.args[0] == errno.ENOENT:
                return []
            raise
        if len(data) < 4 or crc32(data[:-4]) != int.from_bytes(data[-4:], "little"):
            raise OSError(errno.EIO)
        items: "list[tuple[str, bytes]]" = []
        at = 0
        while at < len(data) - 4:
            middle = at + _HEAD + data[at]
            end = middle + data[at + 1] + (data[at + 2] << 8)
            items.append((data[at + _HEAD : middle].decode(), data[middle:end]))
            at = end
        return items

    def _save(self, items: "list[tuple[str, bytes]]") -> None:
        data = bytearray()
        for name, value in items:
            raw = name.encode()
            data += bytes((len(raw), len(value) & 255, len(value) >> 8)) + raw + value
        data += crc32(data).to_bytes(4, "little")
        draft = self._path + ".new"
        with open(draft, "wb") as file:
            file.write(data)
        sync = getattr(os, "sync", None)  # littlefs writes on close; a computer's file system has to be told
        if sync is not None:
            sync()
        os.rename(draft, self._path)
