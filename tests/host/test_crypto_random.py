"""agent/crypto against OpenSSL and pycose on what nobody chose: any bytes, any key, any length."""

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pycose.algorithms import EdDSA, Es256
from pycose.headers import KID, Algorithm
from pycose.keys import CoseKey, EC2Key, OKPKey
from pycose.messages import Sign1Message

from agent.crypto import cose, ed25519, keys, p256, sign1, x25519
from agent.crypto.hkdf import hkdf
from tests.fuzz import sign1 as fuzz

_ROUNDS = 4_000
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
KEYS = st.binary(min_size=32, max_size=32)


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_or_mean_themselves(data: bytes) -> None:
    """No exception other than a RemoteError, no second form, no forgery."""
    fuzz.one(data)


def test_injured_envelopes_and_keys_are_refused() -> None:
    """Cut, spliced and flipped, four thousand times; `python -m tests.fuzz.sign1` goes on."""
    fuzz.run(_ROUNDS, 20_261_124)


@given(KEYS, st.binary(max_size=400))
@settings(max_examples=60)
def test_ed25519_is_openssls(seed: bytes, message: bytes) -> None:
    """Deterministic, so every byte must agree."""
    theirs = Ed25519PrivateKey.from_private_bytes(seed)
    machine = ed25519.Sign(seed)
    machine.feed(message)
    machine.finish()
    assert machine.public == theirs.public_key().public_bytes_raw()
    assert machine.signature == theirs.sign(message)
    check = ed25519.Verify(machine.public, machine.signature)
    check.feed(message)
    check.finish()
    assert check.ok


@given(st.integers(1, _N - 1), st.binary(max_size=200), st.integers(0, 511))
@settings(max_examples=60)
def test_p256_agrees_with_openssl(secret: int, message: bytes, bit: int) -> None:
    """A right signature, its high twin, and one with a bit changed, which OpenSSL may only take if ours does."""
    private = ec.derive_private_key(secret, ec.SECP256R1())
    point = private.public_key().public_numbers()
    public = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")
    r, s = utils.decode_dss_signature(private.sign(message, ec.ECDSA(hashes.SHA256())))
    s = min(s, _N - s)
    both = r << 256 | s
    for value, expected in ((both, True), (r << 256 | _N - s, False), (both ^ 1 << bit, False)):
        machine = p256.Verify(public, value.to_bytes(64, "big"))
        machine.feed(message)
        machine.finish()
        assert machine.ok == expected


@given(KEYS, KEYS)
@settings(max_examples=60)
def test_x25519_is_openssls(secret: bytes, public: bytes) -> None:
    """For any public bytes: OpenSSL raises where ours is not ok."""
    machine = x25519.Exchange(secret, public)
    machine.finish()
    try:
        shared = X25519PrivateKey.from_private_bytes(secret).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        assert not machine.ok
    else:
        assert machine.ok
        assert machine.shared == shared


@given(st.binary(min_size=1, max_size=100), st.binary(max_size=100), st.binary(max_size=100), st.integers(1, 200))
def test_hkdf_is_openssls(secret: bytes, salt: bytes, info: bytes, n: int) -> None:
    """Salts shorter and longer than a block."""
    assert hkdf(secret, salt, info, n) == HKDF(hashes.SHA256(), n, salt, info).derive(secret)


_AAD = b"for this and nothing else"


def finished(opened: cose.Envelope, key: bytes, curve: type[ed25519.Verify] | type[p256.Verify]) -> bool:
    machine = sign1.verifier(opened, keys.read_key(key, len(key)), curve)
    while not machine.done:
        machine.step()
    return machine.ok


def test_pycose_verifies_what_the_device_signs() -> None:
    """Another implementation of the standard. It knows Ed25519 by its older number -8 only, so the header says that."""
    seed, payload = bytes(range(32)), b"a receipt"
    protected = cbor2.dumps({1: -8, 4: b"12345678"})
    machine = ed25519.Sign(seed)
    sign1.give(machine, protected, _AAD, payload)
    machine.finish()
    buf = bytearray(cose.MAX)
    data = bytes(buf[: sign1.put_sign1(buf, 0, protected, payload, machine.signature)])
    head, unprotected, *rest = cbor2.loads(data).value  # cbor2 6 gives immutables, which pycose's `decode` refuses
    parts: list[object] = [head, dict(unprotected), *rest]
    message = Sign1Message.from_cose_obj(parts, True)
    message.external_aad = _AAD
    message.key = CoseKey.decode(keys.encoded_key(machine.public))
    assert message.verify_signature()
    message.external_aad = _AAD[1:]
    assert not message.verify_signature()


def test_what_pycose_signs_is_verified() -> None:
    """With both kinds of key: its envelope, and its COSE_Key with the secret part left out."""
    okp = OKPKey(crv="ED25519", d=bytes(range(32)), x=ed25519.public_of(bytes(range(32))))
    point = ec.derive_private_key(7, ec.SECP256R1()).public_key().public_numbers()
    x, y = point.x.to_bytes(32, "big"), point.y.to_bytes(32, "big")
    ec2 = EC2Key(crv="P_256", d=(7).to_bytes(32, "big"), x=x, y=y)
    for key, algorithm, curve, public in (
        (okp, EdDSA, ed25519.Verify, {1: 1, -1: 6, -2: okp.x}),
        (ec2, Es256, p256.Verify, {1: 2, -1: 1, -2: x, -3: y}),
    ):
        message = Sign1Message(phdr={Algorithm: algorithm, KID: b"12345678"}, uhdr={}, payload=b"a grant")
        message.external_aad, message.key = _AAD, key
        data = low(bytes(message.encode()))
        opened = sign1.open_sign1(data, len(data), _AAD)
        assert opened.kid == b"12345678"
        assert finished(opened, cbor2.dumps(public), curve)
        assert not finished(sign1.open_sign1(data, len(data), _AAD[1:]), cbor2.dumps(public), curve)


def low(data: bytes) -> bytes:
    """P-256 has two signatures for one; pycose makes either, ours takes the low one."""
    s = int.from_bytes(data[-32:], "big")
    is_p256 = cbor2.loads(cbor2.loads(data).value[0])[1] == -7
    return data[:-32] + (_N - s).to_bytes(32, "big") if is_p256 and s > _N // 2 else data
