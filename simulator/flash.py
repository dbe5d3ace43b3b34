"""NOR flash in memory, whose power can be cut in the middle of an operation. Device syntax.

One chip holds the regions of the flash map in a size of its own. Programming only clears bits, erasing sets a whole block.
Refuses what reaches outside a region (EINVAL) and, once the power is cut, everything until `restart` (EIO), with nothing done.
"""

import errno

from micropython import const

_TYPING = const(False)
if _TYPING:
    from hal.ports import Buffer

BLOCK = 4096
REGIONS = (("vfs", 16), ("events", 4), ("keys", 2), ("anchor", 2))
"""Name and blocks, in the order of their addresses."""

# How far the operation got that the power cut.
NOTHING = 0
HALF = 1
WHOLE = 2  # done, but nobody was told
FIRST = 3  # one byte
ALL_BUT_LAST = 4
UNSTABLE = 5  # all of it, but some cells are left between 0 and 1: here they read as the wrong one
TORN = (NOTHING, HALF, WHOLE, FIRST, ALL_BUT_LAST, UNSTABLE)

_NEVER = const(-1)
_WEAK_ZEROS = const(0x55)  # bits that a torn program may have left set
_WEAK_ONES = const(0x0F)  # bits that a torn erase has set; the others keep what they were


class Chip:
    """The memory, its counts, and its power."""

    def __init__(self, regions: "tuple[tuple[str, int], ...]" = REGIONS) -> None:
        self.operations = 0  # programs and erases begun; the first is number 0
        self.programmed = 0  # bytes asked for
        self.erased = 0  # blocks
        self.off = False
        self._cut_at = _NEVER
        self._torn = NOTHING
        self._regions = regions
        self.cells = bytearray(BLOCK * sum(blocks for _, blocks in regions))
        for at in range(0, len(self.cells), BLOCK):
            self.cells[at : at + BLOCK] = b"\xff" * BLOCK

    def region(self, name: str) -> "Region":
        """OSError when the chip has none of this name."""
        at = 0
        for other, blocks in self._regions:
            if other == name:
                return Region(self, at, blocks * BLOCK)
            at += blocks * BLOCK
        raise OSError(errno.ENODEV)

    def cut(self, operation: int, torn: int = NOTHING) -> None:
        """The power goes at the operation of this number, counted as `operations` is, which gets as far as `torn` says."""
        if torn not in TORN:
            raise ValueError("torn is none of TORN")
        self._cut_at = operation
        self._torn = torn

    def restart(self) -> None:
        """The power is back, no cut is planned; the cells hold what they held."""
        self.off = False
        self._cut_at = _NEVER

    def read(self, at: int, buf: "Buffer") -> None:
        self._need_power()
        buf[:] = memoryview(self.cells)[at : at + len(buf)]

    def program(self, at: int, buf: "Buffer | bytes") -> None:
        cut = self._begin()
        cells = self.cells
        self.programmed += len(buf)
        n = self._reach(len(buf)) if cut else len(buf)
        weak = len(buf) // 2 if cut and self._torn == UNSTABLE else -1
        for i in range(n):
            cells[at + i] &= buf[i] | (_WEAK_ZEROS if i == weak else 0)
        if cut:
            raise OSError(errno.EIO)

    def erase(self, at: int) -> None:
        cut = self._begin()
        self.erased += 1
        if cut and self._torn == UNSTABLE:
            for i in range(at, at + BLOCK):
                self.cells[i] |= _WEAK_ONES
        else:
            n = self._reach(BLOCK) if cut else BLOCK
            self.cells[at : at + n] = b"\xff" * n
        if cut:
            raise OSError(errno.EIO)

    def _begin(self) -> bool:
        """Counts one operation. Is it the one that the power cuts?"""
        self._need_power()
        self.off = self.operations == self._cut_at
        self.operations += 1
        return self.off

    def _need_power(self) -> None:
        if self.off:
            raise OSError(errno.EIO)

    def _reach(self, n: int) -> int:
        """Bytes of `n` that a torn operation changes."""
        return (0, n // 2, n, min(1, n), max(0, n - 1), n)[self._torn]


class Region:
    """hal.ports.Flash"""

    block = BLOCK

    def __init__(self, chip: Chip, start: int, size: int) -> None:
        self.size = size
        self._chip = chip
        self._start = start

    def read(self, at: int, buf: "Buffer") -> None:
        self._check(at, len(buf))
        self._chip.read(self._start + at, buf)

    def program(self, at: int, buf: "Buffer | bytes") -> None:
        self._check(at, len(buf))
        self._chip.program(self._start + at, buf)

    def erase(self, block_no: int) -> None:
        self._check(block_no * BLOCK, BLOCK)
        self._chip.erase(self._start + block_no * BLOCK)

    def _check(self, at: int, n: int) -> None:
        if at < 0 or at + n > self.size:
            raise OSError(errno.EINVAL)
