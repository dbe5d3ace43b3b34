"""What is granted now: one row of integers per purpose. Answers questions; never reads a record or a clock.

Refuses by default: an untouched row is a purpose nobody was asked about. While the device is lent, what concerns a person is
the rider's to grant: these rows say nothing of it then, and the rider's own are asked (I11, ADR 10).
"""

from array import array

from micropython import const

from ..base import ticks
from . import purposes as p
from . import table as t

# DPV consent states (W3C DPV 2.3, "Consent Status"), as the numbers that travel in records.
UNKNOWN = 0
GIVEN = 1
REFUSED = 2
WITHDRAWN = 3
REVOKED = 4
RENEWED = 7

# Columns of a row.
STATE = 0
SINCE = 1  # seconds at which the state was set, 0 never
UNTIL = 2  # seconds, exclusive
INTERVAL = 3  # least seconds between two reports
PRECISION = 4
RETENTION = 5  # seconds
RECIPIENTS = 6
PIN = 7  # 0, or the sequence number of a withdrawal that came early and holds until a later grant
KEPT = 8  # the columns before this one survive a restart
SUSPENDED = 8  # 0, or the number of a withdrawal whose signature is being checked
COLUMNS = 9

_HOUR_S = const(3_600)  # lend.py
RIDER = 1  # the other subject (outbox rows, receipts); the owner is 0, as among recipients

SWITCHES = 0x7F  # every permission switch (table.py): a purpose lives only while all that it needs are on

_REASONS = bytes((p.NEVER_ASKED, p.GRANTED, p.REFUSED, p.WITHDRAWN, p.WITHDRAWN, p.EXPIRED, p.WITHDRAWN, p.GRANTED))


def bits(mask: int) -> int:
    """How many purposes a mask names."""
    count = 0
    while mask:
        count += mask & 1
        mask >>= 1
    return count


def personal(purpose: int) -> bool:
    """Whether its items are a person's, who granted it: of `control`, they are what the owner decided."""
    return bool(p.PERSONAL >> purpose & 1)


class Grants:
    """The owner's, who is asked whether anything is granted; and as `Rider`, rows and chain of whoever rides."""

    def __init__(self) -> None:
        self._rows = array("i", bytes(4 * COLUMNS * t.ROWS))  # row 0 stays zero
        self.bound = False
        self.leaving = False  # erased as a whole: `control` says goodbye
        self.damaged = False
        self.seq = 0  # of the last record applied
        self.head = bytearray(16)  # its hash, written in place: a new object would split the heap
        self.generation = 0  # stores of consent so far, presses included
        self.issued = -1  # newest `iat` accepted: a floor for trusted time
        self.switches = SWITCHES  # permissions that are on
        self.parts = p.GNSS | p.CAMERA  # sensors the board has
        self.keys = 0  # mask of the recipients whose sealing key the device has
        self.minor = False  # the guardian decides, and less can be granted
        self.region = b""  # in which data stays, from enrolment on; empty: nobody said
        self.rider: "Rider | None" = None  # while the device is lent

    def get(self, purpose: int, column: int) -> int:
        return self._rows[t.ROW[purpose] * COLUMNS + column]

    def put(self, purpose: int, column: int, value: int) -> None:
        """A purpose this build cannot grant has nothing to remember: it is off in any case."""
        if t.ROW[purpose]:
            self._rows[t.ROW[purpose] * COLUMNS + column] = value

    def _asked(self, purpose: int) -> "Grants":
        """Whose rows speak for this purpose now."""
        return self.rider if self.rider is not None and personal(purpose) else self

    def term(self, purpose: int, column: int) -> int:
        """What applies now, whoever granted it."""
        return self._asked(purpose).get(purpose, column)

    def subject(self, purpose: int) -> int:
        """Whom the items of this purpose concern now: OWNER or RIDER."""
        return p.OWNER if self._asked(purpose) is self else RIDER

    def since(self, purpose: int) -> int:
        """When it came to what it is now: of a rider's, when the device was lent, whatever the rider said since."""
        rider = self.rider
        return rider.begun if rider is not None and personal(purpose) else self.get(purpose, SINCE)

    def refusal(self, purpose: int, recipient: int, seconds: int) -> int:
        """GRANTED, or why `purpose` is not granted towards `recipient`. `seconds` is trusted time, -1 when unknown."""
        if not self.bound and not (self.leaving and purpose == p.CONTROL):
            return p.UNBOUND
        if not p.ACTIVE >> purpose & 1:
            return p.INACTIVE
        sensor = t.fact(purpose, t.SENSOR)
        if sensor & ~self.parts:
            return p.NO_PART
        if purpose == p.CONTROL:  # it speaks with the owner alone
            return p.GRANTED if recipient == p.OWNER else p.WRONG_RECIPIENT
        if self.damaged:
            return p.DAMAGED
        rider = self.rider
        if rider is None or not personal(purpose):
            return self._refusal(self._rows, purpose, recipient, seconds)
        if rider.timed and self._refusal(rider._rows, purpose, recipient, seconds) == p.GRANTED:
            return p.GRANTED
        return p.LENT

    def _refusal(self, rows: "array[int]", purpose: int, recipient: int, seconds: int) -> int:
        """What these rows say under the owner's switches."""
        row = t.ROW[purpose] * COLUMNS
        if rows[row + PIN] or rows[row + SUSPENDED]:
            return p.WITHDRAWN
        reason = _REASONS[rows[row + STATE]]
        if reason != p.GRANTED:
            return reason
        if not rows[row + RECIPIENTS] >> recipient & 1:
            return p.WRONG_RECIPIENT
        if t.fact(purpose, t.SWITCHES) & ~self.switches:
            return p.SWITCHED_OFF
        if not self.keys >> recipient & 1 and self.sealed(purpose):
            return p.NO_KEY
        if seconds < 0:
            return p.TIME_UNKNOWN
        return p.EXPIRED if seconds >= rows[row + UNTIL] else p.GRANTED

    def sealed(self, purpose: int) -> bool:
        """Whether it leaves only under its recipient's key: a person's items, unless the grant lets the platform read them."""
        return personal(purpose) and not self.term(purpose, RECIPIENTS) >> p.PROVIDER & 1

    def sealed_of(self, live: int) -> int:
        """Those of the purposes `live` that leave only sealed."""
        mask = 0
        for purpose in range(p.COUNT):
            if live >> purpose & 1 and self.sealed(purpose):
                mask |= 1 << purpose
        return mask

    def outlived(self, purpose: int, captured: int, now: int) -> bool:
        """Whether what was captured at tick `captured` is older than the grant's retention (policy clause 3).

        `control` has no grant and no person in it. An age that reads as negative is one past 6.2 days, where ticks wrap: nothing
        is kept so long.
        """
        if purpose == p.CONTROL:
            return False
        return not 0 <= ticks.diff(now, captured) // 1000 < self.term(purpose, RETENTION)

    def masked(self, switches: int) -> int:
        """Mask of the purposes that need one of these switches."""
        mask = 0
        for purpose in range(p.COUNT):
            if t.fact(purpose, t.SWITCHES) & switches:  # what nobody can grant needs none
                mask |= 1 << purpose
        return mask

    def live(self, seconds: int) -> int:
        """Mask of every purpose that is granted towards the owner at `seconds`."""
        mask = 0
        for purpose in range(p.COUNT):
            if self.refusal(purpose, p.OWNER, seconds) == p.GRANTED:
                mask |= 1 << purpose
        return mask

    def next_expiry(self, seconds: int) -> int:
        """Seconds until the first live grant ends, -1 when none will."""
        first = -1
        for purpose in range(1, p.COUNT):
            left = self.term(purpose, UNTIL) - seconds
            # Most rows are untouched or over: asked first, since this runs in every tick.
            if left > 0 and (first < 0 or left < first) and self.refusal(purpose, p.OWNER, seconds) == p.GRANTED:
                first = left
        return first


class Rider(Grants):
    """Made when the owner lends the device. It ends by the device's own ticks, or by the rider's signature.

    Not by the calendar: that hears the owner's records, and an owner who dates them ahead could end a lend, or let a rider's
    old grant live on after a restart.
    """

    def __init__(self, key: bytes, minor: bool, left: int, since: int, now: int) -> None:
        super().__init__()
        self.key = key  # COSE_Key
        self.minor = minor  # then it is the guardian's
        self.left = left  # seconds of the lend; 0 when it is over, and the owner's rows speak again in the next tick
        self.begun = since
        self.due = ticks.add(now, min(left, _HOUR_S) * 1000)  # tick at which it is counted down next (lend.py)
        self.timed = False  # whether this start heard a time from the rider, or was one when the lend began

    def close(self, now: int) -> None:
        """It is over: nothing of the rider's is granted any more."""
        self.left = 0
        self.due = now
        for k in range(len(self._rows)):
            self._rows[k] = 0
