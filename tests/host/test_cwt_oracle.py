"""Signed records against the package `cwt`, which knows the algorithms of RFC 9864 that the records name: both ways, both curves.

`cwt` reads the claims as CBOR only: RFC 8392 has text for issuer, subject and audience, where ours hold the ids as bytes.
"""

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from agent.privacy import purposes as p
from simulator.keys import ED25519, P256, Signer, encode
from simulator.owner import Binding, Consent, Owner
from tests.conftest import provided
from tests.portable.bench import Bench
from tools.errors import Problem
from tools.places import ROOT

NOW = 217_000_000
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_FOLDER = ROOT / ".venv" / "oracle"
_SCRIPT = ROOT / "tests" / "support" / "cwt_peer.py"
_PATIENCE_S = 60

Asked = dict[str, bytes]
Peer = Callable[[Iterable[Asked]], list[Asked]]


@pytest.fixture(scope="session")
def cwt() -> Peer:
    """Asks the other implementation, all questions in one process. A refusal is `{"refused": …}`."""

    def folder() -> Path:
        if not (_FOLDER / "cwt").is_dir():
            raise Problem("the package cwt is missing", "requirements/oracle.txt", "start with ./run test")
        return _FOLDER

    path = provided("cwt", folder)

    def ask(questions: Iterable[Asked]) -> list[Asked]:
        lines = [json.dumps({name: value.hex() for name, value in asked.items()}) for asked in questions]
        done = subprocess.run(
            [sys.executable, _SCRIPT],
            input="\n".join(lines),
            env={"PYTHONPATH": str(path)},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == len(lines)
        return [
            {name: value.encode() if name == "refused" else bytes.fromhex(value) for name, value in answer.items()}
            for answer in answers
        ]

    return ask


def public(signer: Signer) -> bytes:
    """As `cwt` wants a key: with its id and its algorithm."""
    return encode({**cbor2.loads(signer.cose_key), 2: signer.kid, 3: signer.alg})


def private(signer: Signer) -> bytes:
    secret = signer.seed
    if signer.alg == P256:
        key = ec.derive_private_key(int.from_bytes(signer.seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())
        secret = key.private_numbers().private_value.to_bytes(32, "big")
    return encode({**cbor2.loads(public(signer)), -4: secret})


def bound(alg: int, seed: int) -> Owner:
    rng = random.Random(f"cwt {alg} {seed}")
    return Owner(Binding(rng.randbytes(16), rng.randbytes(32), Signer(rng.randbytes(32), alg)), rng)


def low(record: bytes, alg: int) -> bytes:
    """P-256 has two signatures for one; `cwt` makes either, a device takes the low one."""
    s = int.from_bytes(record[-32:], "big")
    return record[:-32] + (_ORDER - s).to_bytes(32, "big") if alg == P256 and s > _ORDER // 2 else record


@pytest.mark.parametrize("alg", [ED25519, P256])
def test_cwt_verifies_what_an_owner_signs(cwt: Peer, alg: int) -> None:
    """And no record with a changed bit, under another key, or for another device, epoch or use."""
    owner, other = bound(alg, 1), bound(alg, 2)
    binding = owner.binding
    record = owner.record([Consent(p.STATUS), Consent(p.LOCATION_REPORT, 3, 60, 1, 86_400, 5)], NOW, NOW + 600).bare
    header, _, payload, _ = cbor2.loads(record).value
    right = {"key": public(binding.signer), "aad": binding.aad(b"CONSENT1"), "record": record}
    usurper = encode({**cbor2.loads(public(other.binding.signer)), 2: binding.signer.kid})
    wrong = [right | {"record": record[:-1] + bytes((record[-1] ^ 1,))}, right | {"key": usurper}]
    wrong += [right | {"aad": binding.aad(b"RIGHTS1")}, right | {"aad": other.binding.aad(b"CONSENT1")}]
    at = record.index(payload)
    wrong += [
        right | {"record": record[: at + k] + bytes((record[at + k] ^ 1,)) + record[at + k + 1 :]}
        for k in (40, 99, 200)
    ]
    first, *others = cwt([right, *wrong])
    assert (first["header"], first["payload"]) == (header, payload)
    assert all(b"verify" in answer["refused"] for answer in others), others


@pytest.mark.parametrize("alg", [ED25519, P256])
def test_what_cwt_signs_is_accepted(cwt: Peer, alg: int) -> None:
    """The whole way on the device: the record goes into the chain, its purpose is on, and the next one withdraws it."""
    owner = bound(alg, 3)
    binding = owner.binding
    made = [owner.record([Consent(p.STATUS, state)], NOW, NOW + 600).bare for state in (1, 3)]
    parts = [cbor2.loads(record).value for record in made]
    asked = {"key": private(binding.signer), "aad": binding.aad(b"CONSENT1")}
    answers = cwt([asked | {"header": header, "payload": payload} for header, _, payload, _ in parts])
    grant, withdrawal = (low(answer["record"], alg) for answer in answers)
    bench = Bench(secrets=dict(binding.secrets()))
    assert bench.record(grant) == 0
    assert bench.live() >> p.STATUS & 1
    assert bench.record(withdrawal) == 0
    assert bench.live() == 1 << p.CONTROL
    if alg == ED25519:  # deterministic: every byte is ours
        assert [grant, withdrawal] == made


def test_cwt_verifies_what_the_device_signs(cwt: Peer) -> None:
    """A receipt, under the key that the device made itself."""
    owner = bound(ED25519, 4)
    binding = owner.binding
    bench = Bench(secrets=dict(binding.secrets()))
    bench.online()
    assert bench.record(owner.record([Consent(p.STATUS)], NOW, NOW + 600).body) == 0
    bench.run(2_000)
    receipts = [message for message in bench.published() if message.name == "receipt"]
    public_half = bench.hub.secrets["device_key"][32:]
    key = encode({1: 1, -1: 6, -2: public_half})
    kid = Signer(bench.hub.secrets["device_key"][:32]).kid
    named = encode({**cbor2.loads(key), 2: kid, 3: ED25519})
    aad = binding.aad(b"RECEIPT1")
    records = [bytes(cbor2.loads(message.payload)[2]) for message in receipts]
    answers = cwt([{"key": named, "aad": aad, "record": record} for record in records])
    assert answers
    assert cbor2.loads(answers[-1]["payload"])[2] == 1
