"""One region of the chip's flash, a partition of the board's map. NOR as it is: programming clears bits, erasing sets blocks."""

import errno

from esp32 import Partition
from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer

_BLOCK = const(4096)
_SIZE = const(3)  # index in Partition.info()
_ERASE = const(6)  # block device ioctl


class Region:
    def __init__(self, label: str) -> None:
        found = Partition.find(Partition.TYPE_DATA, label=label)
        if not found:
            raise OSError(errno.ENODEV)  # another flash map is on this chip
        self._partition: "Partition" = found[0]
        self.size: int = self._partition.info()[_SIZE]
        self.block = _BLOCK

    def read(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        self._partition.readblocks(at // _BLOCK, buf, at % _BLOCK)  # pyright: ignore[reportArgumentType] - takes any buffer

    def program(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        # With an offset the partition is written without being erased first.
        self._partition.writeblocks(at // _BLOCK, buf, at % _BLOCK)  # pyright: ignore[reportArgumentType] - takes any buffer

    def erase(self, block_no: int) -> None:
        self._check(block_no * _BLOCK, _BLOCK)
        self._partition.ioctl(_ERASE, block_no)

    def _check(self, at: int, n: int) -> None:
        if at < 0 or at + n > self.size:
            raise OSError(errno.EINVAL)
