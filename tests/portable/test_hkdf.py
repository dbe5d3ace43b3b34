"""HKDF: the RFC's three SHA-256 examples, and every length of salt and output."""

import hashlib

from agent.crypto import hkdf as module
from agent.crypto.hkdf import hkdf
from tests.portable.refusals import misused

# RFC 5869 §A.1 to §A.3: secret, salt, info, size, output
CASES = (
    (
        b"\x0b" * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)),
        bytes(range(0x60, 0xB0)),
        bytes(range(0xB0, 0x100)),
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        b"\x0b" * 22,
        b"",
        b"",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
)


def test_the_rfcs_examples() -> None:
    """A short salt, one longer than a block, and none."""
    for secret, salt, info, text in CASES:
        expected = bytes.fromhex(text)
        assert hkdf(secret, salt, info, len(expected)) == expected


def test_a_shorter_output_begins_a_longer_one() -> None:
    """RFC 5869 §2.3: at each change of block."""
    whole = hkdf(b"secret", b"salt", b"info", 100)
    for n in (0, 1, 31, 32, 33, 64, 65):
        assert hkdf(b"secret", b"salt", b"info", n) == whole[:n]


def test_salts_at_the_edges_of_a_block() -> None:
    """RFC 2104 §2: 64 bytes are a key as they are, 65 are hashed."""
    long = b"s" * 65
    assert hkdf(b"k", long, b"", 32) == hkdf(b"k", hashlib.sha256(long).digest(), b"", 32)
    assert hkdf(b"k", long[:64], b"", 32) != hkdf(b"k", hashlib.sha256(long[:64]).digest(), b"", 32)
    assert hkdf(b"k", b"short", b"", 32) == hkdf(b"k", b"short" + bytes(59), b"", 32)


def test_the_longest_output_and_one_byte_more() -> None:
    """RFC 5869 §2.3: the counter is one byte."""
    assert len(hkdf(b"k", b"", b"", module.MAX)) == 255 * 32
    assert misused(hkdf, b"k", b"", b"", module.MAX + 1)
