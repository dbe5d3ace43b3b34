"""Trusted time: carried on by ticks, never backwards, whatever is replayed."""

from agent.base import ticks
from agent.base.calendar import Calendar

FLOOR = 200_000_000
WRAP = 1 << 30


def test_nothing_is_known_before_a_source_speaks() -> None:
    """Expiry matters: unknown is unknown, not zero."""
    calendar = Calendar(FLOOR)
    calendar.on_time(5_000)
    assert calendar.seconds == -1


def test_a_source_before_the_floor_is_not_believed() -> None:
    """A date before this build, or before the newest record, is a replay or a receiver that lost its week."""
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR - 1, 0)
    assert calendar.seconds == -1
    calendar.learn(FLOOR, 0)
    assert calendar.seconds == FLOOR
    later = Calendar(FLOOR)
    later.floor = FLOOR + 100
    later.learn(FLOOR + 99, 0)
    assert later.seconds == -1


def test_ticks_carry_it_on_and_lose_no_fraction() -> None:
    """A tick of 999 ms a thousand times is 999 seconds."""
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR, 0)
    for k in range(1, 1001):
        calendar.on_time(k * 999)
    assert calendar.seconds == FLOOR + 999


def test_it_never_goes_back() -> None:
    """An earlier time would revive a grant that has expired."""
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR + 10, 0)
    calendar.learn(FLOOR + 9, 100)
    assert calendar.seconds == FLOOR + 10
    calendar.on_time(3_000)
    calendar.learn(FLOOR + 12, 3_500)
    assert calendar.seconds == FLOOR + 13
    calendar.on_time(3_999)
    assert calendar.seconds == FLOOR + 13
    calendar.on_time(4_000)
    assert calendar.seconds == FLOOR + 14


def test_it_walks_across_the_wrap_of_the_ticks() -> None:
    """Twelve days after the start, in steps of a day at most."""
    start = WRAP - 1_500
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR, start)
    calendar.on_time(ticks.add(start, 1_600))
    assert calendar.seconds == FLOOR + 1
    now = start
    for _ in range(14):
        now = ticks.add(now, ticks.FAR)
        calendar.on_time(now)
    assert calendar.seconds == FLOOR + 14 * 86_400


def test_the_tick_of_the_last_second_is_known() -> None:
    """What ends at a second ends in its tick, not up to a second after: a grant's deadline counts from here."""
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR, 700)
    calendar.on_time(2_500)
    assert (calendar.seconds, calendar.mark) == (FLOOR + 1, 1_700)


def test_the_same_second_told_again_does_not_slow_it() -> None:
    """Every fix of a second says that second: the fraction that has passed stays passed."""
    calendar = Calendar(FLOOR)
    calendar.learn(FLOOR, 0)
    calendar.learn(FLOOR, 900)
    calendar.on_time(1_000)
    assert calendar.seconds == FLOOR + 1
