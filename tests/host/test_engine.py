"""The engine's turns: order, batches, time; on a device that only listens."""

from collections.abc import Sequence

import pytest

from simulator import remote, tap
from simulator.clock import WRAP, Clock, stamp
from simulator.device import Exchange, Start, Step
from simulator.engine import MAX_INPUT, MAX_LINE, Engine


class Deaf:
    """A device that says nothing, and wants to run again after `wait` ms."""

    def __init__(self, wait: int = 86_400_000, says: Sequence[Exchange] = ()) -> None:
        self.steps: list[tuple[int, tuple[Exchange, ...]]] = []
        self._wait = wait
        self._says = says

    def boot(self, start: Start) -> None:
        pass

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        self.steps.append((now, tuple(inputs)))
        return Step(self._says, self._wait)

    def close(self) -> None:
        pass


def started(device: Deaf, ticks: int = 0) -> Engine:
    engine = Engine(device, Clock(217_000_000, ticks), tap.Tap())
    engine.boot(Start(ticks, 0, bytes(16)))
    return engine


def test_time_jumps_from_event_to_event() -> None:
    """A quiet hour costs nothing."""
    device = Deaf()
    engine = started(device)
    for t in (3_600_000, 5, 7_000):
        engine.at(t, lambda t=t: engine.give(remote.MOTION, t.to_bytes(4, "big")))
    engine.run(10_000_000)
    assert [now for now, _ in device.steps] == [0, 5, 7_000, 3_600_000]
    assert engine.clock.t == 10_000_000


def test_events_of_one_instant_run_in_the_order_they_were_planned() -> None:
    """The scheduler never decides order, and all their inputs are one step."""
    device = Deaf()
    engine = started(device)
    for k in range(5):
        engine.at(9, lambda k=k: engine.give(remote.MOTION, bytes((0, k))))
    engine.run(20)
    assert device.steps[-1] == (9, tuple((remote.MOTION, bytes((0, k))) for k in range(5)))


def test_an_event_without_input_costs_no_step() -> None:
    """What the device cannot notice does not wake it."""
    device = Deaf()
    engine = started(device)
    engine.at(9, lambda: None)
    engine.run(20)
    assert len(device.steps) == 1


def test_a_device_that_will_not_rest_gets_a_millisecond_each_time() -> None:
    """Wait 0 must not stop the world."""
    device = Deaf(wait=0)
    engine = started(device)
    engine.run(50)
    assert [now for now, _ in device.steps] == list(range(50))


def test_ticks_wrap_and_the_world_goes_on() -> None:
    """2**30 milliseconds are twelve days."""
    device = Deaf(wait=1_000)
    engine = started(device, ticks=WRAP - 1_500)
    engine.run(3_000)
    assert [now for now, _ in device.steps] == [WRAP - 1_500, WRAP - 500, 500]


def test_more_input_than_a_frame_takes_several_steps_of_one_instant() -> None:
    """At the limit one step, past it two; a serial port has a smaller limit of its own."""
    for size, count, steps in (
        (MAX_INPUT, 1, 1),
        (MAX_INPUT // 2, 2, 1),
        (MAX_INPUT // 2 + 2, 2, 2),
        (MAX_INPUT, 3, 3),
    ):
        device = Deaf()
        engine = started(device)
        engine.run(5)
        for _ in range(count):
            engine.give(remote.LINK, bytes(size - 3 if count > 1 else size))
        engine.at(7, lambda: None)
        engine.run(20)
        assert [now for now, _ in device.steps[1:]] == [7] * steps, (size, count)
    device = Deaf()
    engine = started(device)
    engine.run(5)
    for _ in range(3):
        engine.give(remote.GNSS, bytes(MAX_LINE // 2))
    engine.at(7, lambda: None)
    engine.run(20)
    assert [len(inputs) for _, inputs in device.steps[1:]] == [2, 1]
    with pytest.raises(ValueError, match="at most"):
        engine.give(remote.LINK, bytes(MAX_INPUT + 1))


def test_a_device_without_power_hears_nothing() -> None:
    """What happened before the start is not in its ports after it."""
    device = Deaf()
    engine = Engine(device, Clock(217_000_000), tap.Tap())
    engine.give(remote.MOTION, b"\x01\x00")
    engine.at(5, lambda: engine.boot(Start(0, 0, bytes(16))))
    engine.run(20)
    assert device.steps == [(1_005, ())]


def test_listeners_hear_what_the_device_says_in_its_order() -> None:
    """And the tap has it before anybody acts on it."""
    heard: list[tuple[int, bytes, int]] = []
    says = ((remote.LINK, b"a"), (remote.WIFI, b"L"), (remote.LINK, b"b"))
    engine = started(Deaf(says=says))
    for port in (remote.LINK, remote.WIFI):
        engine.listen(port, lambda data, port=port: heard.append((port, data, len(engine.tap.seen))))
    engine.run(5)
    assert heard == [(remote.LINK, b"a", 1), (remote.WIFI, b"L", 2), (remote.LINK, b"b", 3)]


def test_real_time_may_move_the_clock_up_to_what_is_due() -> None:
    """`advance` is for receivers that speak in between; `stop` for somebody at the keyboard."""
    device = Deaf(wait=1_000)
    engine = started(device)
    engine.settle = lambda: engine.advance(700)
    engine.run(900)
    assert engine.clock.t == 900
    engine.settle = engine.stop
    engine.run(5_000)
    assert engine.clock.t == 900


def test_the_tap_covers_what_is_stored_and_shows_what_is_sent() -> None:
    """A transcript may be shared: no key, no snapshot and no Wi-Fi password is in it."""
    lines: list[str] = []
    witness = tap.Tap(lines.append)
    witness.note(1, remote.SECRETS, tap.OUT, b"P\x03key" + b"very secret value")
    witness.note(2, remote.SECRETS, tap.OUT, b"D\x03key")
    witness.note(3, remote.WIFI, tap.OUT, b"J\x03net\x06hunter")
    witness.note(4, remote.WIFI, tap.OUT, b"L")
    witness.note(5, remote.GNSS, tap.IN, b"$GP")
    assert lines[2] == f"3 wifi > {(b'J' + bytes((3,)) + b'net' + bytes((6,)) + b'******').hex()}\n"
    assert lines[3:] == ["4 wifi > 4c\n", "5 gnss < 244750\n"]
    assert lines[1] == "2 secrets > 44036b6579\n"
    shown = bytes.fromhex(lines[0].split()[3])
    assert shown.startswith(b"P\x03key\x00\x11")
    assert len(shown) == 5 + 2 + 8
    assert witness.gnss_in == [5]
    assert witness.counts[remote.WIFI, tap.OUT] == (2, 13)


def test_the_clock_tells_ticks_seconds_and_dates() -> None:
    """Three ways to say one moment."""
    clock = Clock(217_000_000, WRAP - 1)
    clock.t = 61_500
    assert (clock.ticks(), clock.seconds()) == (61_499, 217_000_061)
    assert clock.date().isoformat() == "2026-11-16T13:47:41.500000+00:00"
    assert stamp(3_661_007) == "1:01:01.007"
    for start, ticks in ((-1, 0), (1 << 30, 0), (0, WRAP), (0, -1)):
        with pytest.raises(ValueError, match=r"lie|starts"):
            Clock(start, ticks)
