"""Integer geometry: distances for the cadence, cells for a coarse grant. Points are invented."""

from agent.base import geo
from agent.base.errors import LocalError

_EDGE = 180_000_000
_POLE = 90_000_000


def test_distances_match_a_sphere_to_a_metre_and_six_tenths_of_a_percent() -> None:
    """Cadence reports movement of 25 m: an error of that size would report a parked bike or lose a slow one."""
    cases = (
        # From, to, metres on a sphere of 6,371,008.8 m.
        ((0, 0, 0, 0), 0),
        ((0, 0, 0, 225), 25),
        ((0, 0, 225, 0), 25),
        ((10_000_000, -30_000_000, 10_009_000, -30_009_000), 1406),
        ((-45_000_000, 10_000_000, -45_100_000, 10_000_000), 11_120),
        ((60_000_000, 5_000_000, 60_000_000, 5_100_000), 5_560),
        ((80_000_000, 5_000_000, 80_000_000, 5_100_000), 1_931),
        ((-70_500_000, 5_000_000, -70_500_000, 5_000_600), 22),
    )
    for points, expected in cases:
        found = geo.distance_m(*points)
        assert abs(found - expected) <= 1 + expected * 6 // 1000, (points, found)
        assert geo.distance_m(points[2], points[3], points[0], points[1]) == found, points


def test_a_distance_takes_the_short_way_across_the_antimeridian() -> None:
    """A boat off Fiji must not seem to circle the earth."""
    assert geo.distance_m(0, _EDGE - 100, 0, 100 - _EDGE) == 22
    assert geo.distance_m(0, _EDGE, 0, -_EDGE) == 0


def test_a_far_point_is_at_the_reach_and_never_nearer() -> None:
    """Squares of larger distances would not fit a small integer."""
    for points in (
        (0, 0, 0, _EDGE),
        (0, 0, _POLE, 0),
        (-_POLE, 0, _POLE, 0),
        (0, 0, 206_000, 0),
        (0, 0, 205_900, 205_900),
        (0, 0, 0, 206_000),
    ):
        assert geo.distance_m(*points) == geo.REACH_M, points
    assert geo.distance_m(0, 0, 205_000, 0) == 22_796


def test_a_distance_across_a_pole_is_short() -> None:
    """Longitudes on both sides differ by half a turn; a flat map would call that far."""
    assert geo.distance_m(89_990_000, 0, 89_990_000, _EDGE) == 2224
    assert geo.distance_m(-89_990_000, 10_000_000, -89_990_000, -170_000_000) == 2224
    assert geo.distance_m(_POLE, 0, _POLE, 123_000_000) == 0


def test_a_cell_has_one_middle_and_holds_it() -> None:
    """Jitter inside a cell must not show, and the middle must be of the same cell."""
    for metres in (1, 100, 1000, 2000):
        for lat in (-_POLE, -89_999_999, -45_000_000, -1, 0, 1, 12_345_678, 67_000_000, 89_500_000, 89_999_999, _POLE):
            row = geo.cell_lat(lat, metres)
            assert geo.cell_lat(row, metres) == row, (lat, metres)
            assert -_POLE <= row <= _POLE, (lat, metres)
            for lon in (-_EDGE, 1 - _EDGE, -1, 0, 1, 98_765_432, _EDGE - 1, _EDGE):
                middle = geo.cell_lon(lat, lon, metres)
                assert -_EDGE <= middle <= _EDGE, (lat, lon, metres)
                assert geo.cell_lon(row, middle, metres) == middle, (lat, lon, metres)
                assert geo.cell_lon(row, lon, metres) == middle, (lat, lon, metres)


def test_points_a_cell_apart_have_different_cells_and_near_ones_mostly_the_same() -> None:
    """A cell that never ends would hide movement; one that is too small would show it."""
    lat = 12_000_000
    assert geo.cell_lat(lat, 100) != geo.cell_lat(lat + 905, 100)
    assert geo.cell_lon(lat, 0, 100) != geo.cell_lon(lat, 926, 100)
    rows = []
    for k in range(0, 9050, 5):
        row = geo.cell_lat(lat + k, 1000)
        if row not in rows:
            rows.append(row)
    assert len(rows) == 2


def test_180_east_and_180_west_are_one_place() -> None:
    """They are the same meridian: two cells would tell which way a rider came."""
    for metres in (100, 1000):
        assert geo.cell_lon(5_000_000, _EDGE, metres) == geo.cell_lon(5_000_000, -_EDGE, metres)


def test_at_a_pole_one_cell_holds_every_longitude() -> None:
    """A longitude there would be finer than the metres that were granted."""
    for lat in (_POLE, -_POLE, 89_999_999, -89_999_999):
        for lon in (-_EDGE, -5, 0, 77_000_000, _EDGE):
            assert geo.cell_lon(lat, lon, 1000) == 0, (lat, lon)


def test_a_width_outside_the_table_is_our_own_error() -> None:
    """A grant's precision is one of a few codes: anything else must not silently become another width."""
    for metres in (-1, 0, 2001):
        for call in (lambda m: geo.cell_lat(0, m), lambda m: geo.cell_lon(0, 0, m)):
            try:
                call(metres)
            except LocalError:
                continue
            raise AssertionError(metres)
