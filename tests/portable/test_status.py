"""The status report: at once when granted, on a change of the lock, and every five minutes, never more often than granted."""

# heap: 320k - the file makes several devices

from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench
from tests.portable.signed import START, line, no


def reports(bench: Bench) -> "list[dict[int, object]]":
    return [m.facts for m in bench.published() if m.name == "status"]


def granted(interval: int = 0) -> Bench:
    bench = Bench()
    bench.online()
    bench.give(remote.BATTERY, bytes((87, 0x0F, 0xA0, 1)))
    bench.grant(line(p.STATUS, interval=interval, retention=DAY))
    bench.drain()
    return bench


DAY = 86_400


def test_it_says_battery_and_lock() -> None:
    """Asset items alone, with the second of the report."""
    bench = granted()
    assert reports(bench) == [{1: 0, 2: START, 3: 87, 4: 4_000, 5: 1, 6: 0}]


def test_what_the_gauge_does_not_know_is_absent() -> None:
    """Unknown is not zero."""
    bench = Bench()
    bench.online()
    bench.grant(line(p.STATUS))
    bench.drain()
    assert reports(bench) == [{1: 0, 2: START, 5: 0, 6: 0}]


def test_arming_and_disarming_are_reported_at_once() -> None:
    """The owner sees the lock close."""
    bench = granted()
    bench.ask(r.ARM)
    bench.drain()
    bench.ask(r.DISARM)
    bench.drain()
    assert [facts[6] for facts in reports(bench)] == [0, 1, 0]


def test_it_comes_every_five_minutes_or_at_the_granted_interval() -> None:
    """Whichever is longer; a change waits for the interval, too."""
    for interval, expected in ((0, 12), (60, 12), (600, 6), (3_600, 1)):
        bench = granted(interval)
        bench.forget()
        bench.run(60 * MINUTE, SECOND)
        assert len(reports(bench)) == expected, interval
    bench = granted(60)
    bench.forget()
    bench.ask(r.ARM)
    bench.run(59 * SECOND)
    assert reports(bench) == []
    bench.run(SECOND)
    assert len(reports(bench)) == 1


def test_it_says_when_it_wants_to_run_and_never_for_nothing() -> None:
    """A deadline that has passed and does nothing would keep the device awake for an hour."""
    for interval in (0, 60, 600, 3_600, 86_400):
        bench = granted(interval)
        for soon in (False, True):
            if soon:
                bench.core.status.soon()
            at = bench.core.status.deadline()
            wait = interval * SECOND if soon else max(interval * SECOND, 5 * MINUTE)
            assert at == bench.core.status._at + wait, interval


def test_without_a_grant_there_is_nothing_and_after_a_new_one_at_once() -> None:
    """A withdrawal forgets when it last spoke."""
    bench = granted()
    bench.grant(no(p.STATUS))
    bench.ask(r.ARM)
    bench.run(10 * MINUTE)
    assert len(reports(bench)) == 1
    assert bench.core.status.deadline() == -1
    bench.grant(line(p.STATUS))
    bench.drain()
    assert [facts[6] for facts in reports(bench)] == [0, 1]


def test_a_report_at_tick_zero_counts() -> None:
    """Ticks begin at 0 and come back to it every 12 days."""
    bench = Bench(now=0)
    bench.core.calendar.learn(START, 0)
    for column, value in ((g.STATE, g.GIVEN), (g.UNTIL, START * 2), (g.RETENTION, DAY), (g.RECIPIENTS, 17)):
        bench.core.grants.put(p.STATUS, column, value)
    bench.tick()
    assert bench.core.status.deadline() == 5 * MINUTE
