"""Canaries: values that exist once, in every sensor and secret of a device that lives a random life, looked for wherever bytes go.

A key, a serial number or the network's name may show nowhere but at the radio it is for. A place or a picture may show nowhere but
at the link, while it is granted and the grant names the platform: else it is withheld, or leaves sealed. A precise place does not
show under a coarse grant. What the agent holds in memory is searched once something was withdrawn.
"""

import gc
import random
import types
from array import array
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent.base.geo import cell_lat, cell_lon
from agent.privacy import purposes as p
from agent.privacy.minimise import METRES
from simulator import remote
from simulator.clock import Clock
from simulator.device import Exchange, InProcess, Start, Step
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.proof.alter import SERIALS, places_in
from simulator.proof.consent import Onlooker
from simulator.proof.detector import Detector
from simulator.proof.life import LENGTH_MS, Actor, Chatterbox, Life
from simulator.route import Place
from simulator.tap import NAMES, Tap
from simulator.world import WIFI, Setting, World

_PIECE = 12  # bytes of a picture that are no accident


class Hit(NamedTuple):
    t: int
    where: str
    what: str
    data: str

    def __str__(self) -> str:
        return f"at {self.t} ms, {self.where} shows {self.what}: {self.data}"


class Spotted(Exception):
    def __init__(self, hit: Hit) -> None:
        super().__init__(str(hit))
        self.hit = hit


class Searched(InProcess):
    """A device of which every output is searched in the tick in which it is made."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.onlooker: Onlooker
        self.searched = 0
        self.secrets = Detector()
        self._clock = clock
        self._places = Detector()
        self._pictures = Detector()
        self._network = Detector()
        self._network.add("the network's name", WIFI.ssid)
        self._network.add("the network's password", WIFI.password)

    def boot(self, start: Start) -> None:
        for name in ("pairing_key", "device_id", *SERIALS):
            self.secrets.add(name, start.secrets.get(name, b""))
        super().boot(start)

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        given = list(inputs)
        told = self.onlooker.see(given)
        for port, data in given:
            if port == remote.GNSS:
                for lat, lon in places_in(data):
                    if not _central(lat, lon):
                        self._places.place(lat, lon)
            elif port == remote.CAMERA and data[:1] == b"D":
                self._pictures.add(f"picture {data[1:9].hex()}", data[1 : 1 + _PIECE])
        step = super().step(now, given)
        for port, data in step.outputs:
            self._search(port, data)
        if told or step.wait_ms < 0:
            self.look_inside()
        return step

    def readable(self, port: int) -> tuple[bool, bool]:
        """(a precise place may show at this port, a picture may)."""
        seconds = self._clock.seconds()
        see, given = self.onlooker.readable, self.onlooker.granted
        places = (p.LOCATION_REPORT, p.LOCATION_ALARM)
        place = any(given(one, seconds) == 0 and see(one, seconds) for one in places)
        return port == remote.LINK and place, port == remote.LINK and see(p.PHOTO, seconds)

    def _search(self, port: int, data: bytes) -> None:
        self.searched += len(data)
        place, picture = self.readable(port)
        found = self.secrets.search(data)
        if port != remote.WIFI:
            found |= self._network.search(data)
        if not place:
            found |= self._places.search(data)
        if not picture:
            found |= self._pictures.search(data)
        if found:
            raise Spotted(Hit(self._clock.t, NAMES[port], ", ".join(sorted(found)), data.hex()))

    def look_inside(self) -> None:
        """Everything the core can reach, once no purpose may know a place or a picture: journal, store, buffers, views."""
        seconds = self._clock.seconds()
        given = self.onlooker.granted
        place = given(p.LOCATION_REPORT, seconds) < 0 and given(p.LOCATION_ALARM, seconds) < 0
        picture = given(p.PHOTO, seconds) < 0
        hub = self.stepper.hub
        for one in remembered(self.stepper.core, hub, *hub.ports, *hub.secrets.values()):
            data = one.to_bytes(8, "big", signed=True) if isinstance(one, int) else bytes(one)
            found = self._places.search(data[:4_096]) if place else set[str]()
            if picture and not isinstance(one, int):
                found |= self._pictures.search(data)
            if found:
                raise Spotted(Hit(self._clock.t, "memory", ", ".join(sorted(found)), data[:64].hex()))


def _central(lat: int, lon: int) -> bool:
    """In the very middle of a cell: there the precise place and the coarse one are the same number."""
    return any(cell_lat(lat, m) == lat or cell_lon(lat, lon, m) == lon for m in METRES[1:])


def remembered(root: object, *apart: object) -> "Iterator[int | bytes | bytearray | array[int] | memoryview]":
    """Every number, byte string and array that can be reached from `root` without passing `apart`."""
    seen = {id(one) for one in apart if one is not None}
    todo = [root]
    while todo:
        one = todo.pop()
        if id(one) in seen or isinstance(one, type | types.ModuleType | types.FunctionType | types.CodeType):
            continue
        if isinstance(one, int):
            if -(1 << 62) < one < 1 << 62 and abs(one) >= 1 << 16:
                yield one
            continue
        if isinstance(one, bytes | bytearray | array | memoryview):
            yield one
            continue
        seen.add(id(one))
        todo.extend([one.__self__] if isinstance(one, types.MethodType) else gc.get_referents(one))


class Watched(NamedTuple):
    """One life searched."""

    life: Life
    searched: int  # bytes
    hit: Hit | None


def watch(life: Life) -> Watched:
    """Lives one life with canaries in it."""
    clock = Clock(life.start_s, life.ticks)
    device = Searched(clock)
    engine = Engine(device, clock, Tap())
    rng = random.Random(f"{life.seed} receiver")

    def receiver(engine: Engine) -> Chatterbox:
        return Chatterbox(engine, where, rng)

    def where(t: int) -> Place:
        return world.bike.place(t)

    world = World(engine, Setting(life.seed), Diary(lambda: clock.t), make_receiver=receiver)
    world.secrets |= {name: f"canary-{name}-{life.seed}".encode() for name in SERIALS}
    device.onlooker = Onlooker(world.owner)
    actor = Actor(world)
    for event in life.events:
        engine.at(event.t, lambda event=event: actor.play(event))
    hit = None
    try:
        engine.run(LENGTH_MS)
        device.look_inside()
    except Spotted as spotted:
        hit = spotted.hit
    return Watched(life, device.searched, hit)
