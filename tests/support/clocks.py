"""A clock that a test moves by hand."""

WRAP = 1 << 30


class HandClock:
    """hal.ports.Clock, started a second before ticks wrap."""

    def __init__(self, now: int = WRAP - 1_000) -> None:
        self.now = now

    def ticks(self) -> int:
        return self.now

    def rtc(self) -> int:
        return -1

    def set_rtc(self, seconds: int) -> None:
        pass  # nothing here has a date

    def advance(self, ms: int) -> None:
        self.now = (self.now + ms) % WRAP
