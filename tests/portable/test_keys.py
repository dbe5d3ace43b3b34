"""COSE_Key: one form for a key, so that it has one name; everything else is refused with a reason."""

import hashlib

from agent.base import errors
from agent.crypto import keys
from tests.portable.refusals import code
from tests.portable.signed import Pairs, Raw, Text, encode

X = bytes(range(32))
Y = bytes(range(100, 132))
OKP = encode(Pairs((1, 1), (-1, 6), (-2, X)))
EC2 = encode(Pairs((1, 2), (-1, 1), (-2, X), (-3, Y)))


def read(data: bytes) -> keys.Key:
    return keys.read_key(data, len(data))


def test_both_kinds_are_read_and_named() -> None:
    """The name in a record's header is the first 8 bytes of a hash over the key."""
    for data, curve, public in ((OKP, keys.ED25519, X), (EC2, keys.P256, X + Y)):
        key = read(data)
        assert (key.curve, key.public) == (curve, public)
        assert key.kid == hashlib.sha256(data).digest()[:8]
        assert key.kid == keys.kid_of(data)


def test_a_key_in_a_longer_buffer_is_the_same_key() -> None:
    """Its name must not hash what lies behind it."""
    assert keys.read_key(bytearray(OKP + b"\xff" * 9), len(OKP)).kid == keys.kid_of(OKP)


def test_what_is_written_is_what_is_read() -> None:
    """The device's own key is published in the form it takes."""
    assert keys.encoded_key(X) == OKP


def test_the_refusal_table() -> None:
    """Each form that another implementation might send, with the reason it gets."""
    cases = (
        ("right", OKP, 0),
        ("right too", EC2, 0),
        ("nothing", b"", errors.TRUNCATED),
        ("an array", encode([1, 1]), errors.WRONG_TYPE),
        ("empty", encode(Pairs()), errors.TRUNCATED),
        ("X25519", encode(Pairs((1, 1), (-1, 4), (-2, X))), errors.UNKNOWN),
        ("Ed448", encode(Pairs((1, 1), (-1, 7), (-2, X))), errors.UNKNOWN),
        ("P-384", encode(Pairs((1, 2), (-1, 2), (-2, X), (-3, Y))), errors.UNKNOWN),
        ("symmetric", encode(Pairs((1, 4), (-1, X))), errors.WRONG_TYPE),
        ("RSA", encode(Pairs((1, 3), (-1, X), (-2, Y))), errors.WRONG_TYPE),
        ("OKP with P-256", encode(Pairs((1, 1), (-1, 1), (-2, X))), errors.UNKNOWN),
        ("EC2 with Ed25519", encode(Pairs((1, 2), (-1, 6), (-2, X), (-3, Y))), errors.UNKNOWN),
        ("OKP with y", encode(Pairs((1, 1), (-1, 6), (-2, X), (-3, Y))), errors.UNKNOWN),
        ("EC2 without y", encode(Pairs((1, 2), (-1, 1), (-2, X))), errors.UNKNOWN),
        ("compressed", encode(Pairs((1, 2), (-1, 1), (-2, X), (-3, True))), errors.WRONG_TYPE),
        ("a secret key", encode(Pairs((1, 1), (-1, 6), (-2, X), (-4, Y))), errors.UNKNOWN),
        ("a kid inside", encode(Pairs((1, 1), (2, b"k"), (-1, 6), (-2, X))), errors.UNKNOWN),
        ("an algorithm", encode(Pairs((1, 1), (3, -8), (-1, 6), (-2, X))), errors.UNKNOWN),
        ("out of order", encode(Pairs((-1, 6), (1, 1), (-2, X))), errors.UNKNOWN),
        ("another label for x", encode(Pairs((1, 1), (-1, 6), (-3, X))), errors.UNKNOWN),
        ("another label for y", encode(Pairs((1, 2), (-1, 1), (-2, X), (-4, Y))), errors.UNKNOWN),
        ("x as text", encode(Pairs((1, 1), (-1, 6), (-2, Text(X)))), errors.WRONG_TYPE),
        ("type as text", encode(Pairs((1, Text(b"OKP")), (-1, 6), (-2, X))), errors.WRONG_TYPE),
        ("a short x", encode(Pairs((1, 1), (-1, 6), (-2, X[:31]))), errors.OUT_OF_RANGE),
        ("a long x", encode(Pairs((1, 1), (-1, 6), (-2, X + b"\0"))), errors.TOO_LONG),
        ("a short y", encode(Pairs((1, 2), (-1, 1), (-2, X), (-3, Y[:31]))), errors.OUT_OF_RANGE),
        ("bytes behind", OKP + b"\0", errors.TRAILING),
        ("not shortest", b"\xa3\x18\x01\x01" + OKP[3:], errors.NOT_SHORTEST),
        ("indefinite", b"\xbf" + OKP[1:] + b"\xff", errors.WRONG_TYPE),
        (
            "as long as allowed",
            encode(Pairs((1, 2), (-1, 1), (-2, X), (-3, Raw(b"\x58\x23" + bytes(35))))),
            errors.TOO_LONG,
        ),
        ("longer", bytes(keys.MAX + 1), errors.TOO_LONG),
    )
    for name, data, expected in cases:
        assert code(read, data) == expected, name


def test_every_truncation_is_refused() -> None:
    """Half a key is no key."""
    for data in (OKP, EC2):
        for n in range(len(data)):
            assert code(read, data[:n]) != 0, n
            assert code(keys.read_key, data, n) != 0, n
