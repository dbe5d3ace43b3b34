"""The GNSS receiver's power and bytes. Its room (tracker.py, the parser) is in memory only while a purpose needs positions.

Valve 1 (I4): without a lease the receiver has no power, and what still comes from it is dropped unparsed. While the owner is
heard the room steps out, so that a small heap holds one of the two; that costs at most the fix being received.
"""

from array import array

from micropython import const

from ..base import journal as j
from ..privacy import purposes as p

_LOCATION = (1 << p.LOCATION_REPORT) | (1 << p.LOCATION_ALARM)
ROW = 3  # latitude, longitude and tick of the last report
_NEVER = const(-1)
_SWITCH = const(1)
_CLEAR = const(2)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Uart

    from ..core import Core
    from .tracker import Tracker


class Receiver:
    def __init__(self, core: "Core") -> None:
        self._core = core
        self._uart = core.ports.gnss
        self._power = core.ports.gnss_power
        self._buf = bytearray(core.profile.uart_bytes)
        self._tracker: "Tracker | None" = None
        self.reported = array("i", (0, 0, _NEVER, 0, 0, _NEVER))  # of location_report, then of location_alarm
        self.alarmed = False  # a raised alarm wants positions
        self.on = False
        self._owed = 0  # what the part has not obeyed yet: _SWITCH, _CLEAR
        self._failed = False

    def on_time(self, now: int) -> None:
        """A receiver that fails (unplugged, say) costs its own fixes and nothing else; it is tried again in every tick."""
        if self._uart is not None and self.lease(now):
            try:
                self._listen(self._uart, now)
                self._failed = False
            except OSError:
                self._fail(now)

    def _fail(self, now: int) -> None:
        if not self._failed:
            self._core.journal.note(now, j.FAULT, j.RECEIVER)
        self._failed = True

    def _listen(self, uart: "Uart", now: int) -> None:
        buf = self._buf
        n = uart.readinto(buf)
        while n:
            if self.on:
                tracker = self._tracker
                if tracker is None:
                    tracker = self._tracker = self._core.load_tracker(self.reported)
                tracker.feed(buf, n, now)
            else:
                self._wipe()  # a part without a switch goes on talking: not into our memory
            n = uart.readinto(buf)
        if self._tracker is not None:
            self._tracker.on_time(now)

    def lease(self, now: int, ended: int = 0) -> bool:
        """Gives the receiver power exactly while a purpose needs it; whether the part obeyed.

        `ended` is a mask of purposes that ended: if no other locates, the part forgets too (its last position, its almanac).
        """
        wanted = _LOCATION if self.alarmed else 1 << p.LOCATION_REPORT
        on = self._uart is not None and self._core.gate.lease(p.GNSS, wanted)
        if on != self.on:
            self.on = on
            self._owed |= _SWITCH
            self._core.journal.note(now, j.LEASES, p.GNSS if on else 0)
            if not on:
                self._forget()
        if ended & _LOCATION and not on:
            self._owed |= _CLEAR
        power = self._power
        if power is not None and self._owed:
            try:
                if self._owed & _SWITCH:
                    power.set(on)
                if self._owed & _CLEAR:
                    power.forget()
            except OSError:
                self._fail(now)
                return False
        self._owed = 0
        return True

    def step_out(self) -> None:
        """Frees the room's memory. The open fix is given out first."""
        tracker = self._tracker
        if tracker is not None:
            tracker.close()
            tracker.forget()  # what is dropped here lies in memory until something else takes its place
            self._tracker = None
            self._core.drop_tracker()

    def _forget(self) -> None:
        """The receiver is off: no position, half a sentence or byte of one stays in RAM."""
        self.withdrawn(_LOCATION)
        tracker = self._tracker
        if tracker is not None:
            tracker.forget()
            self._tracker = None
            self._core.drop_tracker()
        self._wipe()

    def _wipe(self) -> None:
        for k in range(len(self._buf)):
            self._buf[k] = 0

    def withdrawn(self, purposes: int) -> None:
        """Forgets what the reports of these purposes compared with."""
        for row in range(2):
            if purposes >> (p.LOCATION_ALARM if row else p.LOCATION_REPORT) & 1:
                self.reported[row * ROW] = self.reported[row * ROW + 1] = 0
                self.reported[row * ROW + 2] = _NEVER

    def deadline(self) -> int:
        return self._tracker.deadline() if self._tracker is not None else -1
