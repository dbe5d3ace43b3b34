"""One key for each purpose (later for each subject): 32 bytes in the raw `keys` region. Shredding a key erases what it sealed.

A block holds 4B A5 | version | 0 | lap u32 | zeros | CRC-32, then slots: A5 | 0 | id u16 | zeros (8) | key (32) | CRC-32. One of
two blocks is in use; what is left in the other is erased before a key is served. Shredding programs zeros and reads them
back. Under flash encryption that leaves noise instead, so the live keys move to the other block and this one is erased.
"""

from binascii import crc32

from micropython import const

from ..base.errors import LocalError

KEY = 32
MAX_ID = 0xFFFF
MAX_KEYS = 64  # live at once; a block has room for 85, the rest is for those shredded

_SLOT = const(48)  # of 16-byte rows: encrypted flash is written in these
_START = const(16)
_KEY_AT = const(12)
_CRC_AT = const(44)
_MARK = const(0xA5)
_BLOCK_MARK = const(0x4B)
_VERSION = const(1)
_EIO = const(5)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Flash


class Keys:
    def __init__(self, flash: "Flash", encrypted: bool = False) -> None:
        self._flash = flash
        self._encrypted = encrypted
        self._slot = bytearray(_SLOT)
        self._slots = (flash.block - _START) // _SLOT
        self._block = 0
        self._lap = 0
        self._mount()

    def _mount(self) -> None:
        """Finishes what a power cut left half done: no key is served before."""
        for block in range(2):
            lap = self._lap_of(block)
            if lap > self._lap:
                self._lap = lap
                self._block = block
        if self._lap:
            self._clear(1 - self._block)
        else:
            self._clear(0)
            self._clear(1)
            self._open(0, 1)
        if self._encrypted:
            return  # what is torn cannot be zeroed; it goes with the next move
        for row in range(self._slots):
            if not self._read(row) and self._in_use():
                self._zero(row)

    def _lap_of(self, block: int) -> int:
        head = bytearray(_START)
        self._flash.read(block * self._flash.block, head)
        good = head[0] == _BLOCK_MARK and head[1] == _MARK and head[2] == _VERSION and head[4] < 0x40
        return _number(head, 4) if good and crc32(memoryview(head)[:12]) == _number(head, 12) else 0

    def _open(self, block: int, lap: int) -> None:
        """From here on this block counts."""
        head = bytearray(_START)
        head[0] = _BLOCK_MARK
        head[1] = _MARK
        head[2] = _VERSION
        _put(head, 4, lap)
        _put(head, 12, crc32(memoryview(head)[:12]))
        self._flash.program(block * self._flash.block, head)
        self._block = block
        self._lap = lap

    def _clear(self, block: int) -> None:
        """Erases a block unless it is clean."""
        flash = self._flash
        piece = bytearray(_START)
        for at in range(block * flash.block, (block + 1) * flash.block, _START):
            flash.read(at, piece)
            for byte in piece:
                if byte != 0xFF:
                    flash.erase(block)
                    return

    def _place(self, row: int) -> int:
        return self._block * self._flash.block + _START + row * _SLOT

    def _read(self, row: int) -> bool:
        """Loads one slot. Does it hold a key?"""
        slot = self._slot
        self._flash.read(self._place(row), slot)
        return slot[0] == _MARK and crc32(memoryview(slot)[:_CRC_AT]) == _number(slot, _CRC_AT)

    def _in_use(self) -> bool:
        """Whether the loaded slot is neither clean nor zeroed."""
        return any(self._slot) and min(self._slot) != 0xFF

    def _id(self) -> int:
        return self._slot[2] << 8 | self._slot[3]

    def get(self, key_id: int) -> "bytes | None":
        """The live key of this id."""
        for row in range(self._slots):
            if self._read(row) and self._id() == key_id:
                key = bytes(self._slot[_KEY_AT:_CRC_AT])
                self._forget()
                return key
        self._forget()
        return None

    def make(self, key_id: int, key: "bytes | bytearray") -> None:
        """Keeps a key drawn by the caller. Durable when it returns. An id has one key at a time."""
        if len(key) != KEY or not 0 <= key_id <= MAX_ID:
            raise LocalError("keys: id or length")
        free = -1
        live = 0
        for row in range(self._slots):
            if self._read(row):
                live += 1
                if self._id() == key_id:
                    raise LocalError("keys: a second key of one id")
                free = -1
            elif self._slot[0] != 0xFF or self._in_use():
                free = -1  # a slot behind it is taken or torn
            elif free < 0:
                free = row
        if live == MAX_KEYS:
            raise LocalError("keys: too many")
        if free < 0:
            self._move(-1)
            free = live
        slot = self._slot
        for k in range(_KEY_AT):
            slot[k] = 0
        slot[0] = _MARK
        slot[2] = key_id >> 8
        slot[3] = key_id & 0xFF
        slot[_KEY_AT:_CRC_AT] = key
        _put(slot, _CRC_AT, crc32(memoryview(slot)[:_CRC_AT]))
        self._flash.program(self._place(free), slot)
        kept = self._read(free)
        self._forget()
        if not kept:
            raise OSError(_EIO)

    def shred(self, key_id: int) -> None:
        """The key is nowhere on the chip when this returns. Of an id without a key: nothing."""
        for row in range(self._slots):
            if self._read(row) and self._id() == key_id:
                if self._encrypted:
                    self._move(row)
                else:
                    self._zero(row)
                break
        self._forget()

    def _zero(self, row: int) -> None:
        self._forget()
        self._flash.program(self._place(row), self._slot)
        self._read(row)
        if any(self._slot):
            raise OSError(_EIO)

    def _move(self, without: int) -> None:
        """Copies the live keys to the other block and erases this one. A cut before the other's head counts leaves this one in
        use; after it, the next start erases what this one still holds."""
        old = self._block
        other = 1 - old
        self._clear(other)
        place = other * self._flash.block + _START
        for row in range(self._slots):
            if row != without and self._read(row):
                self._flash.program(place, self._slot)
                place += _SLOT
        self._open(other, self._lap + 1)
        self._flash.erase(old)

    def _forget(self) -> None:
        for k in range(_SLOT):
            self._slot[k] = 0


def _number(buf: bytearray, i: int) -> int:
    return buf[i] << 24 | buf[i + 1] << 16 | buf[i + 2] << 8 | buf[i + 3]


def _put(buf: bytearray, i: int, value: int) -> None:
    for k in range(4):
        buf[i + k] = value >> 8 * (3 - k) & 0xFF
