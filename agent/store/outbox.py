"""Messages waiting for the broker: fixed rows of integers, consumed only when acknowledged. Allocates nothing after start.

A row carries purpose, subject, recipient and epoch, so that a withdrawal or a new owner can find it. It holds facts, not
text: the message is written when it is released. Refuses growth: a kind past its quota loses its own oldest row, and in a
full store the least urgent kind loses its oldest to a more urgent one, so that no backlog keeps an alarm out. Counted.
"""

from array import array

from micropython import const

from ..link import kinds
from ..link.messages import NONE
from ..privacy import purposes as p

FACTS = 7

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from ..privacy.grants import Grants

_FREE = const(0)  # states of a row
_WAITING = const(1)
_SENT = const(2)  # handed to the link, not yet acknowledged

_STATE = const(0)  # first, as `look` reads it
_KIND = const(1)
_PURPOSE = const(2)
_SUBJECT = const(3)
_RECIPIENT = const(4)
_EPOCH = const(5)
_ORDER = const(6)
_SEQ = const(7)
_ID = const(8)
_CAPTURED = const(9)
_FACT = const(10)
_WIDTH = const(17)
_MAX_ID = const(65_535)


def _ignore(purpose: int, recipient: int, kind: int, why: int) -> None:
    """Nobody counts."""


class Slot:
    """A view of one row, reused: load it, read its attributes. `facts` holds the kind's numbers."""

    def __init__(self) -> None:
        self.index = -1
        self.kind = 0
        self.purpose = 0
        self.subject = 0
        self.recipient = 0
        self.epoch = 0
        self.captured = 0  # tick
        self.seq = -1  # the purpose's release number, -1 until first released
        self.id = 0  # message id, 0 until first released
        self.facts = array("i", bytes(4 * FACTS))


class Outbox:
    def __init__(self, rows: int, epoch: int) -> None:
        self._rows = array("i", bytes(4 * _WIDTH * rows))
        self._count = rows
        self._epoch = epoch
        self._draft = Slot()
        self._view = Slot()
        self._order = 0
        self._next_id = 1
        self.dropped = array("i", bytes(4 * p.COUNT))  # per purpose: rows lost to a full store
        self.waiting = 0
        # Hears of waiting messages that will never leave: purpose, recipient, kind, and why unless their consent says so.
        self.on_lost: "Callable[[int, int, int, int], object]" = _ignore
        self.ridden = 0  # mask of the purposes whose items are a rider's now

    def spare(self) -> Slot:
        """The view for whoever empties the store. It forgets with it."""
        return self._view

    def draft(self, kind: int, now: int) -> Slot:
        """An empty message of `kind` to the owner, from whoever rides, captured now: fill its facts, then `put` it. Reused."""
        slot = self._draft
        slot.kind = kind
        slot.purpose = kinds.PURPOSE[kind]
        slot.subject = self.ridden >> slot.purpose & 1
        slot.recipient = p.OWNER
        slot.epoch = self._epoch
        slot.captured = now
        for k in range(FACTS):
            slot.facts[k] = NONE
        return slot

    def put(self, slot: Slot) -> bool:
        """Stores the draft. False when it found no room, which is counted; a piece of one whole is tried again, so not lost."""
        at = self._place(slot.kind)
        if at < 0:
            if not kinds.WHOLE >> slot.kind & 1:
                self.dropped[slot.purpose] += 1
            return False
        rows = self._rows
        rows[at + _STATE] = _WAITING
        rows[at + _KIND] = slot.kind
        rows[at + _PURPOSE] = slot.purpose
        rows[at + _SUBJECT] = slot.subject
        rows[at + _RECIPIENT] = slot.recipient
        rows[at + _EPOCH] = slot.epoch
        rows[at + _ORDER] = self._order
        rows[at + _SEQ] = -1
        rows[at + _ID] = 0
        rows[at + _CAPTURED] = slot.captured
        for k in range(FACTS):
            rows[at + _FACT + k] = slot.facts[k]
        self._order = 0 if self._order == 0x3FFFFFFF else self._order + 1
        self.waiting += 1
        return True

    def _place(self, kind: int) -> int:
        """Offset of the row to use, -1 when there is none: a free one, else the oldest of the least urgent kind behind `kind`
        (but no piece of one whole), else the oldest waiting row of `kind`; that at once when its quota is spent."""
        rows = self._rows
        free = victim = oldest = -1
        held = 0
        for i in range(self._count):
            at = i * _WIDTH
            other = rows[at + _KIND]
            if rows[at + _STATE] == _FREE:
                free = at
            elif rows[at + _STATE] == _WAITING:  # what the link has in hand is no longer this store's to count
                if other == kind:
                    held += 1
                    if oldest < 0 or rows[at + _ORDER] < rows[oldest + _ORDER]:
                        oldest = at
                elif other > kind and not kinds.WHOLE >> other & 1:
                    if (
                        victim < 0
                        or other > rows[victim + _KIND]
                        or (other == rows[victim + _KIND] and rows[at + _ORDER] < rows[victim + _ORDER])
                    ):
                        victim = at
        if held < kinds.QUOTA[kind]:
            if free >= 0:
                return free
            if victim >= 0:
                oldest = victim
        if oldest >= 0:
            self.dropped[rows[oldest + _PURPOSE]] += 1
            self.waiting -= 1
        return oldest

    def pick(self, slot: Slot, keyless: int = 0) -> bool:
        """Loads the next message to release: lowest kind first, oldest within a kind; none of the purposes `keyless`, which wait
        for their key. False when nothing is left."""
        rows = self._rows
        best = -1
        for i in range(self._count):
            at = i * _WIDTH
            if rows[at + _STATE] != _WAITING or keyless >> rows[at + _PURPOSE] & 1:
                continue
            if (
                best < 0
                or rows[at + _KIND] < rows[best + _KIND]
                or (rows[at + _KIND] == rows[best + _KIND] and rows[at + _ORDER] < rows[best + _ORDER])
            ):
                best = at
        if best < 0:
            return False
        self._load(best, slot)
        return True

    def look(self, row: int, slot: Slot) -> int:
        """Loads row number `row`; 0 when it is free, 1 waiting, 2 in the link's hands."""
        self._load(row * _WIDTH, slot)
        return self._rows[row * _WIDTH]

    def _load(self, at: int, slot: Slot) -> None:
        rows = self._rows
        slot.index = at
        slot.kind = rows[at + _KIND]
        slot.purpose = rows[at + _PURPOSE]
        slot.subject = rows[at + _SUBJECT]
        slot.recipient = rows[at + _RECIPIENT]
        slot.epoch = rows[at + _EPOCH]
        slot.seq = rows[at + _SEQ]
        slot.id = rows[at + _ID]
        slot.captured = rows[at + _CAPTURED]
        for k in range(FACTS):
            slot.facts[k] = rows[at + _FACT + k]

    def name(self, slot: Slot) -> None:
        """Gives a row its message id at its first release; a repeat keeps it, so that a receiver can drop doubles."""
        if slot.id == 0:
            slot.id = self._next_id
            self._rows[slot.index + _ID] = slot.id
            self._next_id = 1 if self._next_id == _MAX_ID else self._next_id + 1

    def sent(self, slot: Slot) -> None:
        self._rows[slot.index + _STATE] = _SENT
        self._rows[slot.index + _SEQ] = slot.seq
        self.waiting -= 1

    def done(self, message_id: int) -> None:
        """The link has delivered this message: the row is free. An id that is not ours any more is ignored."""
        for i in range(self._count):
            at = i * _WIDTH
            if self._rows[at + _STATE] == _SENT and self._rows[at + _ID] == message_id:
                self._wipe(at)

    def again(self) -> None:
        """The link is gone: what was handed to it waits once more, with the same id and number."""
        for i in range(self._count):
            at = i * _WIDTH
            if self._rows[at + _STATE] == _SENT:
                self._rows[at + _STATE] = _WAITING
                self.waiting += 1

    def refuse(self, slot: Slot) -> None:
        """The gate said no: the row is erased, never sent."""
        self._wipe(slot.index)
        self.waiting -= 1

    def erase(self, purposes: int) -> bool:
        """Erases every row of these purposes, and what the views still show. True when one was in the link's hands."""
        for k in range(FACTS):
            self._draft.facts[k] = self._view.facts[k] = 0
        in_hand = False
        for i in range(self._count):
            at = i * _WIDTH
            state = self._rows[at + _STATE]
            if state != _FREE and purposes >> self._rows[at + _PURPOSE] & 1:
                if state == _SENT:
                    in_hand = True
                else:
                    self.waiting -= 1
                    self._lose(at, p.WITHDRAWN)
                self._wipe(at)
        return in_hand

    def expire(self, grants: "Grants", now: int) -> None:
        """Erases waiting rows that outlived their purpose's grant (retention, policy clause 3)."""
        rows = self._rows
        for i in range(self._count):
            at = i * _WIDTH
            if rows[at + _STATE] == _WAITING and grants.outlived(rows[at + _PURPOSE], rows[at + _CAPTURED], now):
                self._lose(at, p.EXPIRED)
                self._wipe(at)
                self.waiting -= 1

    def holds(self, kind: int) -> bool:
        """Whether a message of this kind is stored, waiting or in hand."""
        for i in range(self._count):
            at = i * _WIDTH
            if self._rows[at + _STATE] != _FREE and self._rows[at + _KIND] == kind:
                return True
        return False

    def _lose(self, at: int, why: int) -> None:
        rows = self._rows
        self.on_lost(rows[at + _PURPOSE], rows[at + _RECIPIENT], rows[at + _KIND], why)

    def _wipe(self, at: int) -> None:
        for k in range(_WIDTH):
            self._rows[at + k] = 0
