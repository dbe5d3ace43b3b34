"""Trusted time: seconds since 2020-01-01 UTC, from sources that cannot be forged by the network, or -1.

A source is a signed record (its `iat` is a floor) or a valid GNSS date. Between them the ticks carry it on. It never goes
backwards, so no replayed source can revive a grant that has expired.
"""

from micropython import const

from . import ticks

_SECOND = const(1000)


class Calendar:
    def __init__(self, floor: int) -> None:
        self.floor = floor  # build time, later the newest record's or the last expiry: nothing earlier is believed
        self.mark = 0  # tick at which `seconds` was last whole
        self.seconds = -1

    def learn(self, seconds: int, now: int) -> None:
        """Takes a trusted instant. One before the floor or before what is known already is ignored."""
        if seconds > self.seconds and seconds >= self.floor:
            self.seconds = seconds
            self.mark = now

    def on_time(self, now: int) -> None:
        if self.seconds < 0:
            return
        passed = ticks.diff(now, self.mark) // _SECOND
        if passed > 0:
            self.seconds += passed
            self.mark = ticks.add(self.mark, passed * _SECOND)
