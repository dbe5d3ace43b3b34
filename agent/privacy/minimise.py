"""A fix cut to what the grant allows, before anything is stored. Coarse is the centre of a cell, so that jitter cannot leak.

Refuses to keep what only a precise grant covers: under a coarse one speed, track and altitude are absent.
"""

from micropython import const

from ..base.geo import cell_lat, cell_lon
from ..link.messages import NONE

PRECISE = 0
STREET = 1
DISTRICT = 2
METRES = (0, 100, 1000)  # cell size per precision code

_TYPING = const(False)
if _TYPING:
    from array import array

    from ..position.fix import Fix


def place(fix: "Fix", precision: int, facts: "array[int]") -> None:
    """Fills facts[1..6] (lat_e6, lon_e6, precision, speed_cms, track_cdeg, alt_dm) as `precision` allows."""
    facts[3] = precision
    if precision == PRECISE:
        facts[1] = fix.lat_e6
        facts[2] = fix.lon_e6
        facts[4] = fix.speed_cms if fix.speed_cms >= 0 else NONE
        facts[5] = fix.track_cdeg if fix.track_cdeg >= 0 else NONE
        facts[6] = fix.alt_dm
        return
    metres = METRES[precision]
    facts[1] = cell_lat(fix.lat_e6, metres)
    facts[2] = cell_lon(fix.lat_e6, fix.lon_e6, metres)
    facts[4] = facts[5] = facts[6] = NONE
