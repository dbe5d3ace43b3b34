"""How far the consent store had come, kept outside the file system, so that an older one is noticed however whole it looks (I6).

Order: store → `advance` → acknowledge. A mark is generation u32 | head (16) | CRC-32; marks follow one another through two
blocks, the highest generation counts. Refuses to call a store the newest one when a damaged mark may have said otherwise.
"""

from binascii import crc32

from micropython import const

from ..base.errors import LocalError

HEAD = 16
NONE = bytes(HEAD)  # head of no store at all

# What `check` finds. Only the first two leave consent as it is stored; after the others everything is off.
SAME = 0
ADOPTED = 1  # the store is one step ahead: the power went before its mark, which is made up for
ROLLED_BACK = 2  # the store is older than what was acknowledged, or of another history
DAMAGED = 3  # the marks cannot tell

_SIZE = const(24)
_BODY = const(20)
_LONGEST = const(0x3FFF_FFFF)
_EIO = const(5)
_CLEAN = bytearray(b"\xff" * _SIZE)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Flash


class Anchor:
    """The newest mark: `generation` and `head`. A region never written says generation 0 and a head of zeros."""

    def __init__(self, flash: "Flash") -> None:
        self._flash = flash
        self._mark = bytearray(_SIZE)
        self._rows = flash.block // _SIZE
        self._mount()

    def _mount(self) -> None:
        self.generation = 0
        self.head = NONE
        self._block = 0  # of the newest mark
        self._row = -1
        for block in range(2):
            for row in range(self._rows):
                if self._read(block, row) and _number(self._mark, 0) > self.generation:
                    self.generation = _number(self._mark, 0)
                    self.head = bytes(self._mark[4:_BODY])
                    self._block = block
                    self._row = row
        self._free = self._row + 1  # row for the next mark
        self._doubt = False  # whether a mark was begun after the newest one that holds
        for row in range(self._row + 1, self._rows):
            self._read(self._block, row)
            if self._mark != _CLEAN:
                self._doubt = True
                self._free = row + 1
        if self._free == self._rows:  # the next one goes to the other block, which holds older marks, or nothing
            for row in range(self._rows):
                if not self._read(1 - self._block, row) and self._mark != _CLEAN:
                    self._doubt = True

    def _read(self, block: int, row: int) -> bool:
        """Loads one mark. Does it hold?"""
        mark = self._mark
        self._flash.read(block * self._flash.block + row * _SIZE, mark)
        return mark[0] < 0x40 and crc32(memoryview(mark)[:_BODY]) == _number(mark, _BODY)

    def check(self, generation: int, head: bytes) -> int:
        """At the start: is the store with this generation and head the newest? A store never written has generation 0."""
        if generation == self.generation + 1:
            self.advance(generation, head)
            return ADOPTED
        if generation > self.generation:
            return DAMAGED  # marks are missing
        if generation < self.generation or head != self.head:
            return ROLLED_BACK
        return DAMAGED if self._doubt else SAME

    def part(self) -> None:
        """The owner has gone and every store with them: what comes next is a history of its own."""
        if self.head != NONE or self._doubt:
            self.advance(self.generation + 1, NONE)

    def advance(self, generation: int, head: bytes) -> None:
        """The store is durable: from now on an older one is none. OSError when flash fails: then nothing may be acknowledged."""
        if generation != self.generation + 1 or generation > _LONGEST or len(head) != HEAD:
            raise LocalError("anchor: generation or head")
        block = self._block
        row = self._free
        if row == self._rows:
            block = 1 - block
            row = 0
            self._flash.erase(block)
        mark = self._mark
        for k in range(4):
            mark[k] = generation >> 8 * (3 - k) & 0xFF
        mark[4:_BODY] = head
        crc = crc32(memoryview(mark)[:_BODY])
        for k in range(4):
            mark[_BODY + k] = crc >> 8 * (3 - k) & 0xFF
        self._flash.program(block * self._flash.block + row * _SIZE, mark)
        if not self._read(block, row):
            raise OSError(_EIO)
        self._block = block
        self._free = row + 1
        self._row = row
        self._doubt = False
        self.generation = generation
        self.head = bytes(head)


def _number(buf: bytearray, i: int) -> int:
    return buf[i] << 24 | buf[i + 1] << 16 | buf[i + 2] << 8 | buf[i + 3]
