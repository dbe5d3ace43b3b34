"""HMAC-SHA-256: the RFC's vectors, pieces as one message, and keys outside the limits."""

import hashlib
from binascii import hexlify, unhexlify

from agent.crypto.mac import Hmac, equal
from tests.portable.refusals import misused

# RFC 4231 §4.2-4.8; the keys shorter than 16 and longer than 64 bytes are padded or hashed as RFC 2104 §2 says they count.
VECTORS = (
    (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe" + bytes(12),
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (b"\xaa" * 20, b"\xdd" * 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (
        hashlib.sha256(b"\xaa" * 131).digest(),
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        hashlib.sha256(b"\xaa" * 131).digest(),
        b"This is a test using a larger than block-size key and a larger than block-size data. "
        b"The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
)


def test_the_vectors_of_rfc_4231() -> None:
    """Phone, simulator and device must come to the same tag."""
    for key, data, expected in VECTORS:
        assert hexlify(Hmac(key).tag(data)) == expected.encode(), data


def test_pieces_are_one_message_whatever_their_kind() -> None:
    """An envelope is MACed where it lies, without being put together."""
    for key, data, expected in VECTORS:
        for cut in (0, 1, len(data) - 1, len(data)):
            mac = Hmac(key)
            tag = mac.tag(data[:cut], bytearray(data[cut:]), b"", memoryview(b""))
            assert tag == unhexlify(expected), cut


def test_one_object_makes_many_tags() -> None:
    """Its pads are made once; a message must not see the one before, finished or not."""
    mac = Hmac(VECTORS[0][0])
    mac.start()
    mac.update(b"half a message")
    assert hexlify(mac.tag(VECTORS[0][1])) == VECTORS[0][2].encode()
    assert hexlify(mac.tag(VECTORS[0][1])) == VECTORS[0][2].encode()


def test_a_key_has_16_to_64_bytes() -> None:
    """A shorter one is guessed, a longer one would be cut."""
    for n in (16, 64):
        assert len(Hmac(bytes(n)).tag(b"")) == 32
    for n in (0, 15, 65):
        assert misused(Hmac, bytes(n)), n


def test_equal_means_same_length_and_bytes() -> None:
    """Every single bit counts."""
    a = bytes(range(32))
    assert equal(a, bytearray(a))
    assert equal(b"", b"")
    assert not equal(a, a[:31])
    assert not equal(a, a + b"\0")
    for k in range(256):
        b = bytearray(a)
        b[k >> 3] ^= 1 << (k & 7)
        assert not equal(a, b), k
