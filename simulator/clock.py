"""Virtual time: milliseconds since a scenario began, and what the device's ticks and the calendar say then.

Holds no wall clock and never moves by itself: the engine sets `t`.
"""

from datetime import UTC, datetime, timedelta

WRAP = 1 << 30  # ticks of the device, as MicroPython's ticks_ms on 32 bits
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)  # the device counts seconds from here
LATEST = (1 << 30) - 1  # seconds: the last instant a record may name, in 2054


class Clock:
    """`start_s` is the calendar second at t = 0, `ticks` the device's counter then."""

    def __init__(self, start_s: int, ticks: int = 1000) -> None:
        if not 0 <= start_s <= LATEST:
            raise ValueError(f"a scenario starts between 2020 and 2054, not at second {start_s}")
        if not 0 <= ticks < WRAP:
            raise ValueError(f"ticks lie in 0..{WRAP - 1}, not {ticks}")
        self.start_s = start_s
        self.start_ticks = ticks
        self.t = 0

    def ticks(self) -> int:
        return (self.start_ticks + self.t) % WRAP

    def seconds(self) -> int:
        """Seconds since 2020-01-01 UTC."""
        return self.start_s + self.t // 1000

    def date(self) -> datetime:
        return self.date_at(self.t)

    def date_at(self, t: int) -> datetime:
        """The calendar at `t` milliseconds."""
        return EPOCH + timedelta(seconds=self.start_s, milliseconds=t)


def seconds_of(when: datetime) -> int:
    """Seconds since 2020 of an instant that knows its zone."""
    return (when - EPOCH) // timedelta(seconds=1)


def date_of(seconds: int) -> str:
    """Seconds since 2020 as a date and a time of day, UTC."""
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%d %H:%M:%S}"


def stamp(t: int) -> str:
    """`t` milliseconds as h:mm:ss.mmm."""
    return f"{t // 3_600_000}:{t // 60_000 % 60:02}:{t // 1000 % 60:02}.{t % 1000:03}"
