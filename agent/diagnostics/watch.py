"""Notices that something is wrong (policy 4.3): damaged consent, bursts of refusals, faults. All else is incidents.py's, loaded then.

Refuses to take for one what is spread over time: that is a bad radio.
"""

from micropython import const

from ..base import ticks

LIMIT = 16  # refusals within one window; one grave thing weighs as much
_WINDOW_MS = const(60_000)
_LOOK_MS = const(1_000)

_TYPING = const(False)
if _TYPING:
    from array import array

    from ..core import Core


class Watch:
    def __init__(self, core: "Core", now: int) -> None:
        self._core = core
        self._from = now  # tick at which the window began
        self.since = -1  # second of that, -1 unknown
        self._base = self.held = self.refused = 0  # what had happened until then
        self._looked = -1
        self.at = -1  # tick at which the room wants to be asked again, -1 when there is nothing to tell
        self.rows: "array[int] | None" = None  # what the room remembers, from the first incident on
        self.signed = b""  # the newest record

    def on_time(self, now: int) -> None:
        """Looks once a second. Call before the notary, when no other room is loaded."""
        core = self._core
        if not core.grants.bound or (self._looked >= 0 and ticks.diff(now, self._looked) < _LOOK_MS):
            return
        self._looked = now
        held = sum(core.gate.held)
        seen = held + core.refused + LIMIT * (core.journal.faults + core.grants.damaged)
        burst = seen - self._base >= LIMIT
        if burst or ticks.due(self.at, now):
            self._tell(now)
        if burst or ticks.diff(now, self._from) >= _WINDOW_MS:
            self._from = now
            self.since = core.calendar.seconds
            self._base = seen
            self.held = held
            self.refused = core.refused

    def _tell(self, now: int) -> None:
        """Apart from `on_time`: what a lambda shares with its function is allocated at every call of it."""
        core = self._core
        core.receiver.step_out()
        core.incidents(lambda room: room.tell(core, self, now))

    def issue(self, signature: bytes, now: int) -> None:
        """The record that the notary holds is signed."""
        core = self._core
        core.incidents(lambda room: room.issue(core, self, signature, now))
