"""Two worlds, one transcript (I10): one life, lived by two devices that differ only in data nobody may know; every port compared.

The second device stands beside the first: it gets the same inputs in the same ticks, but for the altered ones, and must say the
same bytes, want the same pauses and call the same ports. The world answers the first, so that the first difference ends the run.
Released by the policy itself, and mapped: the network's name and password, which the Wi-Fi radio is given to join with. What is
sealed is compared byte for byte like everything else, but in a life that alters what is sealed: there as somebody sees it who lacks
the owner's key, all but the bytes of the cipher. How many messages were collected under a grant and held is the egress ledger's to
tell the owner: in a life that collects what it never sends, the ledger's own writes are not compared from then on.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import cbor2

from agent.link import kinds
from agent.privacy.grants import personal
from simulator import nor, remote
from simulator.audit import kind_of
from simulator.clock import Clock
from simulator.cloud import post_of
from simulator.device import Device, Exchange, InProcess, Start, Step
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.opener import is_sealed
from simulator.proof.alter import SERIALS, Other
from simulator.proof.consent import Onlooker
from simulator.proof.life import LENGTH_MS, SEALED, UNSENT, Actor, Chatterbox, Combo, Life, combos, make
from simulator.route import Place
from simulator.tap import NAMES, Tap
from simulator.world import Setting, World

_SHRINKS = 60
_LEDGER_STREAM = 24  # of entropy (agent/privacy/clerk.py)
_EVENTS = nor.BLOCK * dict(nor.REGIONS)["events"]  # the first region of the chip


class Difference(NamedTuple):
    """The first exchange in which the two worlds differ."""

    t: int
    what: str  # a port's name, "wait", "calls"
    mine: str
    theirs: str

    def __str__(self) -> str:
        return f"at {self.t} ms, {self.what}:\n  one world   {self.mine}\n  the other   {self.theirs}"


class Found(Exception):
    def __init__(self, difference: Difference) -> None:
        super().__init__(str(difference))
        self.difference = difference


@dataclass
class Result:
    """One life proven: how much was compared, and the difference if there is one."""

    life: Life
    steps: int = 0
    exchanges: int = 0
    altered: int = 0
    veiled: int = 0  # messages that differ, and only within their cipher
    difference: Difference | None = None


class Calls:
    """Every call of every port of one device in this process, by name, in order, and what flash was told with every byte.
    Callbacks are not calls of ours."""

    def __init__(self) -> None:
        self.log: list[str] = []
        self.counted = False  # the egress ledger counts other messages here than there: how it is written is not noted

    def watch_flash(self, device: InProcess) -> None:
        """Its raw regions; what they hold outlives every boot, so once is enough."""
        for name in ("program", "erase"):
            setattr(device.chip, name, self._written(name, getattr(device.chip, name)))

    def _written(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(at: int, *data: bytes) -> object:
            if not self.counted or at >= _EVENTS:
                self.log.append(f"flash.{name} {at} {b''.join(bytes(one) for one in data).hex()}")
            return method(at, *data)

        return call

    def watch(self, device: InProcess) -> None:
        hub = device.stepper.hub
        for number, one in [(0, hub), *enumerate(hub.ports)]:
            for name in dir(one):
                method = getattr(one, name, None)
                if name.startswith(("_", "on_", "give", "emit")) or not callable(method):
                    continue
                setattr(one, name, self._logged(f"{number}.{name}", method))

    def _logged(self, name: str, method: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object) -> object:
            if not self.counted or name != "0.fill" or args[0] != _LEDGER_STREAM:
                self.log.append(name)
            return method(*args)

        return call

    def take(self) -> list[str]:
        log, self.log = self.log, []
        return log


class Twins:
    """A device for the engine that is two: what the first says is passed on, what the second says must be the same."""

    def __init__(self, make_device: Callable[[], Device], collects_from: int, result: Result) -> None:
        self._mine, self._theirs = make_device(), make_device()
        self._calls = [Calls(), Calls()]
        self._watch_flash()
        self._collects_from = collects_from
        self._apart = False  # the second world collects other data than the first: only what leaves is compared
        self._secrets: dict[bytes, bytes] = {}
        self._result = result
        self.other: Other
        self.onlooker: Onlooker
        self.clock: Clock

    def _watch_flash(self) -> None:
        for calls, device in zip(self._calls, (self._mine, self._theirs), strict=True):
            if isinstance(device, InProcess):
                calls.watch_flash(device)

    def boot(self, start: Start) -> None:
        secrets = self.other.secrets(dict(start.secrets))
        self._secrets = {
            start.secrets[name]: secrets[name] for name in ("wifi_ssid", "wifi_pass") if name in start.secrets
        }
        self._mine.boot(start)
        self._theirs.boot(replace(start, secrets=secrets))
        for calls, device in zip(self._calls, (self._mine, self._theirs), strict=True):
            if isinstance(device, InProcess):
                calls.watch(device)

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        t, seconds = self.clock.t, self.clock.seconds()
        given = list(inputs)
        told = self.onlooker.see(given)
        if t >= self._collects_from and not told:
            self._apart = self.other.collecting = True
            for calls in self._calls:
                calls.counted = True
        if told:
            self._apart = self.other.collecting = False
            self._collects_from = 1 << 62
        mine = self._mine.step(now, given)
        theirs = self._theirs.step(now, self.other.see(given, t, seconds))
        self._result.steps += 1
        self._result.exchanges += len(mine.outputs)
        self._same(t, mine, theirs)
        return mine

    def _same(self, t: int, mine: Step, theirs: Step) -> None:
        for k in range(max(len(mine.outputs), len(theirs.outputs))):
            a = mine.outputs[k] if k < len(mine.outputs) else None
            b = theirs.outputs[k] if k < len(theirs.outputs) else None
            if a is None or b is None or ((a[0], self._mapped(*a)) != b and not self._veiled(a, b)):
                port = NAMES[(a or b or (0, b""))[0]]
                raise Found(Difference(t, port, a[1].hex() if a else "nothing", b[1].hex() if b else "nothing"))
        calls = [one.take() for one in self._calls]
        if self._apart:
            return
        if mine.wait_ms != theirs.wait_ms:
            raise Found(Difference(t, "wait", f"{mine.wait_ms} ms", f"{theirs.wait_ms} ms"))
        if calls[0] != calls[1]:
            raise Found(Difference(t, "calls", " ".join(calls[0]), " ".join(calls[1])))

    def _mapped(self, port: int, data: bytes) -> bytes:
        """What the policy releases: a network's name and password to the radio that joins it."""
        if port == remote.WIFI and data[:1] == b"J":
            for value, other in self._secrets.items():
                data = data.replace(value, other)
        return data

    def _veiled(self, a: Exchange, b: Exchange) -> bool:
        """Whether two messages of the purpose that is altered under seal are one to who cannot open them."""
        alike = (
            self._result.life.combo.mode == SEALED and a[0] == b[0] == remote.LINK and _outside(a[1]) == _outside(b[1])
        )
        self._result.veiled += alike
        return alike

    def flash(self) -> bytes:
        return self._mine.flash()

    def erase(self) -> None:
        self._mine.erase()
        self._theirs.erase()
        self._watch_flash()

    def close(self) -> None:
        self._mine.close()
        self._theirs.close()


def _outside(data: bytes) -> object:
    """A sealed message of a person's item without the bytes of its cipher; anything else as it is."""
    if data[:1] != b"P":
        return data
    post = post_of(data)
    body: dict[int, object] = cbor2.loads(post.body) if post.body else {}
    text = body.get(4)
    if not is_sealed(body) or type(text) is not bytes or not personal(kinds.PURPOSE[kind_of(post.topic, post.body)]):
        return data
    return post._replace(body=b""), body | {4: len(text)}, len(post.body)


def live(life: Life, make_device: Callable[[], Device] = InProcess) -> Result:
    """Lives one life in two worlds."""
    result = Result(life)
    clock = Clock(life.start_s, life.ticks)
    twins = Twins(make_device, _collects_from(life), result)
    engine = Engine(twins, clock, Tap())
    rng = random.Random(f"{life.seed} receiver")
    place: dict[str, Callable[[int], Place]] = {}

    def receiver(engine: Engine) -> Chatterbox:
        return Chatterbox(engine, lambda t: place["of"](t), rng)

    setting = Setting(life.seed, reaction_ms=3_000 + life.seed % 9_000)
    world = World(engine, setting, Diary(lambda: clock.t), make_receiver=receiver)
    place["of"] = world.bike.place
    world.secrets |= {name: f"{name}-of-this-device".encode() for name in SERIALS}
    twins.clock, twins.onlooker = clock, Onlooker(world.owner)
    twins.other = Other(life, twins.onlooker)
    actor = Actor(world)
    for event in life.events:
        engine.at(event.t, lambda event=event: actor.play(event))
    try:
        engine.run(LENGTH_MS)
    except Found as found:
        result.difference = found.difference
    finally:
        twins.close()
    result.altered = twins.other.altered
    return result


def _collects_from(life: Life) -> int:
    """When the network goes, in a life that collects what will never be sent."""
    if life.combo.mode != UNSENT:
        return 1 << 62
    return next((event.t for event in life.events if event.do == "wifi"), 1 << 62)


def shrink(result: Result, make_device: Callable[[], Device] = InProcess) -> Result:
    """The same difference, or another one of the same port, in a life of as few events as some tries find."""
    best, tries = result, 0
    size = max(1, len(best.life.events) // 2)
    while size and tries < _SHRINKS:
        at = 0
        while at < len(best.life.events) and tries < _SHRINKS:
            events = [*best.life.events[:at], *best.life.events[at + size :]]
            tries += 1
            smaller = live(best.life._replace(events=events), make_device)
            if (
                smaller.difference is not None
                and smaller.difference.what == (best.difference or smaller.difference).what
            ):
                best = smaller
            else:
                at += size
        size //= 2
    return best


def prove(seed: int, chosen: Sequence[Combo] | None = None) -> list[Result]:
    """One life of each combination; stops at the first difference, shrunk."""
    results: list[Result] = []
    for combo in chosen or combos():
        result = live(make(seed, combo))
        if result.difference is not None:
            return [*results, shrink(result)]
        results.append(result)
    return results
