"""The phone beside the device: heard for two minutes after a press, and not before or after."""

from agent.alarm import advert
from agent.base import errors
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import SECOND, Bench
from tests.portable.signed import KEY, START, line, request

PRESS = b"\0\1"
RECORD, REQUEST = b"\1", b"\2"


def pressed() -> Bench:
    bench = Bench()
    bench.give(remote.BUTTON, PRESS)
    bench.tick()
    bench.give(remote.BLE, b"C")
    bench.tick()
    return bench


def write(bench: Bench, whole: bytes) -> bytes:
    """Sends `whole` in pieces of 100; what the device notified, or nothing."""
    before = len(bench.out(remote.BLE))
    for k in range(0, len(whole), 100):
        last = 0x80 if k + 100 >= len(whole) else 0
        bench.give(remote.BLE, b"W" + bytes((k // 100 | last,)) + whole[k : k + 100])
    bench.tick(10)
    bench.settle()
    said = [data for data in bench.out(remote.BLE)[before:] if data[:1] == b"N"]
    assert len(said) < 2
    return said[0][1:] if said else b""


def test_a_press_puts_the_owners_advert_on_the_air_for_two_minutes() -> None:
    """provisioning.md §7.1: 21 bytes that only the owner's phone can read; no name, no id."""
    bench = Bench()
    bench.tick()
    assert bench.tick(SECOND) == []
    bench.give(remote.BUTTON, PRESS)
    said = bench.tick()
    adv = advert.payload(KEY, b"control", -1)
    assert said == [(remote.BLE, b"A\0\x98" + bytes((21,)) + adv + b"\0")]
    bench.tick(119_999)
    assert bench.core.deadline(bench.now) == 1
    assert len(bench.out(remote.BLE)) == 1
    assert bench.tick(1) == [(remote.BLE, b"S")]
    assert bench.core.nearby is None


def test_records_and_requests_are_heard_and_answered() -> None:
    """Two bytes: what it was, and what came of it."""
    bench = pressed()
    assert write(bench, RECORD + bench.chain.next(line(p.STATUS))) == RECORD + b"\0"
    assert bench.core.grants.seq == 1
    assert write(bench, RECORD + b"\xa0") == RECORD + bytes((errors.WRONG_TYPE,))
    assert write(bench, REQUEST + request(r.ARM, 1, 0, bench.core.nonce)) == REQUEST + b"\0"
    assert bench.core.guard is not None
    assert write(bench, b"\3whatever") == b"\3" + bytes((errors.UNKNOWN,))
    assert write(bench, b"") == b""


def test_the_largest_record_fits_and_one_byte_more_does_not() -> None:
    """A kind and 1,024 bytes; what is longer is no record, so it is not gathered."""
    bench = pressed()
    assert write(bench, RECORD + bytes(1_024)) == RECORD + bytes((errors.WRONG_TYPE,))
    assert write(bench, RECORD + bytes(1_025)) == b""
    assert bench.core.nearby._pieces.refused == 1


def test_nobody_is_heard_without_a_press_or_after_the_window() -> None:
    """Also on a connection that an alarm keeps open, and also when half of it was said in time."""
    bench = Bench()
    bench.grant(line(p.WAKE_ABNORMAL))
    bench.ask(r.ARM)
    bench.give(remote.BLE, b"C")
    record = bench.chain.next(line(p.STATUS))
    assert write(bench, RECORD + record) == b""
    bench.give(remote.BUTTON, PRESS)
    bench.tick()
    bench.give(remote.BLE, b"C")
    bench.give(remote.BLE, b"W\0" + RECORD + record[:50])
    bench.tick()
    bench.give(remote.MOTION, b"\2\0")  # an alarm takes the air meanwhile
    bench.tick(119_000)
    bench.tick(1_000)
    assert bench.core.nearby is None
    assert bench.core.gate.advertising == p.WAKE_ABNORMAL
    assert bench.ports.ble.connected
    assert write(bench, RECORD + record) == b""
    bench.give(remote.BLE, b"W\x81" + record[50:])
    bench.tick()
    assert bench.core.grants.seq == 1
    assert bench.ports.ble.on_write is remote._deaf, "the room is free to go"


def test_another_press_keeps_the_window_open_and_what_is_under_way() -> None:
    """Two minutes from the last press; a record half sent is not lost to it."""
    bench = pressed()
    record = RECORD + bench.chain.next(line(p.STATUS))
    bench.give(remote.BLE, b"W\0" + record[:60])
    bench.tick(100 * SECOND)
    bench.give(remote.BUTTON, PRESS)
    bench.tick()
    bench.give(remote.BLE, b"W\x01" + record[60:200])
    bench.tick(100 * SECOND)
    bench.give(remote.BLE, b"W\x82" + record[200:])
    bench.settle()
    assert bench.core.grants.seq == 1
    assert bench.core.nearby is not None
    bench.tick(20 * SECOND)
    assert bench.core.nearby is None


def test_an_alarm_takes_the_air_and_gives_it_back() -> None:
    """One advertising set: the theft comes first; while the window lasts the phone finds the device again after it."""
    bench = Bench()
    bench.grant(line(p.WAKE_ABNORMAL))
    bench.ask(r.ARM)
    bench.give(remote.BUTTON, PRESS)
    bench.tick()
    bench.forget()
    bench.give(remote.MOTION, b"\2\0")
    bench.tick(SECOND)
    alarm = advert.payload(KEY, b"alarm", START)
    control = advert.payload(KEY, b"control", START)
    assert [data[4:25] for data in bench.out(remote.BLE)] == [alarm]
    bench.ask(r.ACKNOWLEDGE, 1)
    bench.tick(SECOND)
    assert [data[:1] for data in bench.out(remote.BLE)] == [b"A", b"S", b"A"]
    assert bench.out(remote.BLE)[-1][4:25] == control


def test_an_advert_says_another_thing_each_day_and_each_use() -> None:
    """Two sightings on two days cannot be joined; K_adv is not the pairing key."""
    seen = set()
    for use in (b"alarm", b"control"):
        for seconds in (-1, 0, 86_399, 86_400, START):
            data = advert.payload(KEY, use, seconds)
            assert len(data) == 21
            assert data[:5] == b"\x02\x01\x06\x11\x07"
            seen.add(data)
    assert len(seen) == 6
    assert advert.payload(bytes(32), b"alarm", 0) not in seen
