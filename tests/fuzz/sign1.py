"""A fuzz target for signed envelopes and public keys: `one(data)` raises when a law is broken.

The input's first byte picks the way: an envelope, or a key. Laws: nothing but a RemoteError comes out; what is opened is made of the
very bytes that came (written again it is the same), and verifies only if it is one of the seeds; a key that is read is written the same.
`PYTHONPATH=.:hal/host/shims python -m tests.fuzz.sign1 FILE…` runs files; without files it mutates its own seeds.
"""

import random
import sys
from functools import cache
from pathlib import Path

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.base.errors import RemoteError
from agent.crypto import cose, ed25519, keys, sign1
from tests.fuzz.consent import mutated

ENVELOPE, KEY = range(2)
_SEED = bytes(range(32))
_AAD = b"for this and nothing else"


@cache
def public() -> bytes:
    return ed25519.public_of(_SEED)


def one(data: bytes) -> None:
    way, body = (data[0] % 2, data[1:]) if data else (ENVELOPE, b"")
    try:
        if way == KEY:
            _key(body)
        else:
            _envelope(body)
    except RemoteError:
        return


def _key(body: bytes) -> None:
    key = keys.read_key(body, len(body))
    x, y = key.public[:32], key.public[32:]
    again = {1: 2, -1: 1, -2: x, -3: y} if y else {1: 1, -1: 6, -2: x}
    assert cbor2.dumps(again) == body, "a second form of one key"


def _envelope(body: bytes) -> None:
    opened = sign1.open_sign1(body, len(body), _AAD)
    protected = cbor2.loads(body).value[0]
    buf = bytearray(cose.MAX)
    stop = sign1.put_sign1(buf, 0, protected, bytes(opened.view), opened.tag)
    assert bytes(buf[:stop]) == body, "a second form of one envelope"
    if opened.alg in (-8, -19):
        signed = cbor2.dumps(["Signature1", protected, _AAD, bytes(opened.view)])
        assert bytes(opened.head) + bytes(opened.view) == signed, "another Sig_structure"
        machine = sign1.verifier(opened, keys.Key(keys.ED25519, public(), b""), ed25519.Verify)
        while not machine.done:
            machine.step()
        assert machine.ok == _openssl(opened.tag, signed), "OpenSSL says otherwise"
        assert not machine.ok or body in {seed[1:] for seed in seeds()}, "forged"


def _openssl(signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public()).verify(signature, message)
    except InvalidSignature:
        return False
    return True


@cache
def seeds() -> tuple[bytes, ...]:
    made = [bytes((KEY,)) + keys.encoded_key(public())]
    made.append(bytes((KEY,)) + cbor2.dumps({1: 2, -1: 1, -2: bytes(32), -3: bytes(32)}))
    for payload in (b"", b"\xa1\x01\x02", bytes(300)):
        protected = sign1.header(b"12345678", b"cwt;consent1")
        machine = ed25519.Sign(_SEED)
        sign1.give(machine, protected, _AAD, payload)
        machine.finish()
        buf = bytearray(cose.MAX)
        stop = sign1.put_sign1(buf, 0, protected, payload, machine.signature)
        made.append(bytes((ENVELOPE,)) + bytes(buf[:stop]))
    return tuple(made)


def run(rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    pool = list(seeds())
    for _ in range(rounds):
        one(mutated(rng, pool))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        one(Path(name).read_bytes())
    if not sys.argv[1:]:
        run(200_000, random.SystemRandom().randrange(1 << 30))
