"""The laptop's monotonic clock as ticks, and its wall clock as device seconds. Never sets the laptop's own clock."""

import time
from collections.abc import Callable

from .ticks import WRAP

EPOCH = 1_577_836_800  # 2020-01-01 in Unix seconds
_LAST = (1 << 30) - 1  # hal.ports law 4; reached in 2054


class HostClock:
    """`monotonic_ns` and `wall_s` are the sources: time is an argument, also here."""

    def __init__(
        self, monotonic_ns: Callable[[], int] = time.monotonic_ns, wall_s: Callable[[], float] = time.time
    ) -> None:
        self._monotonic_ns = monotonic_ns
        self._wall_s = wall_s
        self._shift = 0  # what set_rtc found the wall clock to be wrong by

    def ticks(self) -> int:
        return self._monotonic_ns() // 1_000_000 % WRAP

    def rtc(self) -> int:
        """Seconds since 2020, or -1 while the laptop believes in a time before 2020 or after 2054."""
        seconds = int(self._wall_s()) - EPOCH + self._shift
        return seconds if 0 <= seconds <= _LAST else -1

    def set_rtc(self, seconds: int) -> None:
        """Corrects this process's view only."""
        self._shift = seconds - (int(self._wall_s()) - EPOCH)
