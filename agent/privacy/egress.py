"""The egress ledger: who got what, for which purpose, as lines chained by SHA-256 in the raw ring. Loaded to write, dropped after.

CELL [salt 8, purpose, recipient, reason, items, count, bytes, repeats, their bytes] entries come first, then the LINE [prev 16,
hour, why, purpose, [hash 16 of each cell]] that they belong to; cells without one were cut off by the power. A line knows
its cells by their hashes alone, so an erased purpose's cells can be blanked and the chain still holds; the salt is blanked with
them, or their small numbers could be guessed. SIGN [line's hash, hour, signature]. Refuses to write a cell twice.
"""

import hashlib

from micropython import const

from ..base import cbor
from ..base.errors import RemoteError
from ..base.reader import Reader as Items
from ..store import ring as r
from . import cells as c

CELL = 1  # kinds of entries
LINE = 2
SIGN = 3

# Why a line was written.
MINUTE = 0
CONSENT = 1
RECEIPT = 2
EXPORT = 3
RESTART = 4  # what was counted since the line before it, and not written, is lost: at most a minute's
ERASED = 5  # the cells of `purpose` before this line are blanked

HASH = 16
SIGNATURE = 64
NO_PURPOSE = -1
SALT = 8
CELL_DOMAIN = b"EGRESS-CELL1"
LINE_DOMAIN = b"EGRESS-LINE1"
SIGN_DOMAIN = b"EGRESS-SIGN1"

_MASK = const(0xFF)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import Flash, Readable


def digest(domain: bytes, data: "Readable") -> bytes:
    state = hashlib.sha256(domain)
    state.update(data)
    return state.digest()[:HASH]


def purpose_of(buf: "Readable", n: int) -> int:
    """The purpose of a cell. RemoteError when it is none."""
    items = Items(buf, 0, n)
    items.items(cbor.ARRAY)
    items.span(cbor.BYTES, SALT)
    return items.uint(_MASK)


def why_of(buf: "Readable", n: int) -> "tuple[int, int]":
    """(why, purpose) of a line."""
    items = Items(buf, 0, n)
    items.items(cbor.ARRAY)
    items.span(cbor.BYTES, HASH)
    items.integer()
    return items.uint(_MASK), items.integer()


class Book:
    """Writes where the last line in the ring left off. `draw(buf)` fills a salt. Who has kept the last line's hash gives it as
    `head`; else the whole ring is read for it."""

    def __init__(self, flash: "Flash", draw: "Callable[[bytearray], None]", head: "bytes | None" = None) -> None:
        ring = self._ring = r.Ring(flash)
        self._draw = draw
        self._salt = bytearray(SALT)
        self._buf = bytearray(r.MAX_PAYLOAD)
        self.head = head or bytes(HASH)  # hash of the last line; zeros before the first
        if head is not None:
            return
        reader = r.Entries(ring)
        while reader.step():
            if reader.kind == LINE and not reader.blank:
                self.head = digest(LINE_DOMAIN, memoryview(reader.buf)[: reader.n])

    def _write(self, kind: int, n: int) -> None:
        """The one place where an entry goes to flash; sealing it to the subject belongs here."""
        self._ring.append(kind, self._buf, n)

    def enter(self, cells: "c.Cells", hour: int, why: int, purpose: int = NO_PURPOSE) -> None:
        """Turns the open cells into one line, and empties them. OSError when flash fails: they stay open, and a second try is
        another line, since a line that was cut off has no cells."""
        buf = self._buf
        hashes: "list[bytes]" = []
        for row in range(cells.used):
            self._draw(self._salt)
            i = cbor.put_head(buf, 0, cbor.ARRAY, c.WIDTH + 1)
            i = cbor.put_bytes(buf, i, self._salt)
            for k in range(c.WIDTH):
                i = cbor.put_int(buf, i, cells.rows[row * c.WIDTH + k])
            hashes.append(digest(CELL_DOMAIN, memoryview(buf)[:i]))
            self._write(CELL, i)
        i = cbor.put_head(buf, 0, cbor.ARRAY, 5)
        i = cbor.put_bytes(buf, i, self.head)
        for value in (hour, why, purpose):
            i = cbor.put_int(buf, i, value)
        i = cbor.put_head(buf, i, cbor.ARRAY, len(hashes))
        for value in hashes:
            i = cbor.put_bytes(buf, i, value)
        self._write(LINE, i)
        self.head = digest(LINE_DOMAIN, memoryview(buf)[:i])
        cells.clear()

    def page(self, hour: int) -> bytes:
        """What a checkpoint over all lines up to here says; the device's key signs SIGN_DOMAIN and it."""
        buf = self._buf
        i = cbor.put_bytes(buf, cbor.put_head(buf, 0, cbor.ARRAY, 3), self.head)
        return bytes(memoryview(buf)[: cbor.put_int(buf, i, hour)])

    def sign(self, page: bytes, signature: bytes) -> bool:
        """Writes the checkpoint of that page. False when a line came after it was made: then it would speak for another one."""
        buf = self._buf
        if page[2 : 2 + HASH] != self.head:
            return False
        buf[: len(page)] = page
        self._write(SIGN, cbor.put_bytes(buf, len(page), signature))
        return True

    def erase(self, purposes: int, cells: "c.Cells", hour: int) -> None:
        """The counts of a mask of purposes go, too: the lines that say so first, then the cells."""
        purpose = 0
        while purposes:
            if purposes & 1:
                self.enter(cells, hour, ERASED, purpose)
            purposes >>= 1
            purpose += 1
        self.resume()

    def resume(self) -> None:
        """Blanks every cell whose erasure was written, and what cuts left torn. At a start: goes on where the power went."""
        ring = self._ring
        ring.scrub()
        last: "dict[int, int]" = {}  # purpose → seq of its erasure
        reader = r.Entries(ring)
        while reader.step():
            if reader.kind == LINE and not reader.blank:
                why, purpose = why_of(reader.buf, reader.n)
                if why == ERASED:
                    last[purpose] = reader.seq
        if not last:
            return
        reader = r.Entries(ring)
        while reader.step():
            if reader.kind == CELL and not reader.blank:
                try:
                    purpose = purpose_of(reader.buf, reader.n)
                except RemoteError:
                    continue  # no cell of ours
                if reader.seq < last.get(purpose, 0):
                    ring.blank(reader.body, reader.size)
