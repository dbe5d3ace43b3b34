"""The whole agent against the clock: what ends, ends in its tick; what sleeps, wakes in time; ticks wrap, days pass."""

# heap: 400k - the test keeps everything the device said

from agent.base import ticks
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench, fix
from tests.portable.signed import DAY, START, line

WRAP = 1 << 30


def test_time_before_the_newest_record_is_not_believed_after_a_restart() -> None:
    """A replayed GNSS recording would revive a grant that has ended."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.boot()
    bench.core.calendar.learn(START - 1, bench.now)
    assert bench.core.calendar.seconds == -1
    bench.core.calendar.learn(START, bench.now)
    assert bench.core.calendar.seconds == START


def test_a_grant_ends_in_its_tick() -> None:
    """The deadline is the second at which it ends, not up to a second after."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.tick(700)
    mark = bench.core.calendar.mark
    while bench.core.receiver.on:
        wait = bench.core.deadline(bench.now)
        assert wait > 0
        bench.tick(wait)
    assert bench.now == ticks.add(mark, DAY * 1000)
    assert bench.out(remote.POWER)[-2:] == [b"P\0", b"Z"]


def test_what_is_kept_too_long_is_erased_without_a_network() -> None:
    """Clause 3: retention runs whether or not anybody fetches it, and wakes the device by itself."""
    bench = Bench()
    bench.grant(line(p.STATUS, retention=90))
    assert bench.waiting(kinds.STATUS) == 1
    passed = 0
    while bench.waiting(kinds.STATUS) and passed < 200 * SECOND:
        wait = bench.core.deadline(bench.now)
        assert wait > 0
        bench.tick(wait)
        passed += wait
    assert 90 * SECOND <= passed <= 150 * SECOND


def test_a_day_across_the_wrap_of_the_ticks() -> None:
    """Everything under way when 2**30 comes: reports go on, the grant ends in time, the alarm wakes."""
    bench = Bench(now=WRAP - 10 * MINUTE)
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT), line(p.WAKE_ABNORMAL))
    bench.online()
    bench.ask(r.ARM)
    bench.forget()
    for k in range(40):
        bench.give(remote.GNSS, fix(60 * k, lat=f"31{10 + k}.3456"))
        bench.run(MINUTE, 10 * SECOND)
    assert bench.now < WRAP // 2
    positions = [m for m in bench.published() if m.name == "location"]
    assert len(positions) >= 38
    assert len([m for m in bench.published() if m.name == "status"]) >= 7
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    bench.drain()
    assert "wake" in bench.names()
    for _ in range(25):
        bench.tick(60 * MINUTE)
    assert not bench.core.receiver.on


def test_the_deadline_is_kept_by_whoever_sleeps_until_it() -> None:
    """A device that wakes only when it said so does the same as one that never sleeps, and never spins."""
    bench = Bench()
    bench.grant(line(p.STATUS, interval=3_600), line(p.PRESENCE))
    bench.online()
    steps = 0
    passed = 0
    while passed < 3 * 3_600 * SECOND:
        wait = bench.core.deadline(bench.now)
        bench.tick(wait)
        bench.drain()
        passed += wait
        steps += 1
        assert steps < 400, "it spins"
    assert len([m for m in bench.published() if m.name == "status"]) in (3, 4)


def test_a_grant_of_a_month_does_not_confuse_the_clock() -> None:
    """In milliseconds it is past a small int: the device wakes each day instead, and ends it to the second."""
    bench = Bench()
    bench.grant(line(p.WAKE_ABNORMAL), days=30)
    for day in range(30):
        assert bench.core.grants.live(bench.core.calendar.seconds) >> p.WAKE_ABNORMAL & 1, day
        left = START + 30 * DAY - bench.core.calendar.seconds
        slept = 0
        while slept < DAY * 1000:
            wait = min(bench.core.deadline(bench.now), DAY * 1000 - slept)
            assert 0 < wait <= DAY * 1000
            bench.tick(wait)
            slept += wait
        assert bench.core.calendar.seconds == START + 30 * DAY - left + DAY
    assert not bench.live() >> p.WAKE_ABNORMAL & 1
