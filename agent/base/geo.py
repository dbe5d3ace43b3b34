"""Distances and coarse cells in integer microdegrees and metres. Refuses a cell width outside its range.

Every product stays below 2**30. The cosine is a table with a row every two degrees, read along straight lines between
rows; these lie below the curve, so that a cell is never narrower than promised.

Worst cases: a distance up to REACH_M is within 0.2 % and 1 m of the great circle's (sphere of 6,371,009 m) up to 84° of
latitude, within 1 % and 1 m up to 89°, within 1.2 % and 35 m beyond. A cell's centre is at most 0.72 widths from any point
of the cell, 1.14 in the last column before the antimeridian and the last row before the north pole, which take the
remainder of the grid; beyond 89.9° cells grow towards the pole, where one holds every longitude.
"""

from micropython import const

from .errors import LocalError

_ONE = const(8192)  # the cosine's unit
_TURN = const(360_000_000)
_HALF_TURN = const(180_000_000)
_QUARTER = const(90_000_000)
_REACH_M = const(22_900)
REACH_M = _REACH_M  # distances are measured up to here; anything farther is this far
_REACH_E6 = const(205_950)  # 22,900 m; 2 * 22,901**2 < 2**30
_FINE_E6 = const(20_590)  # 2,290 m: up to here decimetres fit the same product
_POLAR = const(89_000_000)  # beyond it longitudes run together too fast for the cosine of the mean latitude
_ROW = const(2_000_000)  # between two cosines
_WIDEST_M = const(2_000)
# Microdegrees of latitude that are nowhere less than a kilometre: WGS 84 has 110,574 m a degree at the equator.
_KILOMETRE_E6 = const(9_044)

# cos 0°, 2° … 90°, rounded down.
# fmt: off
_COS = (
    8192, 8187, 8172, 8147, 8112, 8067, 8012, 7948, 7874, 7791, 7697, 7595, 7483, 7362, 7233, 7094,
    6947, 6791, 6627, 6455, 6275, 6087, 5892, 5690, 5481, 5265, 5043, 4815, 4580, 4341, 4096, 3845,
    3591, 3331, 3068, 2801, 2531, 2258, 1981, 1703, 1422, 1140, 856, 571, 285, 0,
)
# fmt: on


def _cos(angle: int) -> int:
    """The cosine of 0..90e6 microdegrees in 1/8192, at most 2 too small and never too large."""
    k = angle // _ROW
    c = _COS[k]
    part = angle - k * _ROW
    # A step is at most 287, so the product is below 6e8.
    return c - ((c - _COS[k + 1]) * part + _ROW - 1) // _ROW if part else c


def _scaled(v: int, c: int) -> int:
    """v * c / 8192 for v up to 360e6, in two halves below 2**29."""
    return (v >> 13) * c + ((v & 8191) * c >> 13)


def _root(a: int, b: int) -> int:
    """The whole part of sqrt(a**2 + b**2), a and b up to 22,902."""
    s = a * a + b * b
    if not s:
        return 0
    r = a + (b >> 1) + 1 if a > b else b + (a >> 1) + 1  # not below the root, so Newton's steps only fall
    while True:
        q = (r + s // r) >> 1
        if q >= r:
            return r
        r = q


def distance_m(lat1_e6: int, lon1_e6: int, lat2_e6: int, lon2_e6: int) -> int:
    """Metres between two points, the short way across the antimeridian; REACH_M for all that is farther.

    Latitudes within ±90e6, longitudes within ±180e6.
    """
    y = abs(lat1_e6 - lat2_e6)
    if y > _REACH_E6:
        return _REACH_M
    x = abs(lon1_e6 - lon2_e6)
    if x > _HALF_TURN:
        x = _TURN - x
    mean = abs(lat1_e6 + lat2_e6) >> 1
    if mean > _POLAR:
        # On the plane around the pole, r the distances from it and w half the angle between the two:
        # r1**2 + r2**2 - 2*r1*r2*cos(2w) = ((r1 - r2) * cos w)**2 + ((r1 + r2) * sin w)**2.
        y = _scaled(y, _cos(x >> 1))
        x = _scaled(2 * (_QUARTER - mean), _cos(_QUARTER - (x >> 1)))
    else:
        x = _scaled(x, _cos(mean))
    if x > _REACH_E6:
        return _REACH_M
    # A microdegree is 0.1112 m.
    if x < _FINE_E6 and y < _FINE_E6:
        return (_root(x * 1112 // 1000, y * 1112 // 1000) + 5) // 10
    return min(_root(x * 1112 // 10_000, y * 1112 // 10_000), _REACH_M)


def _step(metres: int) -> int:
    if not 1 <= metres <= _WIDEST_M:
        raise LocalError("cell width")
    return (metres * _KILOMETRE_E6 + 999) // 1000


def _low(offset: int, span: int, step: int) -> int:
    """Where the cell begins that holds `offset` of 0..span. The last cell takes the remainder of the grid."""
    return min(offset // step, span // step - 1) * step


def _middle(low: int, span: int, step: int) -> int:
    return (low + (low + step if low + 2 * step <= span else span)) >> 1


def cell_lat(lat_e6: int, metres: int) -> int:
    """The latitude of the middle of the cell that holds `lat_e6`, for cells at least `metres` high (1..2000)."""
    step = _step(metres)
    return _middle(_low(lat_e6 + _QUARTER, _HALF_TURN, step), _HALF_TURN, step) - _QUARTER


def cell_lon(lat_e6: int, lon_e6: int, metres: int) -> int:
    """The longitude of the middle of that cell, at least `metres` wide at the edge nearer the pole."""
    step = _step(metres)
    low = _low(lat_e6 + _QUARTER, _HALF_TURN, step)
    high = low + step if low + 2 * step <= _HALF_TURN else _HALF_TURN
    c = _cos(max(_QUARTER - low, high - _QUARTER))
    if not c:
        return 0
    step = (step * _ONE + c - 1) // c  # below 2**28
    if 2 * step > _TURN:
        return 0
    offset = lon_e6 + _HALF_TURN
    if offset >= _TURN:
        offset = 0  # 180° east is 180° west
    return _middle(_low(offset, _TURN, step), _TURN, step) - _HALF_TURN
