"""Ticks wrap at 2**30 ms on every runtime, 12.4 days after start: every comparison must survive that."""

from agent.base import ticks


def test_a_difference_is_right_across_the_wrap() -> None:
    """A lease or a timer that starts before the wrap must end after it."""
    cases = ((5, 2, 3), (2, (1 << 30) - 3, 5), ((1 << 30) - 3, 2, -5), (0, 1 << 29, -(1 << 29)))
    for a, b, expected in cases:
        assert ticks.diff(a, b) == expected, (a, b)


def test_adding_stays_within_the_range_of_ticks() -> None:
    """A deadline outside the range would never come."""
    for start in (0, 1, (1 << 29) - 1, 1 << 29, (1 << 30) - 1):
        for ms in (0, 1, ticks.FAR, (1 << 29) - 1):
            assert ticks.add(start, ms) == (start + ms) % (1 << 30), (start, ms)


def test_no_deadline_never_comes_and_the_sooner_one_wins() -> None:
    """-1 means "none": it must lose to every real deadline."""
    assert not ticks.due(-1, 5)
    assert ticks.due(5, 5)
    assert not ticks.due(6, 5)
    assert ticks.sooner(-1, 7, 0) == 7
    assert ticks.sooner(7, -1, 0) == 7
    assert ticks.sooner(2, (1 << 30) - 2, (1 << 30) - 5) == (1 << 30) - 2
