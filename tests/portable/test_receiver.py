"""Valve 1: the receiver has power exactly while a purpose needs it, and leaves nothing behind when it does not."""

# heap: 320k - the file makes several devices

from agent.base import journal as j
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import grants as g
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


def test_a_fix_sets_the_clock_forward() -> None:
    """Trusted time comes from records and from the receiver; what is reported carries it."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    feed(bench, 500)
    assert bench.core.calendar.seconds == START + 500
    bench.online()
    assert places(bench)[0][2] == START + 500


def test_reports_are_ten_seconds_apart_and_alarms_thirty() -> None:
    """To the millisecond: a rider's grant may ask for less, never for more."""
    for name, purposes, least in (
        ("location", (p.LOCATION_REPORT,), 10_000),
        ("alarm-location", (p.LOCATION_ALARM, p.WAKE_ABNORMAL), 30_000),
    ):
        for wait, expected in ((least - 1, 1), (least, 2)):
            bench = Bench()
            bench.grant(*[line(k) for k in purposes])
            bench.online()
            bench.ask(r.ARM)
            bench.give(remote.MOTION, b"\2\0")
            bench.tick()
            bench.drain()
            for k in range(2):
                bench.give(remote.GNSS, fix(30 * k + 1, lat=f"311{k}.3456"))
                bench.tick()
                bench.tick(100)  # the silence that ends the burst
                bench.drain()
                bench.tick(wait - 100)
            assert len(places(bench, name)) == expected, (name, wait)


def test_the_device_wakes_for_the_silence_after_a_burst() -> None:
    """A fix is given out in the second it is of, although nothing more comes."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.tick(SECOND)
    bench.give(remote.GNSS, fix(5))
    bench.tick()
    assert bench.core.deadline(bench.now) == 100


def test_a_fix_is_as_old_as_the_bytes_that_brought_it() -> None:
    """Two seconds in one delivery: the first is closed while it is read, and dated now."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    feed(bench, 1)
    bench.tick(60 * SECOND)
    bench.give(remote.GNSS, fix(70, lat="3119.3456") + fix(71, lat="3119.3456"))
    bench.now += 7_000
    bench.core.receiver.on_time(bench.now)
    slot = bench.core.outbox.spare()
    captured = []
    while bench.core.outbox.pick(slot):
        if slot.kind == kinds.LOCATION:
            captured.append(slot.captured)
        bench.core.outbox.refuse(slot)
    assert captured[-1] == bench.now


def test_an_alarm_that_is_over_forgets_where_it_was() -> None:
    """The next one begins with a report, and nothing of the last is kept to compare with."""
    bench = Bench()
    bench.grant(line(p.LOCATION_ALARM), line(p.WAKE_ABNORMAL))
    bench.ask(r.ARM)
    bench.give(remote.MOTION, b"\2\0")
    bench.tick()
    feed(bench, 10)
    assert bench.core.receiver.reported[3] != 0
    bench.ask(r.DISARM)
    bench.tick()
    assert list(bench.core.receiver.reported) == [0, 0, -1, 0, 0, -1]


def test_the_room_leaves_memory_with_the_lease() -> None:
    """A quarter of a small heap, for a purpose that has ended."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    feed(bench, 5)
    assert bench.core.receiver._tracker is not None
    dropped = []
    bench.core.drop_tracker = lambda: dropped.append(bench.core.receiver._tracker)
    bench.core.receiver.alarmed = False
    bench.core.grants.put(p.LOCATION_REPORT, g.STATE, g.WITHDRAWN)
    bench.core.receiver.lease(bench.now)
    assert dropped == [None]
    assert bench.core.receiver._tracker is None
