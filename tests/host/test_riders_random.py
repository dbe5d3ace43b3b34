"""With the owner's key alone no sequence releases a byte of a guest's ride (I11): random owners against a whole agent.

The owner here has every key but the rider's: signs grants, lends, returns and orders, in and out of place, dates them ahead,
presses, asks, restarts the device and waits. Signatures are by another make, to be fast; the agent is the real one.
"""

import hashlib
import random
from collections.abc import Callable
from typing import Any

import pytest

from agent.base import cbor
from agent.privacy import grants as g
from agent.privacy import order as o
from agent.privacy import purposes as p
from simulator import remote
from simulator.keys import Signer, holds
from tests.portable import bench, orders, signed
from tests.portable.bench import SECOND, Bench

_SEQUENCES = 1_000
_SEQUENCES_FULL = 100_000
_STEPS = 8
_SIGNERS = {seed: Signer(seed) for seed in (signed.SEED, bytes(range(32)), bytes(32))}
PERSONAL = [purpose for purpose in range(p.COUNT) if p.PERSONAL >> purpose & 1]


class _Machine:
    done = False
    ok = False

    def __init__(self) -> None:
        self.text = bytearray()

    def feed(self, part: bytes) -> None:
        self.text.extend(part)


class Verify(_Machine):
    def __init__(self, key: bytes, tag: bytes) -> None:
        super().__init__()
        self._key = key
        self._tag = tag

    def step(self) -> None:
        self.ok = holds(signed.encoded_key(self._key), self._tag, bytes(self.text))
        self.done = True


class Sign(_Machine):
    def __init__(self, seed: bytes) -> None:
        super().__init__()
        self._signer = Signer(seed)
        self.public = b""
        self.signature = b""

    def step(self) -> None:
        self.public = self._signer.cose_key[-32:]
        self.signature = self._signer.sign(bytes(self.text))
        self.done = True


class Quick:
    """Stands for the room of a curve."""

    Verify = Verify
    Sign = Sign


@pytest.fixture(autouse=True)
def _fast(monkeypatch: pytest.MonkeyPatch) -> None:
    def quick(*_: object) -> type[Quick]:
        return Quick

    def sign(message: bytes, seed: bytes = signed.SEED) -> bytes:
        return _SIGNERS[seed].sign(message)

    monkeypatch.setattr(bench.Core, "load_curve", quick)
    monkeypatch.setattr(signed, "signature", sign)


class World:
    """One device, lent, and one owner with a plan."""

    def __init__(self, rng: random.Random, shares: bool) -> None:
        self.rng = rng
        self.made = Bench()
        self.made.online()
        self.made.grant(*[signed.line(purpose) for purpose in (p.STATUS, *PERSONAL)], days=29)
        self.rider = signed.Rider()
        record = self.made.chain.next(signed.line(p.STATUS), lend=self.rider.key, days=20)
        assert self.made.record(record) == 0
        self.made.drain()
        self.fixes = 0
        if shares:  # the rider allowed it once, and took it back
            self.rider.head = self.made.chain.head
            yes = [signed.line(purpose) for purpose in PERSONAL]
            assert self.made.record(self.rider.next(*yes)) == 0
            assert self.made.record(self.rider.next(*[signed.no(purpose) for purpose in PERSONAL])) == 0
            self.made.drain()
        self.before = sum(self.made.core.gate.bytes[k] for k in PERSONAL)
        self.made.forget()

    def ride(self) -> None:
        self.fixes += 20
        self.made.give(remote.GNSS, bench.fix(self.fixes, lat="3055.5555"))
        self.made.run(2 * SECOND)

    def claim(self) -> dict[int, Any]:
        """The next record, or one somewhere near it."""
        rng, grants = self.rng, self.made.core.grants
        lines = [
            signed.line(purpose, rng.choice((g.GIVEN, g.GIVEN, g.RENEWED, g.WITHDRAWN)))
            for purpose in rng.sample((p.STATUS, p.PRESENCE, *PERSONAL), rng.randint(1, 4))
        ]
        now = max(signed.START, self.made.core.calendar.seconds)
        claim = signed.claims(grants.seq + rng.choice((1, 1, 1, 1, 0, 2)), bytes(grants.head), lines, now)
        claim[6] += rng.choice((0, 0, 80_000, -80_000))
        claim[5] = min(claim[5], claim[6])
        claim[4] = claim[6] + rng.choice((60, signed.DAY, 29 * signed.DAY))
        if rng.random() < 0.3:
            claim[signed.LENT_TO] = rng.choice((b"", self.rider.key, signed.OWNER, _SIGNERS[bytes(32)].cose_key))
        return claim

    def record(self) -> None:
        bare = signed.sign(self.claim())
        self.made.record(bare if self.rng.random() < 0.3 else signed.hasten(bare))

    def forged(self) -> None:
        """A record in the rider's name, under the owner's key."""
        claim = self.claim()
        claim[1] = self.rider.kid
        rider = self.made.core.grants.rider
        if rider is not None:
            claim[-65538], claim[-65539] = rider.seq + 1, bytes(rider.head)
        claim[signed.LENT_TO] = b""
        del claim[-65546]
        self.made.record(signed.sign(claim, kid=self.rider.kid))

    def order(self) -> None:
        rng = self.rng
        what = rng.choice((o.ERASE, o.EXPORT, o.CORRECT))
        if self.made.core.rights is None:
            orders.order(self.made, what, p.PERSONAL if what == o.ERASE else 0, text=b"name")
            self.made.run(30 * SECOND)

    def ask(self) -> None:
        self.made.ask(self.rng.randint(1, 3))

    def restart(self) -> None:
        self.made.boot()
        self.made.online()

    def hold(self) -> None:
        self.made.give(remote.BUTTON, b"\x00\x02")
        self.made.settle()

    def wait(self) -> None:
        self.made.tick(self.rng.choice((SECOND, 60 * SECOND, 3_600 * SECOND)))
        self.made.drain()

    def step(self) -> None:
        acts: tuple[Callable[[], None], ...] = (self.record, self.record, self.record, self.forged, self.order)
        self.rng.choice((*acts, self.ask, self.restart, self.hold, self.wait))()
        self.ride()

    def leaked(self) -> list[str]:
        """Names of messages about a person, and the rider's latitude in anything that was said."""
        names = [name for name in self.made.names() if name in ("location", "alarm-location", "photo")]
        latitude = bytearray(9)
        n = cbor.put_int(latitude, 0, 30_925_925)
        for _, _, said in self.made.said:
            if bytes(latitude[:n]) in said:
                names.append("latitude")
        return names


def _attack(count: int, seed: str) -> None:
    tried = hashlib.sha256()
    for k in range(count):
        rng = random.Random(f"{seed}/{k}")
        world = World(rng, k % 2 == 1)
        for _ in range(_STEPS):
            world.step()
        assert world.made.core.grants.rider is not None, (seed, k)
        assert world.leaked() == [], (seed, k)
        assert not world.made.core.receiver.on, (seed, k)
        tried.update(bytes(world.made.core.grants.head))


def test_an_owner_who_tries_everything_learns_nothing_of_a_ride() -> None:
    """A thousand owners, eight acts each."""
    _attack(_SEQUENCES, "owner")


@pytest.mark.full
def test_a_hundred_thousand_owners_learn_nothing_of_a_ride() -> None:
    """The issue's own figure."""
    _attack(_SEQUENCES_FULL, "owners")


def test_the_attack_would_see_a_leak() -> None:
    """The same world without the lend does publish where it is."""
    world = World(random.Random("seen"), False)
    world.made.core.grants.rider = None
    world.made.core.consequences.settle(0, world.made.now)
    for _ in range(3):
        world.ride()
    assert "location" in world.leaked()
    assert "latitude" in world.leaked()
