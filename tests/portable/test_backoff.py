"""When to try again: later each time, never all at once, and not too late."""

from agent.base import ticks
from agent.link.backoff import Backoff
from tests.portable.fakes import Entropy

PURPOSE = 3


def wait(backoff: Backoff, now: int = 0) -> int:
    backoff.failed(now)
    return ticks.diff(backoff.at, now)


def test_the_first_try_is_at_once() -> None:
    """Nothing has failed yet."""
    assert Backoff(Entropy(), PURPOSE).ready(0)


def test_waits_double_up_to_five_minutes_with_full_jitter() -> None:
    """Every device of a city comes back after a power cut: the draw spreads them from nothing to the whole step."""
    for value, longest in ((0, False), (255, True)):
        backoff = Backoff(Entropy(value), PURPOSE)
        for step in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
            assert backoff.step_s == step
            ms = wait(backoff)
            if longest:
                assert step * 1000 - 1000 < ms <= step * 1000 + 611, (step, ms)
            else:
                assert ms == 100, "it never spins"


def test_it_is_ready_when_its_time_has_come() -> None:
    """Not a millisecond before; across the wrap of the ticks too."""
    for start in (0, (1 << 30) - 50):
        backoff = Backoff(Entropy(), PURPOSE)
        backoff.failed(start)
        before = ticks.add(backoff.at, (1 << 29) - 1)
        assert not backoff.ready(ticks.add(before, (1 << 29)))
        assert backoff.ready(backoff.at)


def test_only_a_minute_of_success_forgets_the_steps() -> None:
    """A broker that takes us and throws us out at once is failing."""
    backoff = Backoff(Entropy(), PURPOSE)
    for _ in range(5):
        backoff.failed(0)
    assert backoff.step_s == 32
    backoff.succeeded(1_000)
    assert backoff.ready(1_000)
    backoff.failed(60_999)
    assert backoff.step_s == 64
    backoff.succeeded(100_000)
    backoff.failed(160_000)
    assert backoff.step_s == 2, "begins again: 1 s was this one's"


def test_a_connection_of_a_week_was_a_success() -> None:
    """Past 6.2 days an age reads as negative."""
    backoff = Backoff(Entropy(), PURPOSE)
    for _ in range(9):
        backoff.failed(0)
    backoff.succeeded(0)
    backoff.failed(7 * 86_400_000)
    assert backoff.step_s == 2


def test_a_time_that_came_while_nobody_could_try_stays_come() -> None:
    """A week without Wi-Fi: the broker's turn must not be put off by another week."""
    backoff = Backoff(Entropy(), PURPOSE)
    backoff.failed(0)
    now = 0
    for day in range(14):
        now = ticks.add(now, ticks.FAR)
        assert backoff.ready(now), day


def test_it_draws_from_its_own_purpose() -> None:
    """I10: one purpose's draws never betray another's."""
    entropy = Entropy()
    Backoff(entropy, PURPOSE).failed(0)
    assert entropy.asked == [PURPOSE]
