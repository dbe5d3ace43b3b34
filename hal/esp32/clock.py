"""Ticks, and the chip's real-time clock: it survives a soft reset and deep sleep, and stands at 2000 after power-on."""

import time

from machine import RTC
from micropython import const

_MASK = const(0x3FFFFFFF)
_FROM_2000 = const(631_152_000)  # seconds from 2000-01-01, this port's epoch, to 2020-01-01


class Clock:
    def ticks(self) -> int:
        return time.ticks_ms() & _MASK

    def rtc(self) -> int:
        seconds = time.time() - _FROM_2000
        return seconds if seconds >= 0 else -1  # it still counts from 2000: nobody has set it

    def set_rtc(self, seconds: int) -> None:
        year, month, day, hour, minute, second, weekday, _ = time.gmtime(seconds + _FROM_2000)
        RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
