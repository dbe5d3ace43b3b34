"""GNSS bytes to location messages: parse, minimise, decide, store. Loaded while the receiver has a lease (receiver.py).

Refuses fixes without mode 2 or 3, and positions finer than the grant.
"""

from micropython import const

from ..link import kinds
from ..privacy import grants as g
from ..privacy import purposes as p
from ..privacy.minimise import place
from .cadence import Cadence
from .nmea import Nmea
from .receiver import ROW

_REPORT_MS = const(10_000)  # no more often than this, whatever the grant allows
_ALARM_MS = const(30_000)  # position of a stolen device

_TYPING = const(False)
if _TYPING:
    from array import array

    from ..core import Core
    from .fix import Fix


class Tracker:
    def __init__(self, core: "Core", reported: "array[int]") -> None:
        self._core = core
        self._gate = core.gate
        self._grants = core.grants
        self._outbox = core.outbox
        self._calendar = core.calendar
        self._nmea = Nmea(self.on_fix)
        self._report = Cadence(reported, 0, _REPORT_MS)
        self._alarm = Cadence(reported, ROW, _ALARM_MS)
        self._now = core.now

    def feed(self, buf: bytearray, n: int, now: int) -> None:
        self._now = now
        self._nmea.feed(buf, n, now)

    def on_time(self, now: int) -> None:
        self._now = now
        self._nmea.on_time(now)

    def close(self) -> None:
        self._nmea.close()

    def forget(self) -> None:
        self._nmea.forget()

    def deadline(self) -> int:
        return self._nmea.deadline()

    def on_fix(self, fix: "Fix") -> None:
        """One fix of the receiver, in the object that the parser reuses."""
        if fix.mode < 2:
            return
        if fix.time >= 0:
            self._calendar.learn(fix.time, self._now)
        self._offer(fix, p.LOCATION_REPORT, kinds.LOCATION, self._report)
        if self._core.receiver.alarmed:
            self._offer(fix, p.LOCATION_ALARM, kinds.ALARM_LOCATION, self._alarm)

    def _offer(self, fix: "Fix", purpose: int, kind: int, cadence: Cadence) -> None:
        if not self._gate.allows(purpose):
            return
        slot = self._outbox.draft(kind, self._now)
        facts = slot.facts
        place(fix, self._grants.term(purpose, g.PRECISION), facts)
        facts[0] = self._calendar.seconds
        if cadence.due(facts[1], facts[2], self._grants.term(purpose, g.INTERVAL), self._now):
            cadence.reported(facts[1], facts[2], self._now)
            self._outbox.put(slot)
