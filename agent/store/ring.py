"""A raw ring log over one flash region: entries in, entries out, oldest block given up first. No file system.

Entry: A5 | kind | length u16 | seq u32 | payload | CRC-32, big endian. Each block begins with 52 A5 | version | 0 | lap u32 |
seq u32 of its first entry | CRC-32, and lies at lap % blocks; it is erased right before that. An entry is durable when
`append` returns. Refuses to serve what a power cut left torn: a reader goes on at the next entry whose CRC holds.
"""

from binascii import crc32

from micropython import const

from ..base.errors import OUT_OF_RANGE, LocalError, RemoteError

MAX_PAYLOAD = 512  # bytes of one entry
MIN_BLOCKS = 2  # one is written while the other is still read
MAX_BLOCKS = 1024  # 4 MiB

_HEAD = const(8)
_CRC = const(4)
_START = const(16)  # bytes of a block's own head
_MARK = const(0xA5)
_BLOCK_MARK = const(0x52)
_VERSION = const(1)
_BLANK = const(0xFF)
_CLEAN = bytearray(b"\xff" * _HEAD)
_MAX_NUMBER = const(
    0x3FFF_FFFF
)  # of laps and entries: small ints on 32 bits; a ring of an entry a second lasts 34 years

_TYPING = const(False)
if _TYPING:
    from hal.ports import Flash, Readable


def _put4(buf: bytearray, i: int, value: int) -> None:
    buf[i] = value >> 24 & 0xFF
    buf[i + 1] = value >> 16 & 0xFF
    buf[i + 2] = value >> 8 & 0xFF
    buf[i + 3] = value & 0xFF


def _get4(buf: "Readable", i: int) -> int:
    return buf[i] << 24 | buf[i + 1] << 16 | buf[i + 2] << 8 | buf[i + 3]


class Ring:
    """One writer. Its buffers are made once; an append makes only the short-lived numbers of its CRC and one view."""

    def __init__(self, flash: "Flash") -> None:
        self.flash = flash
        self.blocks = flash.size // flash.block
        if not MIN_BLOCKS <= self.blocks <= MAX_BLOCKS:
            raise RemoteError(OUT_OF_RANGE)  # another flash map
        self._buf = bytearray(_HEAD + MAX_PAYLOAD + _CRC)
        self._view = memoryview(self._buf)
        self._mount()

    def _mount(self) -> None:
        """Finds the newest block and where it ends."""
        self._sound = True
        self.lap = -1  # of the block being written, -1 before the first one
        self.next = 0  # seq of the next entry
        self._at = self.flash.block  # where in the block it goes
        for block in range(self.blocks):
            lap, seq = self.start_of(block)
            if lap > self.lap:
                self.lap = lap
                self.next = seq
        if self.lap >= 0:
            reader = Entries(self, self.lap)
            while reader.step():
                self.next = reader.seq + 1
            self._at = max(reader.at, self._end(self.lap))

    def _end(self, lap: int) -> int:
        """Where in its block nothing was ever programmed: what a torn entry left lies before."""
        flash = self.flash
        start = lap % self.blocks * flash.block
        step = 64
        piece = self._view[:step]
        at = flash.block
        while at > 0:
            flash.read(start + at - step, piece)
            for k in range(step - 1, -1, -1):
                if piece[k] != _BLANK:
                    return at - step + k + 1
            at -= step
        return 0

    def start_of(self, block: int) -> "tuple[int, int]":
        """(lap, seq of the first entry) of a block; (-1, 0) when its head does not hold, or is of another place."""
        head = self._view[:_START]
        self.flash.read(block * self.flash.block, head)
        lap = _get4(head, 4)
        if head[0] != _BLOCK_MARK or head[1] != _MARK or head[2] != _VERSION or lap % self.blocks != block:
            return -1, 0
        if lap > _MAX_NUMBER or crc32(head[:12]) != _get4(head, 12):
            return -1, 0
        return lap, _get4(head, 8)

    def append(self, kind: int, data: "Readable", n: int) -> int:
        """Writes data[:n]; returns its seq. OSError when flash fails: then it may or may not be there after a restart."""
        if not 0 <= n <= MAX_PAYLOAD or not 0 < kind < _BLANK:
            raise LocalError("ring: kind or length")
        size = _HEAD + n + _CRC
        if not self._sound:
            self._mount()  # flash failed before: what is there now decides
        self._sound = False
        if self._at + size > self.flash.block:
            self._advance()
        buf = self._buf
        buf[0] = _MARK
        buf[1] = kind
        buf[2] = n >> 8
        buf[3] = n & 0xFF
        _put4(buf, 4, self.next)
        for k in range(n):
            buf[_HEAD + k] = data[k]
        _put4(buf, _HEAD + n, crc32(self._view[: _HEAD + n]))
        self.flash.program(self.lap % self.blocks * self.flash.block + self._at, self._view[:size])
        self._sound = True
        self._at += size
        self.next += 1
        return self.next - 1

    def _advance(self) -> None:
        """Takes the next block, which holds the oldest entries, if any."""
        lap = self.lap + 1
        if max(lap, self.next) >= _MAX_NUMBER:
            raise LocalError("ring: numbers used up")
        block = lap % self.blocks
        self.flash.erase(block)
        buf = self._buf
        buf[0] = _BLOCK_MARK
        buf[1] = _MARK
        buf[2] = _VERSION
        buf[3] = 0
        _put4(buf, 4, lap)
        _put4(buf, 8, self.next)
        _put4(buf, 12, crc32(self._view[:12]))
        self.flash.program(block * self.flash.block, self._view[:_START])
        self.lap = lap
        self._at = _START

    def blank(self, at: int, n: int) -> None:
        """Programs zeros over n bytes from `at` on: the body of an entry (`Entries.body`, `Entries.size`), or what is torn."""
        buf = self._buf
        for k in range(min(n, len(buf))):
            buf[k] = 0
        while n > 0:
            piece = min(n, len(buf))
            self.flash.program(at, self._view[:piece])
            at += piece
            n -= piece

    def scrub(self) -> int:
        """Blanks what cuts left torn, half written or half blanked; returns how many bytes. Nothing that is served changes."""
        done = 0
        for lap in range(max(0, self.lap - self.blocks + 1), self.lap + 1):
            if self.start_of(lap % self.blocks)[0] == lap:
                done += self._scrub(lap)
        return done

    def _scrub(self, lap: int) -> int:
        done = 0
        start = lap % self.blocks * self.flash.block
        reader = Entries(self, lap, lap)
        at = reader.at
        while reader.step():
            if reader.skipped:
                self.blank(start + at, reader.skipped)
                done += reader.skipped
            at = reader.at
        end = self._end(lap)
        if end > at:
            self.blank(start + at, end - at)
            done += end - at
        return done


class Entries:
    """Walks the entries from lap `lap` (else the oldest) to `last` (else the newest). `step` loads one: kind, seq, n, `buf[:n]`.

    It is for the moment: an append may take the block away that it stands in.
    """

    def __init__(self, ring: Ring, lap: int = 0, last: int = -1) -> None:
        self._ring = ring
        self._lap = max(0, lap, ring.lap - ring.blocks + 1)
        self._last = ring.lap if last < 0 else last
        self.buf = bytearray(MAX_PAYLOAD + _CRC)
        self._view = memoryview(self.buf)
        self._head = bytearray(_HEAD)
        self.at = _START  # in the block
        self.kind = 0
        self.seq = -1
        self.n = 0
        self.body = 0  # where in the region the payload lies,
        self.size = 0  # and how far it reaches with its CRC
        self.blank = False  # its payload was blanked on purpose
        self.lost = 0  # entries that were there and cannot be read any more
        self.skipped = 0  # bytes between this entry and the one before
        self._next = -1  # seq expected

    def step(self) -> bool:
        """False after the newest entry."""
        ring = self._ring
        while self._lap <= self._last:
            if self.at == _START:
                lap, seq = ring.start_of(self._lap % ring.blocks)
                if lap != self._lap:  # it was about to be used, or its head is damaged
                    self._lap += 1
                    continue
                self._expect(seq)
            if self._scan():
                return True
            if self._lap == self._last:
                return False
            self._lap += 1
            self.at = _START
        return False

    def _expect(self, seq: int) -> None:
        if 0 <= self._next < seq:
            self.lost += seq - self._next
        self._next = max(seq, self._next)

    def _scan(self) -> bool:
        """The next whole entry of this block. What does not hold is skipped byte by byte."""
        at = self.at
        while at + _HEAD + _CRC <= self._ring.flash.block:
            if self._load(at):
                self._expect(self.seq)
                self._next = self.seq + 1
                self.skipped = at - self.at
                self.at = at + _HEAD + self.n + _CRC
                return True
            if at == self.at and self._head == _CLEAN:
                return False  # the common end
            at += 1
        return False

    def _load(self, at: int) -> bool:
        """Whether a whole entry begins at `at`."""
        flash = self._ring.flash
        head = self._head
        start = self._lap % self._ring.blocks * flash.block + at
        flash.read(start, head)
        n = head[2] << 8 | head[3]
        if head[0] != _MARK or n > MAX_PAYLOAD or at + _HEAD + n + _CRC > flash.block:
            return False
        seq = _get4(head, 4)
        if not max(self._next, 0) <= seq <= _MAX_NUMBER:
            return False
        body = self._view[: n + _CRC]
        flash.read(start + _HEAD, body)
        self.blank = _zeros(body)
        if not self.blank and crc32(body[:n], crc32(head)) != _get4(body, n):
            return False
        self.kind = head[1]
        self.seq = seq
        self.n = n
        self.body = start + _HEAD
        self.size = n + _CRC
        return True


def _zeros(view: "Readable") -> bool:
    return not any(view)
