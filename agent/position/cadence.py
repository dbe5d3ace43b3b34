"""Decides which fixes are worth a report. Movement is judged at the granted precision, so that cadence betrays no more than the
report itself (I10). Never looks at a finer position than the one it is given.
"""

from micropython import const

from ..base import ticks
from ..base.geo import distance_m

_STILL_MS = const(300_000)  # a heartbeat while nothing moves
_MOVED_M = const(25)  # a position has moved when it is this far from the last report

_TYPING = const(False)
if _TYPING:
    from array import array


class Cadence:
    """Works on three numbers that outlive it: latitude, longitude and tick of the last report, -1 for none."""

    def __init__(self, last: "array[int]", at: int, least_ms: int) -> None:
        self._last = last
        self._at = at
        self._least_ms = least_ms

    def due(self, lat_e6: int, lon_e6: int, interval_s: int, now: int) -> bool:
        """Whether to report this (already minimised) position. `interval_s` is the least the grant allows."""
        last = self._last
        at = self._at
        if last[at + 2] < 0:
            return True
        since = ticks.diff(now, last[at + 2])
        if since < 0:
            return True  # more than 6.2 days ago: past the half of the ticks' circle an age reads as negative
        if since < self._least_ms or since // 1000 < interval_s:
            return False
        return since >= _STILL_MS or distance_m(last[at], last[at + 1], lat_e6, lon_e6) >= _MOVED_M

    def reported(self, lat_e6: int, lon_e6: int, now: int) -> None:
        self._last[self._at] = lat_e6
        self._last[self._at + 1] = lon_e6
        self._last[self._at + 2] = now
