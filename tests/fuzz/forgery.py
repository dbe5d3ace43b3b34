"""Records by nobody, against a device two records into its chain: `shard(…)` raises when one is accepted or leaves a trace.

`PYTHONPATH=.:hal/host/shims python -m tests.fuzz.forgery [--seed N] [--first SHARD] [--scale K]` tries a million on every core, a tenth
of them through our own verifier (a Kth of that with --scale). It prints the seed and each shard as it ends: the same seed and
`--first` go on where a run was stopped. tests/host/test_forgery.py runs the same shards.
"""

import argparse
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from multiprocessing import Pool
from typing import NamedTuple, cast

import cbor2

from agent.base.errors import RemoteError
from agent.crypto import ed25519, p256
from agent.crypto.cose import Envelope
from agent.crypto.keys import Key
from agent.crypto.sign1 import verifier
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.ledger import Ledger
from simulator.keys import ED25519, P256, Signer, encode, holds, sign1
from simulator.owner import Binding, Consent, Owner, forger, invented

NOW = 217_000_000
ALGORITHMS = (ED25519, P256)
SHARDS = 20  # even ones Ed25519, odd ones P-256
TRIES = 50_000  # of a shard
OWN = 5_000  # signatures of these that our own verifier checks; the rest are refused earlier, or by OpenSSL
OURS = "signatures checked by us"
THEIRS = "signatures checked by OpenSSL"
_UNTIL = NOW + 9_000
_ORDERS = {
    ED25519: 2**252 + 27742317777372353535851937790883648493,
    P256: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
_USES = (b"RIGHTS1", b"RECEIPT1", b"REQUEST1", b"HASTE1", b"ERASED1")

Verdict = Callable[[Envelope, Key, bytes], bool]
"""Whether the signature holds under the owner's key, which is given as read and as it was enrolled."""


def by_us(opened: Envelope, key: Key, encoded: bytes) -> bool:
    machine = verifier(opened, key, p256.Verify if key.public[32:] else ed25519.Verify)
    while not machine.done:
        machine.step()
    return machine.ok


def by_openssl(opened: Envelope, key: Key, encoded: bytes) -> bool:
    return holds(encoded, opened.tag, bytes(opened.head) + bytes(opened.view))


class Target:
    """The device, its owner, all that was ever said to it or to others, and the one record that is right."""

    def __init__(self, alg: int) -> None:
        rng = random.Random(f"forgery {alg}")
        keys = Binding(rng.randbytes(16), rng.randbytes(32), Signer(rng.randbytes(32), alg))
        self.alg, self.keys, self.owner, self.granted = alg, keys, Owner(keys, rng), g.Grants()
        self.granted.bound = True
        self.ledger = Ledger(self.granted, keys.device_id, keys.key, keys.epoch, keys.signer.cose_key)
        self.past: list[bytes] = []
        for lines in ([Consent(p.STATUS), Consent(p.PRESENCE)], [Consent(p.PHOTO)]):
            record = self.owner.record(lines, NOW, _UNTIL)
            self.ledger.decide(self.ledger.read(record.body, len(record.body), NOW), NOW)
            self.past += [record.body, record.bare]
        self.right = self.owner.sign([Consent(p.LOCATION_REPORT)], NOW, _UNTIL, 3, self.owner.head)
        header, _, payload, self.signature = cbor2.loads(self.right.bare).value
        self.header: Mapping[int, object] = cbor2.loads(header)
        self.claims: Mapping[int, object] = cbor2.loads(payload)

    def state(self) -> object:
        granted = self.granted
        rows = [granted.get(k, column) for k in range(p.COUNT) for column in range(g.COLUMNS)]
        return granted.seq, bytes(granted.head), granted.issued, granted.switches, granted.damaged, rows

    def accepts(self, data: bytes, verdict: Verdict) -> bool:
        """Whether it took the record, as agent/privacy/desk.py gives it to the ledger."""
        try:
            pending = self.ledger.read(data, len(data), NOW)
        except RemoteError:
            return False
        try:
            good = verdict(pending.signed, self.ledger.owner, self.keys.signer.cose_key)
        except (RemoteError, ValueError):  # another curve in the header; a number no curve has, says OpenSSL
            good = False
        if good:
            self.ledger.decide(pending, NOW)
        else:
            self.ledger.reject(pending)
        return good


class Forger:
    """Each kind makes one record that nobody may take. All but the first three keep to the form, so that the signature decides."""

    def __init__(self, rng: random.Random, target: Target) -> None:
        self._rng, self._target = rng, target
        self.kinds: Mapping[str, Callable[[], bytes]] = {
            "injured": self._injured,
            "replayed": lambda: rng.choice(target.past),
            "reordered": self._reordered,
            "of another device": self._foreign,
            "of another owner": self._usurped,
            "for another use": self._misused,
            "with another header": self._headed,
            "with other claims": self._claimed,
            "with another signature": self._signed,
        }

    def make(self) -> tuple[str, bytes]:
        """(kind, record): now and then in the envelope of haste, as if the pairing key had got out."""
        kind = self._rng.choice(list(self.kinds))
        data = self.kinds[kind]()
        if data[0] == 0xD2 and self._rng.random() < 0.2:
            data = self._target.owner.hasten(data)
        return kind, data

    def _lines(self) -> list[Consent]:
        grantable = [purpose for purpose in range(p.COUNT) if p.ACTIVE & p.GRANTABLE >> purpose & 1]
        return [Consent(purpose) for purpose in self._rng.sample(grantable, self._rng.randrange(1, 4))]

    def _injured(self) -> bytes:
        right = self._target.right
        data = bytearray(self._rng.choice([*self._target.past, right.body, right.bare]))
        for _ in range(self._rng.randrange(1, 4)):
            data[self._rng.randrange(len(data))] ^= 1 << self._rng.randrange(8)
        if self._rng.random() < 0.1:
            del data[self._rng.randrange(len(data)) + 1 :]
        return bytes(data)

    def _reordered(self) -> bytes:
        owner, rng = self._target.owner, self._rng
        seq = rng.choice((1, 2, 4, 5, 300))
        head = rng.choice((owner.head, bytes(16), self._target.right.head))
        return owner.sign(self._lines(), NOW, _UNTIL, seq, head).bare

    def _foreign(self) -> bytes:
        """By the right owner for another device or epoch of theirs, and by another owner for theirs."""
        keys, rng = self._target.keys, self._rng
        other = rng.choice((replace(keys, epoch=2), replace(keys, device_id=rng.randbytes(16)), invented(rng)))
        return Owner(other, rng).sign(self._lines(), NOW, _UNTIL, 3, self._target.owner.head).bare

    def _usurped(self) -> bytes:
        """By another key, under its own name or the owner's."""
        keys, rng = self._target.keys, self._rng
        if rng.random() < 0.2:
            return Owner(forger(keys, rng), rng).sign(self._lines(), NOW, _UNTIL, 3, self._target.owner.head).bare
        signer = Signer(rng.randbytes(32), self._target.alg)
        return sign1(signer, self._target.header, self._target.claims, keys.aad(b"CONSENT1"))[0]

    def _misused(self) -> bytes:
        """By the right key over the right claims, but for another use, device or epoch than the AAD of consent says."""
        keys, rng = self._target.keys, self._rng
        other = rng.choice((replace(keys, epoch=keys.epoch + 1), replace(keys, device_id=rng.randbytes(16))))
        aad = rng.choice((*[keys.aad(use) for use in _USES], other.aad(b"CONSENT1"), b"", rng.randbytes(28)))
        return sign1(keys.signer, self._target.header, self._target.claims, aad)[0]

    def _headed(self) -> bytes:
        """The right claims and signature under another label or type, or none."""
        header = {**self._target.header}
        label = self._rng.choice((1, 4, 16))
        others = {1: (-7, -8, -9, -19, 5), 4: (self._rng.randbytes(8), b""), 16: ("cwt;rights1", "", "cwt;consent2")}
        value = self._rng.choice([value for value in others[label] if value != header[label]])
        return self._envelope({**header, label: value}, self._target.claims, self._target.signature)

    def _claimed(self) -> bytes:
        """Claims that the ledger would take, and the signature of others."""
        rng, claims = self._rng, {**self._target.claims}
        key = rng.choice((2, 4, 6, 7, -65541, -65542, -65543, -65546))
        values: Mapping[int, object] = {
            2: rng.randbytes(8),
            4: cast(int, claims[4]) + rng.randrange(1, 1 << 20),
            6: cast(int, claims[6]) + rng.randrange(1, 9_000),
            7: rng.randbytes(16),
            -65541: [
                [line.purpose, 1, rng.randrange(9), {1: rng.randrange(99), 2: 0, 3: 60, 4: 1}] for line in self._lines()
            ],
            -65542: rng.choice(("US", "DE", "")),
            -65543: rng.randrange(1, 8),
            -65546: rng.randrange(128),
        }
        return self._envelope(self._target.header, {**claims, key: values[key]}, self._target.signature)

    def _signed(self) -> bytes:
        """The right record under a signature that is nearly right, of another record, or special."""
        rng, true = self._rng, self._target.signature
        order = _ORDERS[self._target.alg]
        first, second = true[:32], true[32:]
        end = "little" if self._target.alg == ED25519 else "big"
        s = int.from_bytes(second, end)
        flipped = bytearray(true)
        flipped[rng.randrange(64)] ^= 1 << rng.randrange(8)
        negated = first + (order - s).to_bytes(32, end)
        lifted = first + (s + order).to_bytes(32, end) if s + order < 1 << 256 else negated
        past = cbor2.loads(rng.choice([data for data in self._target.past if data[0] == 0xD2])).value[3]
        special = rng.choice((bytes(32), b"\1" + bytes(31), bytes(31) + b"\1", order.to_bytes(32, end), b"\xff" * 32))
        signature = rng.choice(
            (
                bytes(flipped),
                bytes(flipped),
                negated,
                lifted,
                past,
                second + first,
                special + second,
                first + special,
                special * 2,
            )
        )
        return self._envelope(self._target.header, self._target.claims, signature)

    def _envelope(self, header: Mapping[int, object], claims: Mapping[int, object], signature: bytes) -> bytes:
        return encode(cbor2.CBORTag(18, [encode(header), {}, encode(claims), signature]))


class Shard(NamedTuple):
    """One part of the sweep; its tries follow from the seed and its number."""

    seed: int
    number: int
    tries: int = TRIES
    own: int = OWN

    @property
    def alg(self) -> int:
        return ALGORITHMS[self.number % 2]


def attack(shard: Shard, ours: Verdict = by_us, theirs: Verdict = by_openssl) -> Counter[str]:
    """How many of each kind were tried, and how many signatures each verifier checked. Raises at the first that is taken."""
    target = Target(shard.alg)
    maker = Forger(random.Random(f"{shard.seed} {shard.number}"), target)
    before = target.state()
    counts: Counter[str] = Counter()

    def verdict(opened: Envelope, key: Key, encoded: bytes) -> bool:
        mine = counts[OURS] < shard.own
        counts[OURS if mine else THEIRS] += 1
        return (ours if mine else theirs)(opened, key, encoded)

    for _ in range(shard.tries):
        kind, data = maker.make()
        while data in (target.right.body, target.right.bare):  # two flips undid each other
            kind, data = maker.make()
        counts[kind] += 1
        taken = target.accepts(data, verdict)
        assert not taken, f"{shard}: accepted {kind}: {data.hex()}"
        assert target.state() == before, f"{shard}: left a trace of {kind}: {data.hex()}"
    assert target.accepts(target.right.body, by_us), "the right one still is"
    return counts


def shards(seed: int, first: int, scale: int) -> Iterator[Shard]:
    for number in range(first, SHARDS):
        yield Shard(seed, number, TRIES // scale, OWN // scale)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 30))
    parser.add_argument("--first", type=int, default=0, help="begin with this shard")
    parser.add_argument("--scale", type=int, default=1, help="try one of so many")
    asked = parser.parse_args()
    print(f"seed {asked.seed}", flush=True)
    total: Counter[str] = Counter()
    work = list(shards(asked.seed, asked.first, asked.scale))
    with Pool(os.cpu_count()) as pool:
        for shard, tried in zip(work, pool.imap(attack, work), strict=True):
            total += tried
            print(
                f"shard {shard.number} of {SHARDS}: {shard.tries} tried, {tried[OURS]} checked by us, 0 accepted",
                flush=True,
            )
    for kind, count in sorted(total.items()):
        print(f"{count:9,} {kind}")


if __name__ == "__main__":
    main()
