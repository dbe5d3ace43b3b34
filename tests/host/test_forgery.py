"""Nobody's records: mutated, replayed, reordered, of another device or owner. None is accepted, and none leaves a trace."""

import random
from collections import Counter

import pytest

from agent.crypto.cose import Envelope
from agent.crypto.keys import Key
from agent.privacy import purposes as p
from simulator.keys import P256, Signer
from simulator.owner import Binding, Consent, Owner
from tests.fuzz import forgery
from tests.fuzz.forgery import NOW, Shard
from tests.portable.bench import Bench


def held(counts: Counter[str], shard: Shard) -> None:
    """Every kind was tried, and enough came as far as the signature: what falls over its form proves little."""
    kinds = {kind: count for kind, count in counts.items() if kind not in (forgery.OURS, forgery.THEIRS)}
    assert sum(kinds.values()) == shard.tries
    assert len(kinds) == 9
    assert min(kinds.values()) > shard.tries // 15
    assert counts[forgery.OURS] == shard.own
    assert counts[forgery.OURS] + counts[forgery.THEIRS] > shard.tries // 3


@pytest.mark.parametrize("number", [0, 1])
def test_nothing_forged_is_accepted(seed: int, number: int) -> None:
    """Ten thousand, of which our own verifier checks a thousand signatures."""
    shard = Shard(seed, number, 5_000, 500)
    held(forgery.attack(shard), shard)


@pytest.mark.full
@pytest.mark.parametrize("number", range(forgery.SHARDS))
def test_nothing_forged_is_accepted_in_a_million_tries(seed: int, number: int) -> None:
    """The issue's own figure, in twenty shards for as many cores as there are. `python -m tests.fuzz.forgery` shows its progress."""
    shard = Shard(seed, number)
    held(forgery.attack(shard), shard)


@pytest.mark.parametrize("number", [0, 1])
def test_a_verifier_that_nods_is_found_out(number: int) -> None:
    """A sweep that would not notice proves nothing: with either verifier broken something is accepted."""

    def nods(opened: Envelope, key: Key, encoded: bytes) -> bool:
        return True

    for shard in (Shard(1, number, 100, 100), Shard(1, number, 100, 0)):
        with pytest.raises(AssertionError, match="accepted"):
            forgery.attack(shard, nods, nods)


def test_a_phone_that_holds_only_p256_keys_is_an_owner_too() -> None:
    """Secure hardware of phones often has no other curve: the whole way, from enrolment to the receipt."""
    rng = random.Random("p256")
    keys = Binding(rng.randbytes(16), rng.randbytes(32), Signer(rng.randbytes(32), P256))
    owner = Owner(keys, rng)
    bench = Bench(secrets=dict(keys.secrets()))
    record = owner.record([Consent(p.STATUS)], NOW, NOW + 600)
    assert bench.record(record.body) == 0
    assert bench.live() >> p.STATUS & 1
    assert bench.record(owner.record([Consent(p.STATUS, 3)], NOW, NOW + 600).bare) == 0
    assert bench.live() == 1 << p.CONTROL
