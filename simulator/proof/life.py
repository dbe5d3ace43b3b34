"""A random life of one device: what owner, thief, weather and time do to it, as a list of events from one seed. Can be cut down.

A life knows nothing of two worlds. It grants, or never grants, the purpose under proof; everything else is chance.
"""

import random
from collections.abc import Sequence
from typing import NamedTuple

from agent.privacy import purposes as p
from agent.privacy.grants import personal
from simulator import remote
from simulator.cloud import VirtualCloud
from simulator.gnss import Receiver
from simulator.mqtt.faults import Fault
from simulator.owner import GIVEN, REFUSED, WITHDRAWN, Consent
from simulator.world import World

LENGTH_MS = 8 * 60_000
_FIRST_MS = 3_000
_PRECISIONS = 3
_RECIPIENTS = 6
_NAMES_PLATFORM = 0.4  # of the grants to the owner: then a person's items leave readable
ROUTES = ("the long way", "to the harbour", "round the hill", "to the ferry")
NEVER, ENDS, UNSENT, STAYS, SEALED = "never", "ends", "unsent", "stays", "sealed"
MODES = (NEVER, ENDS, UNSENT, STAYS)
"""How the purpose under proof fares: never granted to the owner · granted and taken back · granted, collected without a network, taken
back unsent · granted to the end. `SEALED`: granted to the end to the owner alone, so that its messages must tell nobody else a
thing; for what is a person's, and as it was measured."""


class Combo(NamedTuple):
    """What is proven of one life: `recipient` is the only one the purpose is granted to."""

    purpose: int
    precision: int
    recipient: int
    mode: str

    def __str__(self) -> str:
        return f"{self.purpose}/{self.precision}/{self.recipient}/{self.mode}"


class Event(NamedTuple):
    t: int
    do: str
    args: tuple[int | str | tuple[int, ...], ...] = ()


class Life(NamedTuple):
    seed: int
    combo: Combo
    start_s: int
    ticks: int
    events: Sequence[Event]


def combos() -> list[Combo]:
    """Every purpose × precision × recipient of the policy, in every way it can fare. Granted to somebody else is never granted to
    the owner, to whom all messages of this build go."""
    found: list[Combo] = []
    for purpose in range(1, p.COUNT):
        for precision in range(_PRECISIONS):
            for recipient in range(_RECIPIENTS):
                found += [Combo(purpose, precision, recipient, mode) for mode in modes(purpose, precision, recipient)]
    return found


def modes(purpose: int, precision: int, recipient: int) -> tuple[str, ...]:
    if not p.GRANTABLE >> purpose & 1 or recipient != p.OWNER:
        return (NEVER,)
    return (*MODES, SEALED) if personal(purpose) and precision == 0 else MODES


def make(seed: int, combo: Combo) -> Life:
    rng = random.Random(f"{seed}/{combo}")
    events = [
        Event(0, "open"),
        Event(rng.randrange(1_500), "boot"),
        Event(rng.randrange(10_000, 20_000), "ride", (_route(rng),)),
    ]
    others = [n for n in range(1, p.COUNT) if p.GRANTABLE >> n & 1 and n != combo.purpose and not _same_data(n, combo)]
    granted = tuple(rng.sample(others, rng.randrange(len(others) + 1)))
    if granted:
        events.append(Event(rng.randrange(_FIRST_MS, 9_000), "grant", (granted, rng.randrange(_PRECISIONS), 1, 3_600)))
    events += _fate(rng, combo)
    chance = [_chance(rng, others) for _ in range(rng.randrange(14))]
    offline = ("wifi", "restart") if combo.mode == UNSENT else ()
    events += [event for event in chance if event.do not in offline]
    if rng.random() < 0.5:
        armed = rng.randrange(20_000, 120_000)
        events += [
            Event(armed, "ask", ("arm",)),
            Event(armed + rng.randrange(5_000, 60_000), "jolt", (rng.randrange(1_000),)),
        ]
    events += [Event(rng.randrange(_FIRST_MS, LENGTH_MS), "ask", ("photo",)) for _ in range(rng.randrange(3))]
    ticks = rng.choice((1_000, (1 << 30) - rng.randrange(LENGTH_MS), rng.randrange(1 << 30)))
    start_s = rng.choice((217_000_000, 217_000_000 + rng.randrange(300_000_000)))
    return Life(seed, combo, start_s, ticks, sorted(events, key=lambda event: event.t))


def _same_data(purpose: int, combo: Combo) -> bool:
    """Another purpose that may show the same sensor's data: it is left alone half the time, so that both are seen."""
    places = (p.LOCATION_REPORT, p.LOCATION_ALARM)
    return (
        combo.mode in (NEVER, UNSENT, SEALED)
        and purpose in places
        and combo.purpose in places
        and combo.recipient == p.OWNER
    )


def _fate(rng: random.Random, combo: Combo) -> list[Event]:
    platform = combo.recipient == p.OWNER and combo.mode != SEALED and rng.random() < _NAMES_PLATFORM
    terms = combo.precision, 1 << combo.recipient | (1 << p.PROVIDER if platform else 0), 3_600
    if combo.mode == NEVER:
        asked = combo.recipient != p.OWNER or not p.GRANTABLE >> combo.purpose & 1
        return [Event(rng.randrange(9_000, 30_000), "grant", ((combo.purpose,), *terms))] if asked else []
    given = rng.randrange(9_000, 30_000)
    fate = [Event(given, "grant", ((combo.purpose,), *terms))]
    if combo.mode == ENDS:
        end = rng.randrange(120_000, 240_000)
        how = rng.choice(("withdraw", "refuse", "hold", "expire"))
        if how == "expire":
            return [Event(given, "grant", ((combo.purpose,), *terms[:2], end // 1000))]
        return [*fate, Event(end, how, ((combo.purpose,),) if how != "hold" else ())]
    if combo.mode == SEALED and combo.purpose == p.PHOTO:  # something must leave
        fate += [Event(rng.randrange(40_000, LENGTH_MS), "ask", ("photo",)) for _ in range(3)]
    if combo.mode == UNSENT:
        off = given + rng.randrange(8_000, 20_000)
        end = off + rng.randrange(90_000, 150_000)
        fate += [Event(off, "wifi", (0,)), Event(end, "hold"), Event(end + rng.randrange(2_000, 20_000), "wifi", (1,))]
    return fate


def _chance(rng: random.Random, others: Sequence[int]) -> Event:
    """One random event that never grants the purpose under proof."""
    some = tuple(rng.sample(others, rng.randrange(1, 1 + min(3, len(others)))))
    kinds: list[tuple[str, tuple[int | str | tuple[int, ...], ...]]] = [
        ("grant", (some, rng.randrange(_PRECISIONS), 1, rng.choice((60, 240, 3_600)))),
        ("withdraw", (some,)),
        ("wifi", (0,)),
        ("wifi", (1,)),
        ("broker", (0,)),
        ("broker", (1,)),
        ("fault", (rng.choice(("lose", "duplicate", "drop", "swallow")), rng.choice(("PUBACK", "PUBLISH", "CONNACK")))),
        ("restart", ()),
        ("garbage", (rng.randrange(1 << 30),)),
        ("ride", (_route(rng),)),
        ("stop", ()),
        ("press", ()),
        ("charge", (rng.randrange(2),)),
        ("replay", (rng.randrange(6),)),
        ("frame", (rng.randrange(1 << 30),)),
    ]
    do, args = rng.choice(kinds)
    return Event(rng.randrange(20_000, LENGTH_MS), do, args)


def _route(rng: random.Random) -> str:
    return rng.choice(ROUTES)


class Chatterbox(Receiver):
    """A receiver without a power switch: it goes on talking whatever it is told, so that there is always something to leak."""

    def begin(self) -> None:
        Receiver.command(self, b"P\x01")

    def command(self, data: bytes) -> None:
        if data == b"Z":
            Receiver.command(self, data)


class Actor:
    """Plays the events of a life on a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def play(self, event: Event) -> None:
        world, args = self._world, event.args
        match event.do, args:
            case "open", ():
                world.phone.open()
            case "boot" | "restart", ():
                world.boot()
                if isinstance(world.receiver, Chatterbox) and not world.receiver.on:
                    world.receiver.begin()
            case "grant", (tuple() as purposes, int() as precision, int() as recipients, int() as seconds):
                lines = [Consent(n, GIVEN, 0, precision, 3_600, recipients) for n in purposes]
                world.phone.consent(lines, seconds)
            case "withdraw" | "refuse", (tuple() as purposes,):
                state = REFUSED if event.do == "refuse" else WITHDRAWN
                world.phone.consent([Consent(n, state) for n in purposes], 86_400)
            case "hold" | "press", ():
                world.press(event.do == "hold")
            case "ask", (str() as what,):
                world.phone.ask(what)
            case "ride", (str() as route,):
                world.ride(route)
            case "stop", ():
                world.bike.stop()
            case "jolt", (int() as mg,):
                world.bike.jolt(mg)
            case "charge", (int() as on,):
                world.bike.plug(bool(on))
            case _:
                self._weather(event)

    def _weather(self, event: Event) -> None:
        world, args = self._world, event.args
        cloud = world.cloud
        match event.do, args:
            case "wifi", (int() as on,):
                world.station.working = bool(on)
                if not on:
                    world.station.lose()
            case "broker", (int() as on,) if isinstance(cloud, VirtualCloud):
                (cloud.start if on else cloud.stop)()
            case "fault", (str() as action, str() as packet) if isinstance(cloud, VirtualCloud):
                name = world.owner.binding.topic[2:-1].decode()
                cloud.broker.faults.add(Fault(action, packet, client=name, times=1))
            case "garbage", (int() as seed,):
                world.engine.give(remote.GNSS, random.Random(seed).randbytes(60))
            case "frame", (int() as seed,):
                world.engine.give(remote.CAMERA, b"D" + random.Random(seed).randbytes(90))
            case "replay", (int() as k,):
                if world.owner.records:
                    world.phone.send(world.owner.records[k % len(world.owner.records)].body, "mqtt")
            case _:
                raise ValueError(f"no life holds {event.do}")
