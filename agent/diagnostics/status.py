"""The status report: battery and lock, under purpose `status`, on change and every few minutes. Asset items only."""

from micropython import const

from ..base import ticks
from ..link import kinds
from ..privacy import grants as g
from ..privacy import purposes as p

_PERIOD_MS = const(300_000)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


class Status:
    def __init__(self, core: "Core") -> None:
        self._core = core
        self._battery = core.ports.battery
        self._gate = core.gate
        self._grants = core.grants
        self._outbox = core.outbox
        self._calendar = core.calendar
        self._at = -1  # tick of the last report
        self._soon = False

    def soon(self) -> None:
        """Something a status report shows has changed."""
        self._soon = True

    def on_time(self, now: int) -> None:
        if not self._gate.allows(p.STATUS):
            self._at = -1
            self._soon = False
            return
        if self._at >= 0:
            since = ticks.diff(now, self._at)
            if since // 1000 < self._grants.get(p.STATUS, g.INTERVAL) or not (self._soon or since >= _PERIOD_MS):
                return
        self._at = now
        self._soon = False
        self._report(now)

    def _report(self, now: int) -> None:
        slot = self._outbox.draft(kinds.STATUS, now)
        facts = slot.facts
        facts[0] = self._calendar.seconds
        battery = self._battery
        if battery is not None:
            battery.sample()
            if battery.percent >= 0:
                facts[1] = battery.percent
            if battery.millivolts >= 0:
                facts[2] = battery.millivolts
            facts[3] = 1 if battery.charging else 0
        facts[4] = 0 if self._core.guard is None else 1
        self._outbox.put(slot)

    def deadline(self) -> int:
        if self._at < 0:
            return -1
        wait = self._grants.get(p.STATUS, g.INTERVAL) * 1000
        return ticks.add(self._at, wait if self._soon else max(wait, _PERIOD_MS))
