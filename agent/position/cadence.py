"""Decides which fixes are worth a report. Movement is judged at the granted precision, so that cadence betrays no more than the
report itself (I10). Never looks at a finer position than the one it is given.
"""

from micropython import const

from ..base import ticks
from ..base.geo import distance_m

_STILL_MS = const(300_000)  # a heartbeat while nothing moves
_MOVED_M = const(25)  # a precise position has moved when it is this far from the last report


class Cadence:
    def __init__(self, least_ms: int = 10_000) -> None:
        self._least_ms = least_ms
        self.forget()

    def forget(self) -> None:
        """Drops the last position: after a withdrawal nothing of it may remain."""
        self._lat = 0
        self._lon = 0
        self._at = -1

    def due(self, lat_e6: int, lon_e6: int, interval_s: int, now: int) -> bool:
        """Whether to report this (already minimised) position. `interval_s` is the least the grant allows."""
        if self._at < 0:
            return True
        since = ticks.diff(now, self._at)
        if since < self._least_ms or since // 1000 < interval_s:
            return False
        return since >= _STILL_MS or distance_m(self._lat, self._lon, lat_e6, lon_e6) >= _MOVED_M

    def reported(self, lat_e6: int, lon_e6: int, now: int) -> None:
        self._lat = lat_e6
        self._lon = lon_e6
        self._at = now
