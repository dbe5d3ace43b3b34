"""Valve 1: the receiver has power exactly while a purpose needs it, and leaves nothing behind when it does not."""

from agent.base import journal as j
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import board, remote
from tests.portable.bench import ALL, MINUTE, SECOND, Bench, fix
from tests.portable.signed import START, line, no

POWER_ON, POWER_OFF, CLEARED = b"P\1", b"P\0", b"Z"


def feed(bench: Bench, after: int, **place) -> None:
    """One fix, and the silence after it."""
    bench.give(remote.GNSS, fix(after, **place))
    bench.tick(500)
    bench.tick(500)


def places(bench: Bench, name: str = "location") -> "list[dict[int, object]]":
    return [m.facts for m in bench.published() if m.name == name]


def test_power_follows_the_grant() -> None:
    """On with it, off in the tick of its withdrawal, with the part's own memory cleared."""
    bench = Bench()
    bench.tick()
    assert bench.out(remote.POWER) == []
    bench.grant(line(p.LOCATION_REPORT))
    assert bench.out(remote.POWER) == [POWER_ON]
    bench.grant(line(p.STATUS))
    assert bench.out(remote.POWER) == [POWER_ON]
    bench.grant(no(p.LOCATION_REPORT))
    assert bench.out(remote.POWER) == [POWER_ON, POWER_OFF, CLEARED]


def test_an_alarm_needs_it_only_while_it_is_raised() -> None:
    """A grant for alarms is no grant to watch a parked bike."""
    bench = Bench()
    bench.grant(line(p.LOCATION_ALARM), line(p.WAKE_ABNORMAL))
    bench.ask(r.ARM)
    bench.run(10 * MINUTE)
    assert bench.out(remote.POWER) == []
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    assert bench.out(remote.POWER) == [POWER_ON]
    bench.ask(r.ACKNOWLEDGE, 1)
    bench.tick(59 * SECOND)
    assert bench.out(remote.POWER) == [POWER_ON], "heard, not over"
    bench.tick(2 * SECOND)
    assert bench.out(remote.POWER) == [POWER_ON, POWER_OFF]
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    bench.ask(r.DISARM)
    bench.tick()
    assert bench.out(remote.POWER) == [POWER_ON, POWER_OFF] * 2


def test_each_purpose_gets_its_own_message_at_its_own_precision() -> None:
    """One fix, two grants: the alarm's is precise, the report's is a district."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT, precision=2), line(p.LOCATION_ALARM), line(p.WAKE_ABNORMAL))
    bench.online()
    bench.ask(r.ARM)
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    feed(bench, 10)
    bench.drain()
    report, alarm = places(bench)[0], places(bench, "alarm-location")[0]
    assert (alarm[3], alarm[4], alarm[5]) == (31_205_760, 121_468_723, 0)
    assert report[5] == 2
    assert set(report) == {1, 2, 3, 4, 5}, "no speed, no track, no height"
    assert set(alarm) >= {1, 2, 3, 4, 5, 6, 7}


def test_an_alarm_without_a_location_grant_has_no_place() -> None:
    """I8: the wake says that, not where."""
    bench = Bench()
    bench.grant(line(p.WAKE_ABNORMAL))
    bench.online()
    bench.ask(r.ARM)
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    feed(bench, 10)
    bench.drain()
    assert bench.out(remote.POWER) == []
    assert "alarm-location" not in bench.names()
    wakes = [m.facts for m in bench.published() if m.name == "wake"]
    assert wakes == [{1: 0, 2: 1, 3: 0x21, 4: 0, 5: 1, 6: START}]


def test_a_fix_is_no_fix_without_a_position() -> None:
    """Void sentences bring neither place nor time."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.give(remote.GNSS, fix(10).replace(b",A,3112", b",V,3112"))
    bench.tick(SECOND)
    bench.tick(SECOND)
    assert bench.waiting(kinds.LOCATION) == 0


def test_bytes_of_a_receiver_without_a_grant_are_not_kept() -> None:
    """A part without a switch goes on talking: unparsed, and out of memory in the same tick."""
    for parts in (ALL, ALL & ~board.BLE):
        bench = Bench(parts)
        bench.give(remote.GNSS, fix(1))
        bench.tick(SECOND)
        assert bench.core.receiver._tracker is None
        assert bytes(bench.core.receiver._buf) == bytes(256)
        assert bench.core.calendar.seconds == -1
    bench.grant(line(p.LOCATION_REPORT))
    feed(bench, 5)
    assert bytes(bench.core.receiver._buf) != bytes(256)
    bench.grant(no(p.LOCATION_REPORT))
    bench.give(remote.GNSS, fix(9))
    bench.tick(SECOND)
    assert bytes(bench.core.receiver._buf) == bytes(256)


def test_what_reports_compared_with_is_forgotten_with_its_purpose() -> None:
    """The last place sent is a place, too; the other purpose keeps its own."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT), line(p.LOCATION_ALARM))
    bench.core.arm(bench.now)
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    feed(bench, 10)
    reported = bench.core.receiver.reported
    assert (reported[0], reported[3]) == (31_205_760, 31_205_760)
    bench.grant(no(p.LOCATION_REPORT))
    assert list(reported)[:3] == [0, 0, -1]
    assert reported[3] == 31_205_760
    bench.grant(no(p.LOCATION_ALARM))
    assert list(reported) == [0, 0, -1, 0, 0, -1]


def test_the_room_steps_out_for_the_owner_and_loses_no_fix() -> None:
    """The open fix is given out; the parser and its buffers are zeroed before they are dropped."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.give(remote.GNSS, fix(10) + b"$GPGGA,1346")
    bench.tick(50)
    tracker = bench.core.receiver._tracker
    assert tracker is not None
    assert bench.waiting(kinds.LOCATION) == 0, "the fix is open still"
    bench.grant(line(p.STATUS))
    assert bench.waiting(kinds.LOCATION) == 1
    nmea = tracker._nmea
    assert bytes(nmea._line) == bytes(len(nmea._line))
    assert nmea._epoch.is_open() is False


def test_leases_are_noted() -> None:
    """A rig sees when which sensor had power, and nothing else."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.grant(no(p.LOCATION_REPORT))
    journal = bench.core.journal
    leases = [journal.entry(k, 2) for k in range(journal.count) if journal.entry(k, 1) == j.LEASES]
    assert leases == [p.GNSS, 0]
