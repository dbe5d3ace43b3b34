"""The simulated device's flash when it lives in another process: one file, whose bytes the world may look at. Device syntax.

NOR rules: programming only clears bits, erasing sets a block. Refuses what reaches outside a region (EINVAL).
"""

import errno

from micropython import const

_TYPING = const(False)
if _TYPING:
    from hal.ports import Buffer

BLOCK = 4096
REGIONS = (("events", 4), ("keys", 2), ("anchor", 2))
"""Name and blocks, in the order of their places."""

_PIECE = const(64)


def region(path: str, name: str) -> "Region":
    """A region of the flash file at `path`, which is as long as REGIONS say."""
    at = 0
    for other, blocks in REGIONS:
        if other == name:
            return Region(path, at, blocks * BLOCK)
        at += blocks * BLOCK
    raise OSError(errno.ENODEV)


class Region:
    """hal.ports.Flash"""

    block = BLOCK

    def __init__(self, path: str, start: int, size: int) -> None:
        self.size = size
        self._start = start
        self._file = open(path, "r+b")  # noqa: SIM115 - it stays open as long as the device

    def read(self, at: int, buf: "Buffer") -> None:
        self._seek(at, len(buf))
        self._file.readinto(buf)

    def program(self, at: int, buf: "Buffer | bytes") -> None:
        for done in range(0, len(buf), _PIECE):
            n = min(_PIECE, len(buf) - done)
            self._seek(at, len(buf))
            old = bytearray(n)
            self.read(at + done, old)
            for k in range(n):
                old[k] &= buf[done + k]
            self._seek(at + done, n)
            self._file.write(old)
        self._file.flush()

    def erase(self, block_no: int) -> None:
        self._seek(block_no * BLOCK, BLOCK)
        for _ in range(BLOCK // _PIECE):
            self._file.write(b"\xff" * _PIECE)
        self._file.flush()

    def _seek(self, at: int, n: int) -> None:
        if at < 0 or at + n > self.size:
            raise OSError(errno.EINVAL)
        self._file.seek(self._start + at)
