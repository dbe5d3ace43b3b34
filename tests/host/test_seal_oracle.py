"""What seals on the device, against the `cryptography` package, on any input, and opened as the owner's phone does."""

import random

import cbor2
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from hypothesis import given
from hypothesis import strategies as st

from agent.crypto import ccm
from agent.link.kinds import topic_of
from agent.privacy import purposes as p
from agent.privacy.seal import STEP
from simulator import remote
from simulator.opener import Opener, public_of
from tests.portable import bench, signed


@given(
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=ccm.NONCE, max_size=ccm.NONCE),
    st.binary(min_size=1, max_size=80),
    st.binary(max_size=600),
    st.integers(0, 60),
)
def test_ccm_seals_as_cryptography_does(key: bytes, nonce: bytes, aad: bytes, text: bytes, at: int) -> None:
    """Any length of text and associated data, moved up by any distance."""
    buf = bytearray(text + bytes(at + ccm.TAG))
    end = ccm.Ccm().seal(ccm.cipher(bytearray(key)), bytearray(nonce), aad, buf, len(text), at)
    assert bytes(buf[at:end]) == AESCCM(key, ccm.TAG).encrypt(nonce, text, aad)


PRIVATE = random.Random("owner").randbytes(32)
TOPIC = topic_of(signed.DEVICE, signed.EPOCH)


def device() -> bench.Bench:
    made = bench.Bench(secrets=bench.enrolled() | {"owner_seal": public_of(PRIVATE)})
    made.online()
    made.grant(signed.line(p.LOCATION_REPORT, recipients=1 << p.OWNER))
    made.drain()
    return made


def reports(made: bench.Bench, count: int) -> None:
    for _ in range(count):
        made.run(400_000, every=10_000)  # at rest it reports seldom
        made.give(remote.GNSS, bench.fix(made.now // 1_000))
        made.run(3_000)


def opened(made: bench.Bench, opener: Opener) -> list[bytes | None]:
    """Every location the device published, as the phone sees it."""
    found: list[bytes | None] = []
    for message in made.published():
        if message.name == "seal":
            opener.learn(cbor2.loads(message.payload))
        elif message.name == "location":
            found.append(opener.open("location", cbor2.loads(message.payload)))
    return found


def test_the_owner_opens_every_report_over_steps_agreements_and_restarts() -> None:
    """Two implementations of agreement, derivation and ratchet meet in each."""
    made = device()
    reports(made, 2)
    made.core.seal.counter = 256  # worn: the next tick moves the key on
    reports(made, 2)
    assert made.core.seal.counter > STEP
    made.grant(signed.line(p.LOCATION_REPORT, precision=1, recipients=1 << p.OWNER))
    reports(made, 2)
    made.boot()
    made.online()
    made.grant(signed.line(p.LOCATION_REPORT, recipients=1 << p.OWNER))
    reports(made, 2)
    texts = opened(made, Opener(TOPIC, signed.DEVICE, signed.KEY, PRIVATE))
    assert len(texts) >= 6
    assert None not in texts
    assert {cbor2.loads(text or b"")[5] for text in texts} == {0, 1}


@pytest.mark.parametrize(
    "opener",
    [
        Opener(TOPIC, signed.DEVICE, signed.KEY, random.Random("another").randbytes(32)),
        Opener(TOPIC, signed.DEVICE, bytes(32), PRIVATE),
        Opener(TOPIC, bytes(16), signed.KEY, PRIVATE),
        Opener(b"d/0123456789abcdef/", signed.DEVICE, signed.KEY, PRIVATE),
        Opener(TOPIC, signed.DEVICE, signed.KEY, b""),
    ],
    ids=["another owner", "no pairing key", "another device", "another topic", "no key at all"],
)
def test_nobody_else_opens_any(opener: Opener) -> None:
    """Also not a broker that has the announcement, and the device's flash with the pairing key in it."""
    made = device()
    reports(made, 2)
    texts = opened(made, opener)
    assert texts
    assert set(texts) == {None}


def test_a_changed_byte_opens_nothing() -> None:
    """Every byte of number, key, counter and text is authenticated."""
    made = device()
    reports(made, 1)
    opener = Opener(TOPIC, signed.DEVICE, signed.KEY, PRIVATE)
    assert None not in opened(made, opener)
    body = next(cbor2.loads(m.payload) for m in made.published() if m.name == "location")
    assert opener.open("location", body)
    for key in (1, 2, 3):
        assert opener.open("location", body | {key: body[key] + 1}) is None, key
    for at in range(len(body[4])):
        text = bytearray(body[4])
        text[at] ^= 1
        assert opener.open("location", body | {4: bytes(text)}) is None, at


def test_an_older_announcement_brings_no_key_back() -> None:
    """A broker may keep everything and say it again."""
    made = device()
    reports(made, 1)
    opener = Opener(TOPIC, signed.DEVICE, signed.KEY, PRIVATE)
    opened(made, opener)
    before = dict(opener.known)
    (said,) = [cbor2.loads(m.payload) for m in made.published() if m.name == "seal"]
    opener.learn(said | {5: bytes(31) + b"\x09"})
    assert opener.known == before
    opener.learn({1: 0, 2: 1, 3: 0, 4: 9, 5: bytes(31)})
    assert opener.known == before
