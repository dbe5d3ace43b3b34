"""A region of a file that behaves like NOR flash: programming clears bits, erasing sets whole blocks."""

import errno

from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer

_BLOCK = const(4096)
_PIECE = const(64)


def create(path: str, size: int) -> None:
    """A whole flash of `size` bytes, erased, unless the file is there already."""
    try:
        open(path, "rb").close()
        return
    except OSError:
        pass  # not there yet
    blank = b"\xff" * _BLOCK
    with open(path, "wb") as file:
        for _ in range(size // _BLOCK):
            file.write(blank)


class Region:
    """`size` bytes of the file from `at` on; both are multiples of 4,096."""

    def __init__(self, path: str, at: int, size: int) -> None:
        self.size = size
        self.block = _BLOCK
        self._at = at
        self._file = open(path, "r+b")  # noqa: SIM115 - it stays open as long as the region

    def read(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        self._file.seek(self._at + at)
        self._file.readinto(buf)

    def program(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        old = bytearray(_PIECE)
        done = 0
        while done < len(buf):
            n = min(_PIECE, len(buf) - done)
            self._file.seek(self._at + at + done)
            self._file.readinto(old, n)
            for i in range(n):
                old[i] &= buf[done + i]
            self._file.seek(self._at + at + done)
            self._file.write(memoryview(old)[:n])
            done += n
        self._file.flush()

    def erase(self, block_no: int) -> None:
        self._check(block_no * _BLOCK, _BLOCK)
        self._file.seek(self._at + block_no * _BLOCK)
        self._file.write(b"\xff" * _BLOCK)
        self._file.flush()

    def _check(self, at: int, n: int) -> None:
        if at < 0 or at + n > self.size:
            raise OSError(errno.EINVAL)
