"""COSE_Mac0: what is opened, what is refused and why, and that no changed bit gets through."""

import hashlib

from agent.base import errors
from agent.base.cbor import BYTES
from agent.crypto import cose
from agent.crypto.mac import Hmac
from tests.portable.refusals import code
from tests.portable.signed import KEY, Pairs, Raw, Text, encode, sealed

AAD = b"for this and nothing else"
PAYLOAD = encode(Pairs((1, 2), (2, b"data")))
PROTECTED = encode(Pairs((1, 5), (4, b"12345678"), (16, Text(b"cwt;consent1"))))


def opened(data: bytes, aad: bytes = AAD, key: bytes = KEY) -> cose.Envelope:
    return cose.open_mac0(data, len(data), Hmac(key), aad)


def why(data: bytes) -> int:
    return code(opened, data)


def test_a_right_envelope_is_opened() -> None:
    """Header, payload in place, and the hash of everything that was MACed."""
    data = sealed(PAYLOAD, AAD, PROTECTED)
    envelope = opened(data)
    assert envelope.kid == b"12345678"
    assert envelope.typ == b"cwt;consent1"
    structure = encode([Text(b"MAC0"), PROTECTED, AAD, PAYLOAD])
    assert envelope.digest == hashlib.sha256(structure).digest()
    reader = envelope.payload
    assert reader.items(5) == 2
    assert (reader.integer(), reader.integer(), reader.integer()) == (1, 2, 2)
    reader.span(BYTES, 4)
    reader.end()
    assert data[reader.start : reader.stop] == b"data"


def test_kid_and_typ_may_be_missing() -> None:
    """Requests have neither: whoever needs them compares them."""
    envelope = opened(sealed(PAYLOAD, AAD))
    assert (envelope.kid, envelope.typ) == (b"", b"")


def test_every_single_changed_bit_is_refused() -> None:
    """Nothing in an envelope is decoration, so nothing in it can be changed on the way."""
    for protected in (b"", PROTECTED):
        good = sealed(PAYLOAD, AAD, protected)
        for k in range(8 * len(good)):
            bad = bytearray(good)
            bad[k >> 3] ^= 1 << (k & 7)
            assert why(bytes(bad)) != 0, k


def test_every_truncation_is_refused() -> None:
    """Half a withdrawal must not be read as a whole record."""
    good = sealed(PAYLOAD, AAD, PROTECTED)
    for n in range(len(good)):
        assert why(good[:n]) != 0, n
        assert code(cose.open_mac0, good, n, Hmac(KEY), AAD) != 0, n


def test_another_aad_or_key_is_refused() -> None:
    """The AAD names use, device, epoch and boot: that is what makes a copy elsewhere worthless."""
    good = sealed(PAYLOAD, AAD, PROTECTED)
    for aad in (b"", AAD[:-1], AAD + b"\0", b"F" + AAD[1:]):
        assert code(opened, good, aad) == errors.BAD_MAC, aad
    for key in (bytes(32), KEY[:-1], KEY + b"\0"):
        expected = 0 if key == KEY + b"\0" else errors.BAD_MAC  # RFC 2104 §2: keys are padded with zeros
        assert code(opened, good, AAD, key) == expected, key


def test_the_refusal_table() -> None:
    """Each form that another implementation might send, with the reason it gets."""
    tag = Hmac(KEY).tag(encode([Text(b"MAC0"), PROTECTED, AAD, PAYLOAD]))
    parts = [PROTECTED, Pairs(), PAYLOAD, tag]
    right = encode(parts)
    cases = (
        ("right", b"\xd1" + right, 0),
        ("no tag", right, errors.WRONG_TYPE),
        ("COSE_Sign1's tag", b"\xd2" + right, errors.UNKNOWN),
        ("CWT's tag outside", b"\xd8\x3d\xd1" + right, errors.UNKNOWN),
        ("self-described", b"\xd9\xd9\xf7\xd1" + right, errors.UNKNOWN),
        ("three parts", b"\xd1" + encode(parts[:3]), errors.UNKNOWN),
        ("five parts", b"\xd1" + encode([PROTECTED, Pairs(), PAYLOAD, tag, b""]), errors.UNKNOWN),
        ("a map", b"\xd1" + encode(Pairs((0, 0))), errors.WRONG_TYPE),
        ("bytes behind", b"\xd1" + right + b"\x00", errors.TRAILING),
        ("an unprotected header", b"\xd1" + encode([PROTECTED, Pairs((4, b"k")), PAYLOAD, tag]), errors.UNKNOWN),
        ("unprotected no map", b"\xd1" + encode([PROTECTED, [], PAYLOAD, tag]), errors.WRONG_TYPE),
        ("detached payload", b"\xd1" + encode([PROTECTED, Pairs(), Raw(b"\xf6"), tag]), errors.WRONG_TYPE),
        ("a short tag", b"\xd1" + encode([PROTECTED, Pairs(), PAYLOAD, tag[:31]]), errors.BAD_MAC),
        ("no tag bytes", b"\xd1" + encode([PROTECTED, Pairs(), PAYLOAD, b""]), errors.BAD_MAC),
        ("a long tag", b"\xd1" + encode([PROTECTED, Pairs(), PAYLOAD, tag + b"\0"]), errors.TOO_LONG),
        ("indefinite array", b"\xd1\x9f" + right[1:] + b"\xff", errors.WRONG_TYPE),
        ("nothing", b"", errors.TRUNCATED),
    )
    for name, data, expected in cases:
        assert why(data) == expected, name


def test_the_protected_header_table() -> None:
    """Under the right key all of them: a MAC does not make a wrong header right."""
    cases = (
        ("right", encode(Pairs((1, 5))), 0),
        ("HMAC 256/64", encode(Pairs((1, 4))), errors.OUT_OF_RANGE),
        ("HMAC 384", encode(Pairs((1, 6))), errors.OUT_OF_RANGE),
        ("EdDSA", encode(Pairs((1, -8))), errors.OUT_OF_RANGE),
        ("no algorithm", encode(Pairs((4, b"12345678"))), errors.OUT_OF_RANGE),
        ("an empty map", b"\xa0", errors.OUT_OF_RANGE),
        ("algorithm as text", encode(Pairs((1, Text(b"HS256")))), errors.WRONG_TYPE),
        ("critical", encode(Pairs((1, 5), (2, [16]))), errors.UNKNOWN),
        ("content type", encode(Pairs((1, 5), (3, 0))), errors.UNKNOWN),
        ("a private label", encode(Pairs((1, 5), (-70000, 0))), errors.UNKNOWN),
        ("twice", encode(Pairs((1, 5), (1, 5))), errors.UNSORTED),
        ("out of order", encode(Pairs((4, b"1"), (1, 5))), errors.UNSORTED),
        ("a kid at its limit", encode(Pairs((1, 5), (4, b"12345678"))), 0),
        ("a kid past it", encode(Pairs((1, 5), (4, b"123456789"))), errors.TOO_LONG),
        ("a typ at its limit", encode(Pairs((1, 5), (16, Text(b"t" * 24)))), 0),
        ("a typ past it", encode(Pairs((1, 5), (16, Text(b"t" * 25)))), errors.TOO_LONG),
        ("typ as a number", encode(Pairs((1, 5), (16, 1))), errors.WRONG_TYPE),
        ("bytes behind", encode(Pairs((1, 5))) + b"\x00", errors.TRAILING),
        ("not shortest", b"\xa1\x18\x01\x05", errors.NOT_SHORTEST),
        ("an array", b"\x80", errors.WRONG_TYPE),
        ("past its limit", encode(Pairs((1, 5), (16, Text(b"t" * 44)))), errors.TOO_LONG),
    )
    for name, protected, expected in cases:
        assert why(sealed(PAYLOAD, AAD, protected)) == expected, name


def test_the_size_limit() -> None:
    """decisions.md: any record has at most 1,024 bytes."""
    overhead = len(sealed(b"p" * 900, AAD)) - 900
    assert why(sealed(b"p" * (cose.MAX - overhead), AAD)) == 0
    assert why(sealed(b"p" * (cose.MAX - overhead + 1), AAD)) == errors.TOO_LONG


def test_payload_and_aad_lengths_at_every_change_of_head() -> None:
    """The MAC_structure is built by hand: each length that changes the size of a head."""
    for n in (0, 23, 24, 255, 256, 600):
        assert why(sealed(b"p" * n, AAD)) == 0, n
        aad = b"a" * n
        assert code(opened, sealed(PAYLOAD, aad), aad) == 0, n
