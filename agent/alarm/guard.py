"""Keeps the alarm: motion in; wake messages, BLE alarm advert and siren out. The alarm itself decides (alarm.py)."""

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..link import kinds
from ..privacy import purposes as p
from .alarm import MOTION, OFF, RAISED, Alarm

_SAFETY = const(0)  # severity class 0: motion while armed (provisioning.md §6.2)
# Advert interval by the age of the episode: Apple's QA1931 pattern, 20 ms for 30 s, then slower.
_FAST_MS = const(20)
_MEDIUM_MS = const(152)
_SLOW_MS = const(1022)
_FAST_UNTIL_MS = const(30_000)
_MEDIUM_UNTIL_MS = const(180_000)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


class Guard:
    """Loaded while the device is armed."""

    def __init__(self, core: "Core", episode: int) -> None:
        self._core = core
        self._indicator = core.ports.indicator
        self._gate = core.gate
        self._outbox = core.outbox
        self._calendar = core.calendar
        self._journal = core.journal
        self._interval = 0  # of the alarm advert on the air, 0 for none
        self._siren = False
        self._was = OFF
        self._since = 0
        self.alarm = Alarm(core.ports.entropy, p.WAKE_ABNORMAL, episode)

    def wants_position(self) -> bool:
        """A raised alarm wants the device's position, if that is granted to alarms."""
        return self.alarm.state >= RAISED

    def on_time(self, now: int) -> None:
        alarm = self.alarm
        alarm.on_time(now)
        if alarm.state != self._was:
            self._was = alarm.state
            self._since = now
            self._journal.note(now, j.ALARM, alarm.state)
        if alarm.wake:
            alarm.wake = False
            self._wake(now)
        self._advert(now)
        siren = alarm.siren(now)
        if siren != self._siren and self._indicator is not None:
            self._siren = siren
            self._indicator.buzzer(siren)

    def _wake(self, now: int) -> None:
        alarm = self.alarm
        if not self._gate.allows(p.WAKE_ABNORMAL):
            return
        slot = self._outbox.draft(kinds.WAKE, now)
        slot.facts[0] = alarm.episode
        slot.facts[1] = MOTION
        slot.facts[2] = _SAFETY
        slot.facts[3] = alarm.attempt
        slot.facts[4] = self._calendar.seconds
        self._outbox.put(slot)
        self._journal.note(now, j.WAKE, alarm.attempt)

    def _advert(self, now: int) -> None:
        """An advert whose mere presence wakes the owner's phone, while the alarm is unacknowledged."""
        interval = 0
        if self.alarm.state == RAISED and not self.alarm.throttled and self._gate.allows(p.WAKE_ABNORMAL):
            age = ticks.diff(now, self._since)
            interval = _FAST_MS if age < _FAST_UNTIL_MS else _MEDIUM_MS if age < _MEDIUM_UNTIL_MS else _SLOW_MS
        if interval == self._interval:
            return
        self._interval = interval
        if interval:
            self._gate.beacon(p.WAKE_ABNORMAL, self._core.advert(b"alarm"), b"", interval)
        else:
            self._gate.hush(p.WAKE_ABNORMAL)

    def deadline(self, now: int) -> int:
        at = self.alarm.deadline(now)
        if self._interval and self._interval != _SLOW_MS:
            until = _FAST_UNTIL_MS if self._interval == _FAST_MS else _MEDIUM_UNTIL_MS
            at = ticks.sooner(at, ticks.add(self._since, until), now)
        return at
