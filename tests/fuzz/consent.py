"""A fuzz target for everything the owner may say, and anybody may imitate: `one(data)` raises when a law is broken.

The input's first byte picks the way (broker topic, BLE fragments, record, request), the rest is what arrives. Laws: no exception;
what is not authentic changes nothing but a counter and is not answered; what is authentic never widens without being the next of
its chain. `PYTHONPATH=.:hal/host/shims python -m tests.fuzz.consent FILE…` runs files; without files it mutates its own seeds.
"""

import random
import sys
from functools import cache
from pathlib import Path

from agent.link import kinds
from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import remote
from tests.portable import signed
from tests.portable.bench import Bench

BROKER, NEARBY, RECORD, REQUEST, KEYED = range(5)
_WIDTH = 17  # integers in a row of the outbox


@cache
def bench() -> Bench:
    """One device for the whole run, connected, something granted, a phone beside it."""
    made = Bench()
    made.grant(signed.line(p.STATUS), signed.line(p.LOCATION_REPORT, precision=1))
    made.online()
    made.ask(r.ARM)
    made.drain()
    return made


def state(made: Bench) -> tuple[object, ...]:
    """Everything a refusal must leave as it is."""
    core = made.core
    rows = [[core.grants.get(k, column) for column in range(g.COLUMNS)] for k in range(p.COUNT)]
    box = core.outbox
    return (
        (core.grants.seq, core.grants.head, core.grants.issued, core.grants.bound, core.grants.damaged, rows),
        (core.request_seq, core.capture, core.guard and core.guard.alarm.state, core.calendar.seconds),
        (list(box._rows), list(box.dropped), box.waiting),
        (list(core.gate.sent), list(core.gate.held), core.gate.advertising),
        (core.uplink.mode, core.uplink.up, dict(made.hub.secrets), len(made.said)),
    )


def live(made: Bench) -> int:
    return made.core.grants.live(made.core.calendar.seconds)


def one(data: bytes) -> None:
    made = bench()
    way, body = (data[0] % 5, data[1:]) if data else (RECORD, b"")
    core = made.core
    refused, before, could, seq = core.refused, state(made), live(made), core.grants.seq
    if way == KEYED:  # under the owner's key: a phone gone mad
        body = signed.hasten(signed.signed(body, signed.consent_aad(), signed.header()))
    if way in (RECORD, KEYED):
        code = made.record(body)
    elif way == REQUEST:
        code = core.request(body, len(body), made.now)
    elif way == BROKER:
        topic = core.topic + (kinds.RECORD, kinds.REQUEST, b"in/x")[len(body) % 3]
        core._on_message(topic, memoryview(body), len(body))  # pyright: ignore[reportPrivateUsage] - the link's callback
        code = int(core.refused != refused)
    else:
        code = _nearby(made, body)
    trusted = way == KEYED or body in signed_by_the_owner()
    if code == 0:
        assert live(made) & ~could == 0 or core.grants.seq == seq + 1, "widened out of turn"
    elif trusted:
        assert core.grants.seq == seq
        assert live(made) & ~could == 0, "a refusal widened"
    else:
        assert core.refused == refused + 1
        assert state(made) == before, "a refusal changed something"
    if code == 0 or trusted:
        bench.cache_clear()


def _nearby(made: Bench, body: bytes) -> int:
    """The bytes as BLE writes of 20. Answers go to the phone, and are no change."""
    made.give(remote.BUTTON, b"\0\1")
    made.tick()
    made.give(remote.BLE, b"C")
    made.tick()
    for k in range(0, len(body), 20):
        made.ports.ble.on_write(memoryview(body)[k : k + 20], len(body[k : k + 20]))
    bench.cache_clear()
    return 0


@cache
def signed_by_the_owner() -> frozenset[bytes]:
    """A mutation may leave a record whole: out of its turn it is refused, and its no counts."""
    return frozenset(seed[1:] for seed in seeds())


def seeds() -> list[bytes]:
    chain = signed.Chain()
    chain.next(signed.line(p.STATUS), signed.line(p.LOCATION_REPORT, precision=1))
    first = chain.next(signed.line(p.PHOTO), signed.no(p.STATUS))
    ahead = chain.ahead(3, signed.no(p.LOCATION_REPORT))
    nonce = bench().core.nonce
    asked = signed.request(r.DISARM, 9, 0, nonce)
    claims = signed.body_of(signed.claims(2, signed.HEAD0, [signed.line(p.PHOTO)]))
    return [
        bytes((RECORD,)) + first,
        bytes((RECORD,)) + ahead,
        bytes((REQUEST,)) + asked,
        bytes((BROKER,)) + first,
        bytes((BROKER,)) + asked,
        bytes((KEYED,)) + claims,
        bytes((NEARBY, 0x80, 1)) + first[:18],
        b"".join(bytes((NEARBY, k)) + bytes(19) for k in range(9)),
    ]


def mutated(rng: random.Random, pool: list[bytes]) -> bytes:
    data = bytearray(rng.choice(pool))
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(5):
            case 0:
                data[at:at] = rng.randbytes(rng.randrange(8))
            case 1:
                del data[at : at + rng.randrange(8)]
            case 2:
                data[at : at + 1] = bytes(
                    (rng.choice((0, 0x17, 0x18, 0x40, 0x5F, 0x9F, 0xBF, 0xD1, 0xFF, rng.randrange(256))),)
                )
            case 3:
                other = rng.choice(pool)
                data[at:at] = other[rng.randrange(len(other)) :][:40]
            case _:
                if at < len(data):
                    data[at] ^= 1 << rng.randrange(8)
    return bytes(data[:1_200])


def run(rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    pool = seeds()
    for _ in range(rounds):
        one(mutated(rng, pool))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        one(Path(name).read_bytes())
    if not sys.argv[1:]:
        run(200_000, random.SystemRandom().randrange(1 << 30))
