"""Geometry against floating point on a sphere and on WGS 84: the promises of agent/base/geo.py, at random places and at the worst ones."""

import math
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from agent.base import geo

_RADIUS = 6_371_008.8  # IUGG mean radius
_EDGE = 180_000_000
_POLE = 90_000_000

latitudes = st.integers(-_POLE, _POLE) | st.integers(_POLE - 2_000_000, _POLE) | st.integers(-_POLE, 2_000_000 - _POLE)
longitudes = st.integers(-_EDGE, _EDGE) | st.sampled_from((-_EDGE, _EDGE, 0))
widths = st.integers(1, 2000) | st.sampled_from((100, 1000))


def great_circle(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Haversine, in metres; arguments in microdegrees."""
    a, b, c, d = (math.radians(value / 1e6) for value in (lat1, lon1, lat2, lon2))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * _RADIUS * math.asin(min(1.0, math.sqrt(h)))


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Of latitude and of longitude on WGS 84, at `lat` degrees."""
    e2 = 0.00669437999014
    sine = math.sin(math.radians(lat))
    meridian = 6_378_137 * (1 - e2) / (1 - e2 * sine**2) ** 1.5
    normal = 6_378_137 / math.sqrt(1 - e2 * sine**2)
    return math.radians(meridian), math.radians(normal * math.cos(math.radians(lat)))


def test_the_cosines_are_rounded_down() -> None:
    """Up would make a cell narrower than granted."""
    assert list(geo._COS) == [math.floor(8192 * math.cos(math.radians(2 * k)) + 1e-9) for k in range(46)]


@given(st.integers(0, 22_901), st.integers(0, 22_901))
def test_the_root_is_the_whole_part(a: int, b: int) -> None:
    """Newton's steps end one too early when they begin below the root."""
    assert geo._root(a, b) == math.isqrt(a * a + b * b)


@settings(max_examples=600)
@given(latitudes, longitudes, st.floats(0, 40_000), st.floats(0, 2 * math.pi))
def test_a_distance_is_as_near_to_the_great_circle_as_promised(lat: int, lon: int, away: float, towards: float) -> None:
    """Beyond the reach it only has to say so."""
    lat2 = int(lat + away * math.cos(towards) / 0.111195)
    lat2 = max(-_POLE, min(_POLE, lat2))
    shrink = max(math.cos(math.radians(lat / 1e6)), 1e-5)
    lon2 = int(lon + away * math.sin(towards) / 0.111195 / shrink + _EDGE) % (2 * _EDGE) - _EDGE
    exact = great_circle(lat, lon, lat2, lon2)
    found = geo.distance_m(lat, lon, lat2, lon2)
    top = max(abs(lat), abs(lat2)) / 1e6
    share, fixed = (0.002, 1.5) if top < 84 else (0.01, 1.5) if top < 88.8 else (0.012, 35)
    assert found == geo.distance_m(lat2, lon2, lat, lon)
    if exact > geo.REACH_M:
        assert found >= geo.REACH_M * (1 - share) - fixed
    else:
        assert abs(found - exact) <= exact * share + fixed


@settings(max_examples=600)
@given(latitudes, longitudes, widths)
@example(_POLE, _EDGE, 1)
@example(-_POLE, -_EDGE, 2000)
@example(_POLE, 0, 1000)  # the last row
@example(0, _EDGE - 1, 1000)  # the last column
@example(89_000_000, _EDGE - 1, 1000)
def test_a_cell_is_nowhere_narrower_than_granted(lat: int, lon: int, metres: int) -> None:
    """A fixed 0.001 degrees is 111 m wide at the equator and 19 m at 80 degrees: there a street-level grant would show the house."""
    low, high = _edges(lat, lambda value: geo.cell_lat(value, metres), -_POLE, _POLE)
    west, east = _edges(lon, lambda value: geo.cell_lon(lat, value, metres), -_EDGE, _EDGE - 1)
    outer = max(abs(low), abs(high)) / 1e6
    assert (high - low) / 1e6 * metres_per_degree(0)[0] >= metres
    if (west, east) == (-_EDGE, _EDGE):
        return  # every longitude
    assert (east - west) / 1e6 * metres_per_degree(outer)[1] >= metres


def _edges(value: int, cell: Callable[[int], int], first: int, last: int) -> tuple[int, int]:
    """The least value of `value`'s cell, and the one after its greatest."""
    value = min(value, last)
    middle = cell(value)

    def border(inside: int, outside: int) -> int:
        if cell(outside) == middle:
            return outside
        while abs(inside - outside) > 1:
            half = (inside + outside) // 2
            inside, outside = (half, outside) if cell(half) == middle else (inside, half)
        return inside

    return border(value, first), border(value, last) + 1


@settings(max_examples=600)
@given(latitudes, longitudes, st.sampled_from((100, 1000)))
def test_a_middle_is_near_every_point_of_its_cell(lat: int, lon: int, metres: int) -> None:
    """The other promise: a coarse report is still of the right street or district, but for the last column and row."""
    row, column = geo.cell_lat(lat, metres), geo.cell_lon(lat, lon, metres)
    off = great_circle(lat, lon, row, column)
    step = metres / 0.110574
    last = lon > _EDGE - 2 * step / max(math.cos(math.radians(lat / 1e6)), 1e-9) or lat > _POLE - 2 * step
    if abs(lat) < 89_900_000:
        assert off <= metres * (1.14 if last else 0.72) + 1


@settings(max_examples=400)
@given(latitudes, longitudes, st.integers(-2000, 2000), st.integers(-2000, 2000), widths)
def test_points_of_one_cell_have_one_middle_and_so_show_nothing(
    lat: int, lon: int, up: int, right: int, metres: int
) -> None:
    """Noninterference: a report of the coarse world depends on the cell alone."""
    other_lat = max(-_POLE, min(_POLE, lat + up))
    other_lon = max(-_EDGE, min(_EDGE, lon + right))
    if geo.cell_lat(lat, metres) == geo.cell_lat(other_lat, metres):
        assert geo.cell_lon(lat, lon, metres) == geo.cell_lon(other_lat, lon, metres)
    row, column = geo.cell_lat(lat, metres), geo.cell_lon(lat, other_lon, metres)
    assert (geo.cell_lat(row, metres), geo.cell_lon(row, column, metres)) == (row, column)


@settings(max_examples=400)
@given(latitudes, longitudes, latitudes, longitudes, widths)
def test_every_product_fits_a_small_integer(lat: int, lon: int, lat2: int, lon2: int, metres: int) -> None:
    """On a 32-bit board a larger one allocates, and a fix a second would fill the heap."""
    watched = _Watched
    for value in (
        geo.distance_m(watched(lat), watched(lon), watched(lat2), watched(lon2)),
        geo.cell_lat(watched(lat), watched(metres)),
        geo.cell_lon(watched(lat), watched(lon), watched(metres)),
    ):
        assert abs(value) < 1 << 30


class _Watched(int):
    """An integer that refuses to become larger than a small one of MicroPython on 32 bits."""


def _guard(name: str) -> None:
    plain = getattr(int, name)

    def checked(self: int, *others: int) -> object:
        result = plain(self, *others)
        if type(result) is int:
            assert -(1 << 30) <= result < 1 << 30, (name, int(self), *map(int, others))
            return _Watched(result)
        return result

    setattr(_Watched, name, checked)


for _name in (
    "__add__", "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__floordiv__", "__rfloordiv__", "__mod__", "__neg__", "__abs__",
    "__rshift__", "__and__",
):  # fmt: skip
    _guard(_name)
