"""A watchdog that really bites: the system's interval timer ends the process by SIGALRM, even one stuck in C code.

Whoever started the agent sees a death by signal and starts it again, as a board's reset would.
"""

import signal
from collections.abc import Callable


def bite_after(seconds: float) -> None:
    """Arms or rearms the timer. SIGALRM keeps its default action, which is to end the process."""
    signal.setitimer(signal.ITIMER_REAL, seconds)


class HostWatchdog:
    """`arm` is the timer: tests give their own, because this one would end the test."""

    def __init__(self, arm: Callable[[float], None] = bite_after) -> None:
        self._arm = arm
        self._timeout_s = 0.0

    def start(self, timeout_ms: int) -> None:
        """The first start counts: a watchdog that can be set again can be set to never."""
        if self._timeout_s == 0.0 and timeout_ms > 0:
            self._timeout_s = timeout_ms / 1000
            self._arm(self._timeout_s)

    def feed(self) -> None:
        if self._timeout_s > 0.0:
            self._arm(self._timeout_s)
