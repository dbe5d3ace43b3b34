"""What security.md §3 and decisions.md say about consent, as sets and dictionaries: the law against which the ledger is held.

Slow, obvious, and written without looking at agent/privacy/ledger.py. Deals in facts, not in bytes.
"""

import hashlib
from dataclasses import dataclass, field, replace

from agent.base import errors
from agent.privacy import purposes as p
from agent.privacy import table

GIVEN, RENEWED = 1, 7
YES = (GIVEN, RENEWED)
REASONS = {0: p.NEVER_ASKED, 1: 0, 2: p.REFUSED, 3: p.WITHDRAWN, 4: p.WITHDRAWN, 5: p.EXPIRED, 6: p.WITHDRAWN, 7: 0}
DAY = 86_400
FIVE_MINUTES = 300
HEAD0 = bytes(16)
ALL = 0x7F
NEEDS = {
    p.LOCATION_REPORT: table.LOCATION,
    p.LOCATION_ALARM: table.LOCATION,
    p.WAKE_ABNORMAL: table.NOTIFICATIONS,
    p.PHOTO: table.CAMERA,
}
"""The permission each purpose needs (policy 1.5), said once more: not read from the table that the device reads."""
PERSONAL = {p.LOCATION_REPORT, p.LOCATION_ALARM, p.PHOTO}
"""Purposes of which a person's items leave for the recipient's eyes alone (ADR 8), said once more, too."""


@dataclass(frozen=True)
class Line:
    purpose: int
    state: int
    interval: int = 0
    precision: int = 0
    recipients: int = 1
    retention: int = 3_600


@dataclass(frozen=True)
class Record:
    seq: int
    prev: bytes
    head: bytes
    lines: tuple[Line, ...]
    not_before: int
    issued: int
    until: int
    notice: int = table.VERSION
    switches: int = -1  # the permissions that are on from now on; -1 leaves them


@dataclass
class Model:
    seq: int = 0
    head: bytes = HEAD0
    damaged: bool = False
    rows: dict[int, tuple[Line, int]] = field(default_factory=dict[int, tuple[Line, int]])  # purpose → line, end
    pins: dict[int, int] = field(default_factory=dict[int, int])
    switches: int = ALL  # permissions that are on
    keys: int = 1 << p.OWNER  # recipients to whose key something can be sealed

    def take(self, record: Record, now: int) -> tuple[int, set[int]]:
        """(error code, purposes of which nothing older may leave any more)."""
        if self.damaged:
            return errors.FORKED, set()
        if record.seq <= self.seq:
            return errors.REPLAYED, set()
        if record.seq > self.seq + 1:
            return errors.GAP, self._pin(record)
        if record.prev != self.head:
            return errors.FORKED, self._pin(record)
        code = self._refusal(record, now)
        if code:
            return code, self._pin(record)
        ended: set[int] = set()
        for line in record.lines:
            if line.purpose not in grantable():
                continue
            before = self.rows.get(line.purpose, (nothing(line.purpose), 0))[0]
            narrower = line.precision > before.precision or line.interval > before.interval
            if line.state not in YES or narrower:
                ended.add(line.purpose)
            self.rows[line.purpose] = line, record.until
            if self.pins.get(line.purpose, 0) < record.seq:
                self.pins.pop(line.purpose, None)
        if record.switches >= 0:
            ended |= self.narrow(record.switches)
            self.switches = record.switches
        self.seq, self.head = record.seq, record.head
        return 0, ended

    def _refusal(self, record: Record, now: int) -> int:
        if record.notice != table.VERSION:
            return errors.UNKNOWN_NOTICE
        if not record.not_before <= record.issued < record.until:
            return errors.OUT_OF_RANGE
        if now >= 0:
            timely = record.not_before - FIVE_MINUTES <= now < record.until and abs(record.issued - now) <= DAY
            if not timely:
                return errors.UNTIMELY
        if any(line.state in YES and not asked(line) for line in record.lines):
            return errors.OUT_OF_RANGE
        return 0

    def _pin(self, record: Record) -> set[int]:
        """A no counts wherever it comes in the chain; it holds until a yes with a higher number."""
        ended = self._news(record)
        self.pins.update(dict.fromkeys(ended, record.seq))
        return ended

    def _news(self, record: Record) -> set[int]:
        """To what it says no, and no later record has."""
        said = {line.purpose for line in record.lines if line.state not in YES and line.purpose in grantable()}
        return {purpose for purpose in said if record.seq > self.pins.get(purpose, 0)}

    def haste(self, record: Record) -> set[int]:
        """Of what nothing may leave from the moment the record arrives, while its signature is still being checked."""
        return set() if self.damaged or record.seq <= self.seq else self._news(record)

    def narrow(self, switches: int) -> set[int]:
        """Permissions not in the mask are off; what needs one of them ended. Turned on by a signed record alone."""
        off = self.switches & ~switches
        self.switches &= switches
        return {purpose for purpose, needed in NEEDS.items() if needed & off}

    def press(self) -> None:
        """The button: everything off, and it takes a place in the chain, so that what was signed before fits no more."""
        if not self.damaged:
            self.seq += 1
            number = self.seq.to_bytes(4, "big")
            self.head = hashlib.sha256(b"PRESS1" + self.head + number).digest()[:16]
        for purpose in grantable():
            line, until = self.rows.get(purpose, (nothing(purpose), 0))
            self.rows[purpose] = replace(line, state=3), until

    def sealed(self, purpose: int) -> bool:
        """Whether it leaves for its recipient's eyes alone: unless the grant names the platform."""
        recipients = self.rows[purpose][0].recipients if purpose in self.rows else 0
        return purpose in PERSONAL and not recipients >> p.PROVIDER & 1

    def reason(self, purpose: int, now: int, recipient: int = p.OWNER) -> int:
        """0 when it is granted to `recipient` now, else why not."""
        if purpose == p.CONTROL:
            return p.GRANTED if recipient == p.OWNER else p.WRONG_RECIPIENT
        if purpose not in grantable():
            return p.INACTIVE
        if self.damaged:
            return p.DAMAGED
        if purpose in self.pins:
            return p.WITHDRAWN
        line, until = self.rows.get(purpose, (nothing(purpose), 0))
        if line.state not in YES:
            return REASONS[line.state]
        if not line.recipients >> recipient & 1:
            return p.WRONG_RECIPIENT
        if NEEDS.get(purpose, 0) & ~self.switches:
            return p.SWITCHED_OFF
        if self.sealed(purpose) and not self.keys >> recipient & 1:
            return p.NO_KEY
        if now < 0:
            return p.TIME_UNKNOWN
        return p.EXPIRED if now >= until else p.GRANTED

    def live(self, now: int) -> set[int]:
        return {purpose for purpose in range(p.COUNT) if self.reason(purpose, now) == p.GRANTED}


def nothing(purpose: int) -> Line:
    """The line of a purpose that nobody was asked about."""
    return Line(purpose, 0, recipients=0, retention=0)


def asked(line: Line) -> bool:
    """Whether the policy has this purpose, names everybody the line does, and keeps it as long and knows it as finely."""
    if line.purpose not in grantable():
        return False
    hours = table.fact(line.purpose, table.HOURS_HIGH) * 256 + table.fact(line.purpose, table.HOURS_LOW)
    return (
        not line.recipients & ~table.fact(line.purpose, table.TO)
        and line.retention <= hours * 3_600
        and line.precision >= table.fact(line.purpose, table.PRECISION)
    )


def grantable() -> set[int]:
    """The purposes of the first ride that need consent, by name and not by mask."""
    return {p.PRESENCE, p.STATUS, p.LOCATION_REPORT, p.LOCATION_ALARM, p.WAKE_ABNORMAL, p.PHOTO}
