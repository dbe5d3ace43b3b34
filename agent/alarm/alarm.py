"""Armed + motion → wake → acknowledge → clear. Says when to wake the owner's app; sends nothing and knows no position (I8).

Refuses noise: one episode wakes at most 8 times in 15 minutes, episodes at most 4 times an hour (policy clause 1.6.1: "not
that often"); past that the siren still works, the phone stays asleep and the episode is marked throttled.
"""

from array import array

from micropython import const

from ..base import ticks

OFF = 0
ARMED = 1
RAISED = 2  # waking
HEARD = 3  # acknowledged, or given up; cleared when it stays still

_ARM = const(0)  # events
_DISARM = const(1)
_MOVED = const(2)
_ACKED = const(3)
_GAVE_UP = const(4)
_STILL = const(5)

# (state, event) → state; 9 marks a pair that changes nothing.
_TABLE = (
    bytes((ARMED, OFF, 9, 9, 9, 9)),  # OFF
    bytes((9, OFF, RAISED, 9, 9, 9)),  # ARMED
    bytes((9, OFF, 9, HEARD, HEARD, 9)),  # RAISED
    bytes((9, OFF, 9, 9, 9, ARMED)),  # HEARD
)
_SAME = const(9)

MOTION = 0x21  # alarm code: moved while armed
_THRESHOLD_MG = const(150)  # a person leaning on the saddle stays below; lifting a wheel does not
_BACKOFF_S = bytes((5, 10, 20, 40, 80, 160))  # then 300 (provisioning.md §6.2)
_LAST_S = const(300)
_MAX_WAKES = const(8)
_GIVE_UP_MS = const(900_000)
_STILL_MS = const(60_000)
_HOUR_MS = const(3_600_000)
_PER_HOUR = const(4)
_SIREN_MS = const(180_000)  # a neighbourhood is not punished for a gust of wind

_TYPING = const(False)
if _TYPING:
    from hal.ports import Entropy


class Alarm:
    """`wake` is True in the tick in which a wake message is to be queued; the caller clears it."""

    def __init__(self, entropy: "Entropy", purpose: int, episode: int) -> None:
        """`episode` is the number of the last one in this boot."""
        self._entropy = entropy
        self._purpose = purpose
        self._draw = bytearray(1)
        self._starts = array("i", [-1] * _PER_HOUR)  # ticks of the last episodes that woke
        self.state = OFF
        self.episode = episode
        self.attempt = 0
        self.throttled = False
        self.wake = False
        self._began = -1
        self._moved = -1
        self._next = -1

    def arm(self, now: int) -> None:
        self._go(_ARM, now)

    def disarm(self, now: int) -> None:
        self._go(_DISARM, now)

    def on_motion(self, mg: int, now: int) -> None:
        if mg >= _THRESHOLD_MG and self.state != OFF:
            self._moved = now
            self._go(_MOVED, now)

    def acknowledge(self, episode: int, now: int) -> bool:
        """The owner has seen this episode. False when it is another one, or none is raised."""
        if episode != self.episode or self.state != RAISED:
            return False
        self._go(_ACKED, now)
        return True

    def on_time(self, now: int) -> None:
        for i in range(_PER_HOUR):
            if self._starts[i] >= 0 and ticks.diff(now, self._starts[i]) >= _HOUR_MS:
                self._starts[i] = -1  # here and not when it is needed: by then ticks may have wrapped
        if self.state == RAISED:
            if ticks.diff(now, self._began) >= _GIVE_UP_MS:
                self._go(_GAVE_UP, now)
            elif ticks.due(self._next, now):
                self._again(now)
        elif self.state == HEARD and ticks.diff(now, self._moved) >= _STILL_MS:
            self._go(_STILL, now)

    def deadline(self, now: int) -> int:
        if self.state == RAISED:
            at = ticks.sooner(self._next, ticks.add(self._began, _GIVE_UP_MS), now)
            siren = ticks.add(self._began, _SIREN_MS)
            return at if ticks.due(siren, now) else ticks.sooner(at, siren, now)
        if self.state == HEARD:
            return ticks.add(self._moved, _STILL_MS)
        return -1

    def siren(self, now: int) -> bool:
        return self.state == RAISED and ticks.diff(now, self._began) < _SIREN_MS

    def _go(self, event: int, now: int) -> None:
        state = _TABLE[self.state][event]
        if state == _SAME:
            return
        self.state = state
        self.wake = False
        self._next = -1
        if state == RAISED:
            self._raise(now)

    def _raise(self, now: int) -> None:
        self.episode += 1
        self.attempt = 0
        self._began = now
        self.throttled = not self._budget(now)
        if not self.throttled:
            self._again(now)

    def _budget(self, now: int) -> bool:
        """Takes one of this hour's wakes; False when they are spent."""
        for i in range(_PER_HOUR):
            if self._starts[i] < 0:
                self._starts[i] = now
                return True
        return False

    def _again(self, now: int) -> None:
        self.attempt += 1
        self.wake = True
        if self.attempt >= _MAX_WAKES:
            self._next = -1
            return
        step = _BACKOFF_S[self.attempt - 1] if self.attempt <= len(_BACKOFF_S) else _LAST_S
        self._entropy.fill(self._purpose, self._draw)
        jitter = step * 400 * (self._draw[0] - 128) // 256  # ±20 %, so that a fleet does not answer in step
        self._next = ticks.add(now, step * 1000 + jitter)
