"""A GNSS receiver: its line and its power as one part. Sets it up whenever it comes alive, and makes it forget.

It is set up when its first byte arrives after power-on, because then it listens; so nobody has to wait. Forgetting needs
power: a receiver that is off is switched on without being listened to, told to forget, and switched off again.
Refuses to pass on a byte while it is off.
"""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from ..ports import Buffer, Dialect, Switch, Uart

_STEP_MS = const(100)  # between two looks whether it has woken up
_STEPS = const(20)  # a cold NEO-6M speaks within a second; then it is told anyway


class Doze:
    """A `Switch` for boards without a pin for it: the receiver is put to sleep, and woken by a byte."""

    def __init__(self, line: "Uart", dialect: "Dialect") -> None:
        self._line = line
        self._dialect = dialect

    def set(self, on: bool) -> None:
        message = self._dialect.WAKE if on else self._dialect.sleep()
        self._line.write(bytearray(message), len(message))


class Receiver:
    """Both `Uart` and `GnssPower`. `later(ms, call)` calls once after `ms`, from outside any poll."""

    def __init__(
        self,
        line: "Uart",
        switch: "Switch",
        dialect: "Dialect",
        later: "Callable[[int, Callable[[], None]], None]",
        rate: int = 9_600,
        economy: bool = False,
        settle_ms: int = 100,  # for 12 bytes at 9,600 baud, and for the reset they cause
    ) -> None:
        self._line = line
        self._switch = switch
        self._dialect = dialect
        self._later = later
        self._rate = rate
        self._economy = economy
        self._settle_ms = settle_ms
        self._wanted = False  # what the agent asked for
        self._powered = False
        self._told = False  # set up since power-on
        self._forgetting = False
        self._steps = 0
        self._scratch = bytearray(64)
        switch.set(False)

    # The line.

    def readinto(self, buf: "Buffer") -> int:
        if not self._wanted or self._forgetting:
            return 0
        n = self._line.readinto(buf)
        if n and not self._told:
            self._set_up()
        return n

    def write(self, buf: "Buffer", n: int) -> int:
        return self._line.write(buf, n) if self._wanted and not self._forgetting else 0

    def baud(self, rate: int) -> None:
        """Both ends: the receiver is told at the old speed."""
        self._tell(self._dialect.speed(rate))
        self._line.baud(rate)
        self._rate = rate

    # The power.

    def set(self, on: bool) -> None:
        self._wanted = on
        if not self._forgetting:
            self._power(on)

    def forget(self) -> None:
        if self._forgetting:
            return
        self._forgetting = True
        if self._powered:
            self._tell_to_forget()
        else:
            self._power(True)
            self._steps = 0
            self._later(_STEP_MS, self._look)

    def _look(self) -> None:
        self._steps += 1
        if self._drain() or self._steps >= _STEPS:
            self._tell_to_forget()
        else:
            self._later(_STEP_MS, self._look)

    def _tell_to_forget(self) -> None:
        self._tell(self._dialect.forget())
        self._later(self._settle_ms, self._forgot)

    def _forgot(self) -> None:
        self._drain()
        self._forgetting = False
        self._told = False  # it has restarted
        self._power(self._wanted)

    def _power(self, on: bool) -> None:
        if on != self._powered:
            self._powered = on
            self._told = False
            self._switch.set(on)
            if not on:
                self._drain()

    def _drain(self) -> bool:
        """Empties the line, and zeroes what was in it: it may be a position."""
        found = False
        while self._line.readinto(self._scratch):
            found = True
        for i in range(len(self._scratch)):
            self._scratch[i] = 0
        return found

    def _set_up(self) -> None:
        self._told = True
        self._tell(self._dialect.sentences())
        if self._economy:
            self._tell(self._dialect.economy(True))
        if self._rate != 9_600:
            self._tell(self._dialect.speed(self._rate))
            self._line.baud(self._rate)

    def _tell(self, message: bytes) -> None:
        """A line with too little room loses the message: the receiver then talks more than we need, nothing else."""
        self._line.write(bytearray(message), len(message))
