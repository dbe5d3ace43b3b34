"""NOR flash in a file: programming only clears bits, erasing sets a block of 4 KiB. One file holds the whole flash map.

The file is plain bytes, so that a search through it finds what a thief with a programmer would. Refuses a second opener,
and a file of another size. Every operation has reached the disk when it returns.
"""

import errno
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .flash_map import BLOCK, Region

if TYPE_CHECKING:
    from ..ports import Buffer

_ERASED = b"\xff" * BLOCK


class FlashFile:
    """The chip. A new file is made erased, readable by its owner only."""

    def __init__(self, path: Path, regions: list[Region]) -> None:
        self._regions = {region.name: region for region in regions}
        size = max(region.at + region.size for region in regions)
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            self._prepare(path, size)
        except BaseException:
            os.close(self._fd)
            raise

    def region(self, name: str) -> "HostFlash":
        """OSError when the map has none of this name."""
        if name not in self._regions:
            raise OSError(errno.ENODEV, f"the flash map has no region {name!r}")
        return HostFlash(self._fd, self._regions[name])

    def close(self) -> None:
        os.close(self._fd)

    def _prepare(self, path: Path, size: int) -> None:
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OSError(errno.EBUSY, f"the flash file {path} is in use by another agent") from None
        found = os.fstat(self._fd).st_size
        if found == 0:
            for at in range(0, size, BLOCK):
                os.pwrite(self._fd, _ERASED, at)
            os.fsync(self._fd)
        elif found != size:
            raise OSError(errno.EINVAL, f"the flash file {path} has {found} bytes, the flash map {size}")


class HostFlash:
    """hal.ports.Flash: one region. OSError outside its bounds, with nothing done."""

    block = BLOCK

    def __init__(self, fd: int, region: Region) -> None:
        self._fd = fd
        self._start = region.at
        self.size = region.size

    def read(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        buf[:] = self._get(at, len(buf))

    def program(self, at: int, buf: "Buffer | bytes") -> None:
        self._check(at, len(buf))
        self._put(at, bytes(old & new for old, new in zip(self._get(at, len(buf)), buf, strict=True)))

    def erase(self, block_no: int) -> None:
        self._check(block_no * BLOCK, BLOCK)
        self._put(block_no * BLOCK, _ERASED)

    def _check(self, at: int, n: int) -> None:
        if at < 0 or at + n > self.size:
            raise OSError(errno.EINVAL, "outside the flash region")

    def _get(self, at: int, n: int) -> bytes:
        data = os.pread(self._fd, n, self._start + at)
        if len(data) != n:
            raise OSError(errno.EIO, "the flash file has been cut short")
        return data

    def _put(self, at: int, data: bytes) -> None:
        if os.pwrite(self._fd, data, self._start + at) != len(data):
            raise OSError(errno.ENOSPC, "the disk is full")
        os.fdatasync(self._fd)
