"""Stepped devices seen from the rig: virtual time, a world that answers, and a machine that dies with its last words."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from simulator import remote
from simulator.device import Device, DeviceError, Exchange, InProcess, Start, Step, Vm
from simulator.stepper import RESTART
from tools import mpy
from tools.errors import Problem
from tools.rig import virtual
from tools.rig.client import Rig
from tools.rig.log import DeviceLog
from tools.rig.stepped import SteppedWire
from tools.rig.wire import WireGone


class Scripted:
    """A device that says what it is told to, tick by tick, and remembers what it was given."""

    def __init__(self, *steps: Step) -> None:
        self.steps = list(steps)
        self.boots: list[Start] = []
        self.given: list[tuple[int, Sequence[Exchange]]] = []

    def boot(self, start: Start) -> None:
        self.boots.append(start)

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        self.given.append((now, list(inputs)))
        return self.steps.pop(0) if self.steps else Step([], 1000)

    def erase(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_the_world_answers_in_the_same_tick() -> None:
    """Wi-Fi joins, the broker accepts and acknowledges: the device need not wait for a world that has no delays."""
    publish = b"P\x00\x07\x01\x03a/bx"
    device = Scripted(
        Step([(remote.WIFI, b"J\x01n\x00")], 0), Step([(remote.LINK, b"O...")], 0), Step([(remote.LINK, publish)], 0)
    )
    wire = SteppedWire("x", device)
    wire.step()
    assert [inputs for _, inputs in device.given] == [
        [],
        [(remote.WIFI, b"U" + bytes((128 - 55,)))],
        [(remote.LINK, b"U")],
        [(remote.LINK, b"A\x00\x07")],
    ]
    assert {now for now, _ in device.given} == {0}
    assert wire.bench.published("b") == [(0, b"x")]


def test_a_connection_that_was_closed_owes_nothing() -> None:
    """An acknowledgement of the old connection would be taken for one of the new."""
    device = Scripted(Step([(remote.LINK, b"P\x00\x01\x01\x01a"), (remote.LINK, b"C\x00")], 0))
    SteppedWire("x", device).step()
    assert [inputs for _, inputs in device.given] == [[]]


def test_a_restart_boots_with_what_was_stored_and_other_randomness() -> None:
    """Secrets survive, ticks and nonces do not."""
    stored = Step([(remote.SECRETS, b"P\x05epoch\x00\x00\x00\x02"), (remote.SECRETS, b"D\x02ca")], RESTART)
    device = Scripted(Step([], 10), stored)
    wire = SteppedWire("x", device)
    wire.factory({"ca": b"c", "epoch": b"\0\0\0\1"})
    wire.pass_time(20)
    wire.pass_time(20)
    first = device.boots[0]
    last = device.boots[-1]
    assert (len(device.boots), first.secrets) == (3, {}), "at power-on, from the factory, after the restart"
    assert (dict(last.secrets), last.now) == ({"epoch": b"\0\0\0\2"}, 0)
    assert len({boot.seed for boot in device.boots}) == 3


def test_time_passes_only_for_those_who_wait() -> None:
    """Virtual time: a silent device costs no real second, and a read that is answered costs none at all."""
    device = Scripted(Step([(remote.CONSOLE, b"at once")], 0))
    wire = SteppedWire("x", device)
    wire.write(b"?")
    assert (wire.read(1000), wire.now_ms()) == (b"at once", 0)
    assert (wire.read(1000), wire.now_ms()) == (b"", 1000)


def test_a_long_write_never_overruns_a_line() -> None:
    """A line of the device holds 320 bytes: more comes in the next step."""
    device = Scripted()
    SteppedWire("x", device).write(bytes(1000))
    assert [len(data) for _, inputs in device.given for _, data in inputs] == [256, 256, 256, 232]


def test_a_device_that_never_rests_is_reported() -> None:
    """A device and a world that answer each other for ever would hang the test run."""

    class Restless(Scripted):
        def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
            return Step([(remote.LINK, b"O")], 0)

    with pytest.raises(WireGone, match="does not come to rest"):
        SteppedWire("x", Restless()).step()


@pytest.mark.parametrize("pty", [False, True])
def test_a_machine_that_dies_is_noticed_with_its_last_words(vm: Path, pty: bool, tmp_path: Path) -> None:
    """On a pipe and on a pty: the traceback is in the error, in the log, and counts as a crash."""
    log = DeviceLog(tmp_path / "log")
    device = Vm(vm, mpy.compiled(optimise=0), heap="240k", pty=pty, on_text=log.text)
    wire = SteppedWire("vm", device)
    rig = Rig(wire, log)
    rig.hello()
    with pytest.raises(WireGone, match=r"(?s)exit code 1.*ValueError"):
        wire.step([(0, b"no such port")])
    assert "traceback" in (log.crash() or "")
    with pytest.raises(WireGone):
        wire.pass_time(20)
    rig.close()
    rig.close()
    log.close()


def test_a_machine_that_cannot_start_is_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Too small a heap, a broken tree: a Problem, not a traceback."""

    def dead(name: str, log: DeviceLog) -> SteppedWire:
        class Dead(InProcess):
            def boot(self, start: Start) -> None:
                raise DeviceError("the device ended with exit code 1")

        device: Device = Dead()
        return SteppedWire(name, device)

    monkeypatch.setitem(virtual.DEVICES, "sim", dead)
    log = DeviceLog(tmp_path / "log")
    with pytest.raises(Problem, match="the device did not start"):
        virtual.power("sim", log)
    log.close()
