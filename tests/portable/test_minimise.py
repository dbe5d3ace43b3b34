"""What a grant's precision leaves of a fix: the centre of a cell, and nothing that a coarse place would not tell."""

from array import array

from agent.base.geo import cell_lat, cell_lon
from agent.link.messages import NONE
from agent.position.fix import NONE as UNKNOWN
from agent.position.fix import Fix
from agent.privacy.minimise import DISTRICT, METRES, PRECISE, STREET, place


def fix(lat: int, lon: int) -> Fix:
    made = Fix()
    made.lat_e6 = lat
    made.lon_e6 = lon
    made.speed_cms = 512
    made.track_cdeg = 4_500
    made.alt_dm = -37
    return made


def facts_of(made: Fix, precision: int) -> "list[int]":
    facts = array("i", [7] * 7)
    place(made, precision, facts)
    return list(facts)


def test_precise_keeps_what_was_measured() -> None:
    """And an unknown speed, track or height stays absent."""
    made = fix(31_205_760, 121_468_723)
    assert facts_of(made, PRECISE) == [7, 31_205_760, 121_468_723, PRECISE, 512, 4_500, -37]
    made.speed_cms = made.track_cdeg = -1
    made.alt_dm = UNKNOWN
    assert facts_of(made, PRECISE)[4:] == [NONE, NONE, NONE]


def test_coarse_keeps_the_cell_and_nothing_else() -> None:
    """Speed, track and height would draw the path that the cells hide."""
    for precision in (STREET, DISTRICT):
        made = fix(31_205_760, 121_468_723)
        metres = METRES[precision]
        lat, lon = cell_lat(31_205_760, metres), cell_lon(31_205_760, 121_468_723, metres)
        assert facts_of(made, precision) == [7, lat, lon, precision, NONE, NONE, NONE]


def test_two_places_of_one_cell_cannot_be_told_apart() -> None:
    """I10: worlds that agree at the granted precision agree in every fact."""
    for precision in (STREET, DISTRICT):
        lat = cell_lat(31_205_760, METRES[precision])
        lon = cell_lon(lat, 121_468_723, METRES[precision])
        middle = facts_of(fix(lat, lon), precision)
        for north in (-200, 0, 200):
            for east in (-200, 0, 200):
                moved = fix(lat + north, lon + east)
                moved.speed_cms = 100 + north
                assert facts_of(moved, precision) == middle
