"""I3 as whoever reads the chip would see it: the whole memory of a 32-bit machine after a withdrawal, freed blocks included.

A position's text is not looked for: the step wire that stands for the receiver keeps copies of what it delivered. Its numbers
are made by the agent alone, in three forms: 32 bits in an array, a tagged small integer, and as CBOR writes it.
"""

import hmac
import struct
from collections.abc import Iterator
from pathlib import Path

import cbor2
import pytest

from agent.base.geo import cell_lat, cell_lon
from agent.link import kinds
from agent.link.kinds import topic_of
from agent.privacy import purposes as p
from simulator import remote
from simulator.cloud import post_of
from simulator.device import Exchange, Start, Vm
from simulator.opener import Opener, public_of
from tests.portable import bench, signed
from tools import mpy

LAT, LON = 31_205_760, 121_468_723  # of bench.fix
TOPIC = topic_of(signed.DEVICE, signed.EPOCH)
PRIVATE = bytes(range(32))  # the owner's


class Rider:
    """A device on a machine, its broker, and its owner's chain."""

    def __init__(self, machine: Path) -> None:
        self.vm = Vm(machine, mpy.compiled(joined=True), "120k")
        self.now = 1_000
        self.chain = signed.Chain()
        self.published = 0
        self.opener = Opener(TOPIC, signed.DEVICE, signed.KEY, PRIVATE)
        self.vm.boot(Start(self.now, bench.ALL, bytes(16), bench.enrolled() | {"owner_seal": public_of(PRIVATE)}))

    def step(self, *inputs: Exchange, ms: int = 500) -> None:
        """One tick, and as many more as the broker has messages to acknowledge."""
        self.now += ms
        said = self.vm.step(self.now, inputs).outputs
        held = [data for port, data in said if port == remote.LINK and data[:1] == b"P"]
        for post in map(post_of, held):
            if post.topic.endswith(b"/seal"):
                self.opener.learn(cbor2.loads(post.body))
        self.published += sum(b"/location" in data for data in held)
        for data in held:
            self.step((remote.LINK, b"A" + data[1:3]), ms=10)

    def record(self, *lines: object) -> None:
        topic = TOPIC + kinds.RECORD
        self.step((remote.LINK, b"M" + bytes((len(topic),)) + topic + self.chain.next(*lines)))
        for _ in range(80):  # its signature is checked in slices
            self.step(ms=10)

    def connect(self) -> None:
        self.step()
        self.step((remote.WIFI, b"U"))
        self.step((remote.LINK, b"U"))

    def memory(self) -> Iterator[bytes]:
        """Every writable region of the process."""
        here = Path(f"/proc/{self.vm._process.pid}")  # pyright: ignore[reportPrivateUsage] - a test may look inside
        with (here / "mem").open("rb") as memory:
            for line in (here / "maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if "w" in rights:
                    start, stop = (int(part, 16) for part in span.split("-"))
                    memory.seek(start)
                    yield memory.read(stop - start)

    def traces(self, *numbers: int) -> int:
        forms = [
            form
            for n in numbers
            for form in (struct.pack("<i", n), struct.pack("<I", n << 1 | 1), struct.pack(">I", n))
        ]
        return sum(region.count(form) for region in self.memory() for form in forms)


@pytest.fixture
def rider(mp32: Path) -> Iterator[Rider]:
    made = Rider(mp32)
    yield made
    made.vm.close()


def numbers(precision: int) -> tuple[int, int]:
    metres = (0, 100, 1_000)[precision]
    return (cell_lat(LAT, metres), cell_lon(LAT, LON, metres)) if metres else (LAT, LON)


@pytest.mark.parametrize("online", [True, False])
@pytest.mark.parametrize("precision", [0, 1])
def test_no_number_of_a_place_is_left_after_its_withdrawal(rider: Rider, precision: int, online: bool) -> None:
    """Not in the store, the parser, the buffers, nor in blocks that were freed and not yet used again; sent or not."""
    rider.connect()
    rider.record(signed.line(p.LOCATION_REPORT, precision=precision, recipients=1 << p.OWNER), signed.line(p.STATUS))
    assert rider.traces(LAT, LON, *numbers(precision)) == 0
    if not online:
        rider.step((remote.LINK, b"D\2"))
    for k in range(4):
        rider.step((remote.GNSS, bench.fix(20 * k + 20)))
        rider.step(ms=400_000)
    assert bool(rider.published) is online
    assert rider.traces(*numbers(precision)) > 0, "a search that finds nothing proves nothing"
    if not online:
        rider.step((remote.LINK, b"U"))
        rider.step((remote.BUTTON, b"\0\2"))
    else:
        rider.record(signed.no(p.LOCATION_REPORT))
    assert rider.traces(LAT, LON, *numbers(precision)) == 0


def test_no_sealing_key_is_left_after_a_withdrawal(rider: Rider) -> None:
    """Neither the chain nor the cipher that was made of it: what a broker kept stays closed, even for who takes the memory out."""
    rider.connect()
    rider.record(signed.line(p.LOCATION_REPORT, recipients=1 << p.OWNER), signed.line(p.STATUS))
    rider.step((remote.GNSS, bench.fix(20)))
    rider.step(ms=20_000)
    ((_, first),) = rider.opener.known.values()
    keys = [first, *(hmac.digest(first, use, "sha256") for use in (b"message", b"chain"))]

    def found() -> list[int]:
        return [sum(region.count(key) for region in rider.memory()) for key in keys]

    assert found()[0] == 0, "the first key of the chain moved on at once"
    assert all(found()[1:]), "a search that finds nothing proves nothing"
    rider.record(signed.no(p.LOCATION_REPORT))
    assert found() == [0, 0, 0]
