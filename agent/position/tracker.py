"""GNSS bytes to location messages: parse, minimise, decide, store. Collects nothing without a lease (valve 1).

Refuses: bytes while no purpose needs the receiver (dropped unparsed), fixes without mode 2 or 3.
"""

from micropython import const

from ..base import journal as j
from ..link import kinds
from ..privacy import grants as g
from ..privacy import purposes as p
from ..privacy.minimise import place
from .cadence import Cadence
from .nmea import Nmea

_ALARM_MS = const(30_000)  # position of a stolen device
_LOCATION = (1 << p.LOCATION_REPORT) | (1 << p.LOCATION_ALARM)

_TYPING = const(False)
if _TYPING:
    from ..core import Core
    from .nmea import Fix


class Tracker:
    def __init__(self, core: "Core") -> None:
        self._uart = core.ports.gnss
        self._power = core.ports.gnss_power
        self._gate = core.gate
        self._grants = core.grants
        self._outbox = core.outbox
        self._calendar = core.calendar
        self._journal = core.journal
        self._buf = bytearray(core.profile.uart_bytes)
        self._nmea = Nmea(self.on_fix)
        self._report = Cadence()
        self._alarm = Cadence(_ALARM_MS)
        self._now = 0
        self.alarmed = False  # set by the alarm's keeper: a raised alarm wants positions
        self.on = False

    def on_time(self, now: int) -> None:
        self._now = now
        self.lease(now)
        uart = self._uart
        if uart is None:
            return
        n = uart.readinto(self._buf)
        while n:
            if self.on:
                self._nmea.feed(self._buf, n, now)
            n = uart.readinto(self._buf)
        if self.on:
            self._nmea.on_time(now)

    def lease(self, now: int) -> None:
        """Gives the receiver power exactly while a purpose needs it."""
        wanted = _LOCATION if self.alarmed else 1 << p.LOCATION_REPORT
        on = self._uart is not None and self._gate.lease(p.GNSS, wanted)
        if on == self.on:
            return
        self.on = on
        self._journal.note(now, j.LEASES, p.GNSS if on else 0)
        if self._power is not None:
            self._power.set(on)
        if not on:
            self._forget()

    def _forget(self) -> None:
        """The receiver is off: no position, half a sentence or byte of one stays in RAM."""
        self._nmea.forget()
        self._report.forget()
        self._alarm.forget()
        for k in range(len(self._buf)):
            self._buf[k] = 0

    def withdrawn(self, purposes: int, now: int) -> None:
        """These purposes ended: forget what their reports compared with, and the receiver's memory when none is left."""
        if purposes >> p.LOCATION_REPORT & 1:
            self._report.forget()
        if purposes >> p.LOCATION_ALARM & 1:
            self._alarm.forget()
        was = self.on
        self.lease(now)
        if was and not self.on and self._power is not None:
            self._power.forget()

    def on_fix(self, fix: "Fix") -> None:
        """One fix of the receiver, in the object that the parser reuses."""
        if fix.mode < 2:
            return
        if fix.time >= 0:
            self._calendar.learn(fix.time, self._now)
        self._offer(fix, p.LOCATION_REPORT, kinds.LOCATION, self._report)
        if self.alarmed:
            self._offer(fix, p.LOCATION_ALARM, kinds.ALARM_LOCATION, self._alarm)

    def _offer(self, fix: "Fix", purpose: int, kind: int, cadence: Cadence) -> None:
        if not self._gate.allows(purpose):
            return
        slot = self._outbox.draft(kind, self._now)
        facts = slot.facts
        place(fix, self._grants.get(purpose, g.PRECISION), facts)
        facts[0] = self._calendar.seconds
        if cadence.due(facts[1], facts[2], self._grants.get(purpose, g.INTERVAL), self._now):
            cadence.reported(facts[1], facts[2], self._now)
            self._outbox.put(slot)

    def deadline(self, now: int) -> int:
        return self._nmea.deadline() if self.on else -1
