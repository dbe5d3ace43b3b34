"""The ring log under more power cuts than a device has time for: cut again during the start after a cut, and over many blocks."""

import pytest

from simulator.flash import Chip
from tests.portable import cuts
from tests.portable.test_ring import fill, fresh, judge

_LONG = 120
_PARTS = 8  # of a sweep, for as many cores and each within its time


def fill_long(chip: Chip, log: list[tuple[int, int, bytes]]) -> None:
    fill(chip, log, _LONG)


def test_no_second_cut_loses_an_acknowledged_entry(seed: int) -> None:
    """A battery at its end: the power goes again while the log is mounted, scrubbed or written. One operation in four."""
    assert cuts.every(fresh, fill, judge, 2, part=(seed % 4, 4)) > 200


def test_no_cut_of_a_long_life_loses_an_acknowledged_entry(seed: int) -> None:
    """Of 120 entries, which go round the ring six times, one operation in eight."""
    assert cuts.every(fresh, fill_long, judge, part=(seed % _PARTS, _PARTS)) >= 6 * _LONG // _PARTS


@pytest.mark.full
@pytest.mark.parametrize("k", range(_PARTS))
def test_no_two_cuts_of_a_long_life_lose_an_acknowledged_entry(k: int) -> None:
    """Every program and erase of 120 entries, six torn modes, and every one of the start after each of these cuts."""
    assert cuts.every(fresh, fill_long, judge, 2, part=(k, _PARTS)) > 1_000
