"""What an alarm does outside: wakes, adverts that slow down, a siren that stops, and notes for the rig."""

from agent.base import journal as j
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench
from tests.portable.signed import START, line, no

KNOCK = b"\2\0"
SIREN_ON, SIREN_OFF = b"B\1", b"B\0"


def armed(*purposes: int) -> Bench:
    bench = Bench()
    bench.grant(*[line(purpose) for purpose in purposes or (p.STATUS,)])
    bench.online()
    bench.ask(r.ARM)
    bench.drain()
    bench.forget()
    return bench


def interval(data: bytes) -> int:
    return data[1] << 8 | data[2]


def notes(bench: Bench, code: int) -> "list[int]":
    journal = bench.core.journal
    return [journal.entry(k, 2) for k in range(journal.count) if journal.entry(k, 1) == code]


def test_moving_it_sounds_advertises_and_wakes_in_the_same_tick() -> None:
    """The thief is still there."""
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.MOTION, KNOCK)
    bench.tick()
    assert bench.out(remote.INDICATOR) == [SIREN_ON]
    assert [interval(data) for data in bench.out(remote.BLE)] == [20]
    assert [m.facts for m in bench.published()] == [{1: 0, 2: 1, 3: 0x21, 4: 0, 5: 1, 6: START}]


def test_the_advert_slows_down_to_the_millisecond_and_ends_with_the_alarm() -> None:
    """Apple's QA1931: 20 ms for 30 s, then longer; the device wakes for each change by itself."""
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.MOTION, KNOCK)
    bench.tick()
    began = bench.now
    seen = [(interval(data), 0) for data in bench.out(remote.BLE)]
    while bench.core.guard.alarm.state == 2:
        bench.forget()
        bench.tick(bench.core.deadline(bench.now))
        bench.drain()
        seen += [(interval(data) if data[:1] == b"A" else 0, bench.now - began) for data in bench.out(remote.BLE)]
    assert seen == [(20, 0), (152, 30_000), (1_022, 180_000), (0, 900_000)]


def test_the_siren_needs_no_consent_and_stops_after_three_minutes() -> None:
    """It tells nobody anything but that the bike is moved, to whoever stands beside it."""
    bench = armed()
    bench.give(remote.MOTION, KNOCK)
    bench.run(5 * MINUTE)
    assert bench.out(remote.INDICATOR) == [SIREN_ON, SIREN_OFF]
    assert bench.out(remote.BLE) == []
    assert "wake" not in bench.names()
    assert bench.core.gate.held[p.WAKE_ABNORMAL] == 0, "not asked for, so not refused"


def test_disarming_silences_everything_in_its_tick() -> None:
    """Siren, advert, position and what was still to be sent of a wake's kind."""
    bench = armed(p.WAKE_ABNORMAL, p.LOCATION_ALARM)
    bench.give(remote.MOTION, KNOCK)
    bench.tick()
    bench.drain()
    bench.forget()
    bench.ask(r.DISARM)
    assert bench.out(remote.INDICATOR) == [SIREN_OFF]
    assert bench.out(remote.BLE) == [b"S"]
    assert bench.out(remote.POWER) == [b"P\0"]
    bench.run(20 * MINUTE)
    assert "wake" not in bench.names()


def test_an_owner_who_knows_is_not_woken_by_what_still_waits() -> None:
    """Offline, answered over the air: the queue of wakes goes, everything else stays. An alarm given up keeps its wakes."""
    for code in (r.ACKNOWLEDGE, r.DISARM):
        bench = armed(p.WAKE_ABNORMAL, p.STATUS)
        bench.give(remote.LINK, b"D\1")
        bench.give(remote.MOTION, KNOCK)
        bench.run(MINUTE)
        assert bench.waiting(kinds.WAKE) == 4
        assert bench.ask(code, 1) == 0
        assert bench.waiting(kinds.WAKE) == 0
        assert bench.waiting(kinds.STATUS) == 1
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.LINK, b"D\1")
    bench.give(remote.MOTION, KNOCK)
    bench.run(16 * MINUTE)
    assert bench.core.guard.alarm.state != 2
    assert bench.waiting(kinds.WAKE) == 8
    assert bench.ask(r.ACKNOWLEDGE, 1) != 0
    assert bench.waiting(kinds.WAKE) == 8


def test_withdrawing_the_wake_ends_the_advert_and_the_queue_but_not_the_siren() -> None:
    """What is left of an alarm without consent to be woken is a noise."""
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    bench.give(remote.MOTION, KNOCK)
    bench.tick()
    assert bench.waiting(kinds.WAKE) == 1
    bench.forget()
    bench.grant(no(p.WAKE_ABNORMAL))
    assert bench.out(remote.BLE) == [b"S"]
    assert bench.waiting(kinds.WAKE) == 0
    assert bench.out(remote.INDICATOR) == []
    bench.grant(line(p.WAKE_ABNORMAL))
    assert [interval(data) for data in bench.out(remote.BLE)[1:]] == [20], "and is back with a new grant"


def test_episodes_go_on_counting_after_the_lock_was_open() -> None:
    """An acknowledgement of the first must not end the second."""
    bench = armed(p.WAKE_ABNORMAL)
    for expected in (1, 2):
        bench.give(remote.MOTION, KNOCK)
        bench.tick()
        bench.drain()
        assert [m.facts[2] for m in bench.published() if m.name == "wake"][-1] == expected
        bench.ask(r.DISARM)
        bench.ask(r.ARM)


def test_the_rig_sees_states_and_attempts() -> None:
    """Numbers that say nothing of where or who."""
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.MOTION, KNOCK)
    bench.run(6 * SECOND)
    bench.ask(r.ACKNOWLEDGE, 1)
    bench.run(SECOND)
    assert notes(bench, j.ALARM) == [1, 2, 3]
    assert notes(bench, j.WAKE)[0] == 1


def test_a_withdrawal_by_the_broker_takes_the_advert_off_the_air_in_the_same_tick() -> None:
    """It comes after the alarm had its turn: the gate looks once more at the end of every tick."""
    bench = armed(p.WAKE_ABNORMAL)
    bench.give(remote.MOTION, KNOCK)
    bench.tick()
    bench.drain()
    bench.forget()
    topic = bench.core.topic + kinds.RECORD
    bench.give(remote.LINK, b"M" + bytes((len(topic),)) + topic + bench.chain.next(no(p.WAKE_ABNORMAL)))
    bench.tick()
    assert bench.out(remote.BLE) == [b"S"]
