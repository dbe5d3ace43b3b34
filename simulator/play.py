"""Runs one scenario on one device, from the first step to the last, and gathers what there is to judge: tap, audit, books, wakes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from agent.core import Core
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES
from simulator import remote, schema
from simulator.audit import Audit
from simulator.books import Account, settle
from simulator.clock import Clock
from simulator.device import Device, InProcess
from simulator.diary import Diary, Entry
from simulator.engine import Engine
from simulator.scenario import Scenario
from simulator.stage import Stage
from simulator.tap import OUT, Tap
from simulator.world import MakeCloud, MakeReceiver, World

_SAME_ALARM_MS = 60_000  # a second jolt within a minute belongs to the same theft


class Wake(NamedTuple):
    """One theft, and how the phone learned of it: `after_ms` -1 when it did not."""

    t: int
    after_ms: int
    how: str


@dataclass
class Options:
    """What a tool may put in place of the simulator's own parts, and whom it wants told."""

    make_cloud: MakeCloud | None = None
    make_receiver: MakeReceiver | None = None
    sink: Callable[[str], object] | None = None  # every line of the transcript
    on_entry: Callable[[Entry], object] = bool
    progress: Callable[[int], object] = bool
    settle: Callable[[Engine], object] | None = None  # called before time moves
    stoppable: bool = False  # the keyboard's interrupt ends the run early, and it is judged all the same


@dataclass
class Run:
    """A finished run."""

    scenario: Scenario
    world: World
    tap: Tap
    audit: Audit
    judge: schema.Judge
    books: Sequence[Account] = ()
    wakes: list[Wake] = field(default_factory=list[Wake])
    links: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])  # (t, control | presence | none)
    steps: int = 0

    def calls(self, start: int, end: int) -> int:
        """Connections the device began in this time, whatever became of them."""
        return sum(seen.data[:1] == b"O" for seen in self.tap.at(remote.LINK, OUT, start, end))


def play(scenario: Scenario, device: Device, options: Options | None = None) -> Run:
    """The whole scenario. DeviceError when the device dies."""
    chosen = options or Options()
    clock = Clock(scenario.start_s, scenario.ticks)
    tap = Tap(chosen.sink)
    engine = Engine(device, clock, tap)
    diary = Diary(lambda: clock.t)
    diary.on_entry = chosen.on_entry
    world = World(engine, scenario.setting, diary, chosen.make_cloud, chosen.make_receiver)
    world.phone.acknowledges = scenario.answers
    if chosen.settle is not None:
        before = chosen.settle
        engine.settle = lambda: before(engine)
    stage = Stage(world)
    for step in scenario.steps:
        engine.at(step.number("at"), lambda step=step: stage.play(step))
    cores: list[Core] = []
    if isinstance(device, InProcess):
        world.on_boot = lambda: cores.append(device.stepper.core)
    try:
        engine.run(scenario.length, chosen.progress)
    except KeyboardInterrupt:
        if not chosen.stoppable:
            raise
        scenario = replace(scenario, length=max(clock.t, 1))
    return _gather(scenario, world, tap, cores)


def _gather(scenario: Scenario, world: World, tap: Tap, cores: list[Core]) -> Run:
    judge = schema.Judge(schema.load())
    audit = Audit(world.owner.binding, scenario.start_s)
    moments = sorted([(t, 0) for t in world.boots] + [(t, 1) for t in tap.fixes])
    at = 0
    for seen in tap.seen:
        while at < len(moments) and moments[at][0] <= seen.t:
            (audit.fix if moments[at][1] else audit.boot)(moments[at][0])
            at += 1
        audit.see(seen)
        judge.see(seen)
    audit.close(scenario.length)
    run = Run(scenario, world, tap, audit, judge, steps=world.engine.steps)
    run.books = settle(audit.releases, cores, world.cloud, world.owner.binding.topic.decode(), audit.erased)
    run.wakes = _wakes(world.diary)
    run.links = _links(world.diary, audit)
    return run


def _wakes(diary: Diary) -> list[Wake]:
    found: list[Wake] = []
    for theft in diary.find("theft"):
        if found and theft.t - found[-1].t < _SAME_ALARM_MS:
            continue
        woke = next((entry for entry in diary.find("woke", theft.t)), None)
        later = next((entry.t for entry in diary.find("theft", theft.t + _SAME_ALARM_MS)), 1 << 62)
        if woke is None or woke.t >= later:
            found.append(Wake(theft.t, -1, "never"))
        else:
            found.append(Wake(theft.t, woke.t - theft.t, str(woke.facts["how"])))
    return found


def _links(diary: Diary, audit: Audit) -> list[tuple[int, str]]:
    """How the device was known to the broker, and since when."""
    found: list[tuple[int, str]] = []
    for entry in diary.find("link"):
        if entry.facts["state"] != "up":
            found.append((entry.t, "none"))
            continue
        purpose = [purpose for t, purpose in audit.connections if t <= entry.t][-1:] or [p.CONTROL]
        found.append((entry.t, PURPOSES[purpose[0]]))
    return found
