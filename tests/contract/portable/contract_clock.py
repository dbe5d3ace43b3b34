"""What every `Clock` promises.

world.advance(ms)  time goes on by about `ms` (a real clock may wait: at most 30 ms are asked for)
world.fresh        True when the real-time clock was never set
"""

_WRAP = 1 << 30


def _since(a: int, b: int) -> int:
    return (a - b) % _WRAP


def check_ticks_go_forward_within_their_range(make) -> None:
    """Every timer of the agent compares ticks modulo 2**30."""
    clock, world = make()
    before = clock.ticks()
    assert 0 <= before < _WRAP
    world.advance(30)
    after = clock.ticks()
    assert 0 <= after < _WRAP
    assert 25 <= _since(after, before) <= 5_000, (before, after)


def check_a_clock_that_was_never_set_says_so(make) -> None:
    """Expiry of a consent must not be judged by a clock that started in 2000."""
    clock, world = make()
    if world.fresh:
        assert clock.rtc() == -1
    else:
        assert clock.rtc() > 0


def check_a_set_clock_goes_on_counting(make) -> None:
    """Seconds since 2020-01-01 UTC stay below 2**30 until 2054."""
    clock, world = make()
    for seconds in (0, 1, 200_000_000, 441_763_199):  # the last is 2033-12-31: ESP32 seconds fit a small int until then
        clock.set_rtc(seconds)
        assert seconds <= clock.rtc() <= seconds + 5
    world.advance(30)
    assert 441_763_199 <= clock.rtc() < 441_763_299


def check_setting_the_clock_leaves_ticks_alone(make) -> None:
    """A correction of the date must not fire or stall a timer."""
    clock, _ = make()
    before = clock.ticks()
    clock.set_rtc(200_000_000)
    assert _since(clock.ticks(), before) < 1_000
