"""Keeps the egress ledger: says when the open cells become a line, and when the lines are signed. Reads no cell itself.

A line is written a minute after the last one, when consent changed, before a receipt and before a dump, and while the table still
has room; a checkpoint once an hour, when there is something to sign. The writing is done by a room (egress.py) that is loaded at
the end of a tick, when the desk has gone. Flash that fails leaves the cells open: when their table is full, nothing leaves.
"""

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..base.errors import RemoteError
from .cells import Cells

_LINE_MS = const(60_000)
_LINES = const(60)  # minutes from one checkpoint to the next
_SOON = const(10)  # and from a start to the first: a device that is switched off every day must sign, too
_HOUR = const(3600)  # seconds
_STREAM = const(24)  # entropy that is no purpose's: what is counted must not shift what a purpose draws (I10)
_SEED = const(32)
_ED25519 = const(6)  # crypto/keys.py

# Why a line is due (privacy/egress.py).
MINUTE = 0
CONSENT = 1
RECEIPT = 2
EXPORT = 3
_RESTART = const(4)
_NOTHING = const(-1)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

    from hal.ports import Flash

    from ..core import Core


class Clerk:
    """One for a board with an `events` region. Its cells are the gate's."""

    def __init__(self, core: "Core", flash: "Flash") -> None:
        self._core = core
        self._flash = flash
        self._cells = core.gate.cells = Cells()
        self._head: "bytes | None" = None  # hash of the last line, None when only the ring knows
        self._due = _NOTHING
        self._at = core.now  # tick of the last line, or of the last try
        self._minutes = _LINES - _SOON  # since the last checkpoint, or so
        self._unsigned = False  # lines came after it
        self._asked = False  # somebody waits for one, to dump what it signs,
        self._whole = False  # and it is written
        self.turns = 0  # how often the region was written: what is dumped in pieces must be of one turn
        self._page = b""  # what the notary signs

    def _work(self, task: "Callable[[Any], object]") -> bool:
        """Has the room for as long as `task(book)` takes. False when flash failed: the ring is read anew then."""
        core = self._core
        head = self._head
        self._head = None
        try:
            book = core.load_book().Book(self._flash, self._draw, head)
            self.turns += 1
            task(book)
            self._head = book.head
        except (OSError, RemoteError):  # the second: the region is none of a ring's size
            core.journal.note(core.now, j.FAULT, j.LEDGER)
        finally:
            core.drop_book()
        return self._head is not None

    def _draw(self, buf: bytearray) -> None:
        self._core.ports.entropy.fill(_STREAM, buf)

    def _hour(self) -> int:
        seconds = self._core.calendar.seconds
        return -1 if seconds < 0 else seconds // _HOUR

    def begin(self) -> None:
        """At the start: what cuts left half done is finished, and a line says that the open cells before it are lost."""

        def start(book: "Any") -> None:
            book.resume()
            if any(book.head):
                book.enter(self._cells, self._hour(), _RESTART)
                self._unsigned = True

        self._work(start)

    def soon(self, why: int) -> None:
        """A line is due at the end of this tick, before anything else leaves."""
        if self._due == _NOTHING:
            self._due = why

    def settled(self) -> bool:
        """Whether the region can be dumped, signed to its end. The first to ask brings about a line and a checkpoint."""
        whole = self._whole
        self._whole = False
        if not whole and not self._asked:
            self._asked = True
            self.soon(EXPORT)
        return whole

    def on_time(self, now: int) -> None:
        core = self._core
        if not core.grants.bound:
            return
        late = ticks.diff(now, self._at) >= _LINE_MS
        why = self._due
        if why == _NOTHING and (late or self._cells.filling() or core.restart):
            why = MINUTE
        if why != _NOTHING:
            self._due = _NOTHING
            self._at = now  # a try that fails is repeated in a minute
            self._minutes += late
            if self._cells.used:
                self._unsigned = True
                self._work(lambda book: book.enter(self._cells, self._hour(), why))
        if (self._asked or (self._unsigned and self._minutes >= _LINES)) and not core.notary.busy():
            self._sign()

    def erase(self, purposes: int) -> bool:
        """What these purposes counted goes. False when flash failed: the next start goes on, if it took the order at all."""
        self._unsigned = True
        return self._work(lambda book: book.erase(purposes, self._cells, self._hour()))

    def _sign(self) -> None:
        """Asks the notary for a checkpoint. It gives way to whatever is asked there, and is asked for again then."""
        core = self._core
        key = core.ports.secrets.get("device_key")
        if key is not None and self._work(self._turn):
            core.notary.author = self.signed
            core.notary.ask = (_ED25519, key[:_SEED], b"", b"EGRESS-SIGN1" + self._page)

    def _turn(self, book: "Any") -> None:
        self._page = book.page(self._hour())

    def signed(self, signature: bytes, now: int) -> None:
        """The notary's answer. It is worth nothing if a line was written meanwhile."""

        def close(book: "Any") -> None:
            if book.sign(self._page, signature):
                self._whole = self._asked
                self._unsigned = self._asked = False
                self._minutes = 0

        self._work(close)

    def deadline(self) -> int:
        """The tick of the next line, -1 when there is nothing to write or sign."""
        return ticks.add(self._at, _LINE_MS) if self._cells.used or self._unsigned else -1
