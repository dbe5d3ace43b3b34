"""Ticks and seconds on any MicroPython. The real-time clock is the system's; setting it keeps the difference in RAM."""

import time

from micropython import const

_MASK = const(0x3FFFFFFF)
_FROM_2000 = const(631_152_000)  # seconds from 2000-01-01 to 2020-01-01
_FROM_1970 = 1_577_836_800  # above 2**30, so no const: it would be a big integer in every comparison


def seconds_before_2020() -> int:
    """From the port's own epoch (2000 on an ESP32, 1970 on a computer) to ours."""
    return _FROM_1970 if time.gmtime(0)[0] == 1970 else _FROM_2000


class Clock:
    def __init__(self) -> None:
        self._zero = seconds_before_2020()

    def ticks(self) -> int:
        return time.ticks_ms() & _MASK

    def rtc(self) -> int:
        seconds = int(time.time()) - self._zero
        return seconds if seconds >= 0 else -1

    def set_rtc(self, seconds: int) -> None:
        self._zero = int(time.time()) - seconds
