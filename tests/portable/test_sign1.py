"""COSE_Sign1: what is opened, what is refused and why, that no changed bit gets through, and what the device writes."""

import hashlib

from agent.base import errors
from agent.base.cbor import BYTES
from agent.crypto import cose, ed25519, keys, p256, sign1
from tests.portable.refusals import code
from tests.portable.signed import Pairs, Raw, Text, encode

SEED = bytes(range(32))
KEY = keys.read_key(keys.encoded_key(ed25519.public_of(SEED)), 40)
AAD = b"for this and nothing else"
PAYLOAD = encode(Pairs((1, 2), (2, b"data")))
PHONE = keys.Key(
    keys.P256,
    bytes.fromhex(
        "998cca295b4ed0d3ae5fcd595fa4fa715afbf64217cbc3b9df1b6fdf30195352"
        "ba374ce8c330e1f7f8416a4859cababb8ebf3a97724abe152573a453f4364bac"
    ),
    b"",
)
# Made with OpenSSL over the structure of `header(alg)`, s made low: by ES256 (-7) and by ESP256 (-9).
BY_PHONE = (
    (
        -7,
        "e65039dd70ffb09972a6b3d5c52fad05faeb662e706c0fdb0adf3b288ebf7818"
        "425d905493789afc371ee37565267a1959155f127aa08303c2b5c783a5ef401e",
    ),
    (
        -9,
        "d999e9a0768ff661b19e49df198e93cc9b2dbc19ab4628864b777a57063bfedb"
        "17a2f95509eeb00c59b696a7b0844b31030e8e9a12b17d177adb191176184585",
    ),
)


def header(alg: int) -> bytes:
    return encode(Pairs((1, alg), (4, b"12345678"), (16, Text(b"cwt;consent1"))))


PROTECTED = header(-19)


def structure(protected: bytes, payload: bytes = PAYLOAD, aad: bytes = AAD) -> bytes:
    return encode([Text(b"Signature1"), protected, aad, payload])


def by_device(message: bytes) -> bytes:
    machine = ed25519.Sign(SEED)
    machine.feed(message)
    machine.finish()
    return machine.signature


def envelope(protected: bytes, payload: bytes, signature: bytes) -> bytes:
    return b"\xd2" + encode([protected, Pairs(), payload, signature])


SIGNATURE = by_device(structure(PROTECTED))
GOOD = envelope(PROTECTED, PAYLOAD, SIGNATURE)


def opened(data: bytes, aad: bytes = AAD) -> cose.Envelope:
    return sign1.open_sign1(data, len(data), aad)


def why(data: bytes) -> int:
    return code(opened, data)


def ok(data: bytes, aad: bytes = AAD, key: keys.Key = KEY) -> bool:
    curve = ed25519.Verify if key.curve == keys.ED25519 else p256.Verify
    machine = sign1.verifier(opened(data, aad), key, curve)
    while not machine.done:
        machine.step()
    return machine.ok


def test_a_right_envelope_is_opened_and_verified() -> None:
    """Header, payload in place, and the hash of everything that was signed."""
    found = opened(GOOD)
    assert (found.alg, found.kid, found.typ) == (-19, b"12345678", b"cwt;consent1")
    assert found.digest == hashlib.sha256(structure(PROTECTED)).digest()
    reader = found.payload
    assert reader.items(5) == 2
    assert (reader.integer(), reader.integer(), reader.integer()) == (1, 2, 2)
    reader.span(BYTES, 4)
    reader.end()
    assert GOOD[reader.start : reader.stop] == b"data"
    assert ok(GOOD)


def test_every_name_of_both_algorithms_is_known() -> None:
    """Phones say EdDSA or Ed25519, ES256 or ESP256 (RFC 9864)."""
    for alg in (-8, -19):
        assert ok(envelope(header(alg), PAYLOAD, by_device(structure(header(alg)))))
    for alg, signature in BY_PHONE:
        data = envelope(header(alg), PAYLOAD, bytes.fromhex(signature))
        assert ok(data, AAD, PHONE), alg
        assert not ok(data, AAD + b"2", PHONE), alg


def test_a_key_of_another_curve_is_refused() -> None:
    """The algorithm is the header's word, the curve the key's: they must agree before anything is computed."""
    theirs = opened(envelope(header(-7), PAYLOAD, bytes.fromhex(BY_PHONE[0][1])))
    assert code(sign1.verifier, theirs, KEY, ed25519.Verify) == errors.OUT_OF_RANGE
    assert code(sign1.verifier, opened(GOOD), PHONE, p256.Verify) == errors.OUT_OF_RANGE


def test_no_changed_bit_gets_through() -> None:
    """Nothing in an envelope is decoration. Every bit of what is not signature, each 17th of that."""
    size = len(GOOD)
    for k in list(range(8 * (size - 64))) + list(range(8 * (size - 64), 8 * size, 17)):
        bad = bytearray(GOOD)
        bad[k >> 3] ^= 1 << (k & 7)
        if why(bytes(bad)) == 0:
            if opened(bytes(bad)).alg in (-7, -9):
                assert code(ok, bytes(bad)) != 0, k
            else:
                assert not ok(bytes(bad)), k


def test_every_truncation_is_refused() -> None:
    """Half a withdrawal must not be read as a whole record."""
    for n in range(len(GOOD)):
        assert why(GOOD[:n]) != 0, n
        assert code(sign1.open_sign1, GOOD, n, AAD) != 0, n


def test_another_aad_or_key_is_refused() -> None:
    """The AAD names use, device and epoch: that is what makes a copy elsewhere worthless."""
    for aad in (b"", AAD[:-1], AAD + b"\0", b"F" + AAD[1:]):
        assert not ok(GOOD, aad), aad
    assert not ok(GOOD, AAD, keys.Key(keys.ED25519, ed25519.public_of(bytes(32)), b""))


def test_the_refusal_table() -> None:
    """Each form that another implementation might send, with the reason it gets."""
    parts = [PROTECTED, Pairs(), PAYLOAD, SIGNATURE]
    right = encode(parts)
    cases = (
        ("right", b"\xd2" + right, 0),
        ("no tag", right, errors.WRONG_TYPE),
        ("COSE_Mac0's tag", b"\xd1" + right, errors.UNKNOWN),
        ("CWT's tag outside", b"\xd8\x3d\xd2" + right, errors.UNKNOWN),
        ("three parts", b"\xd2" + encode(parts[:3]), errors.UNKNOWN),
        ("five parts", b"\xd2" + encode(parts + [b""]), errors.UNKNOWN),
        ("an unprotected header", b"\xd2" + encode([PROTECTED, Pairs((4, b"k")), PAYLOAD, SIGNATURE]), errors.UNKNOWN),
        ("unprotected no map", b"\xd2" + encode([PROTECTED, [], PAYLOAD, SIGNATURE]), errors.WRONG_TYPE),
        ("detached payload", b"\xd2" + encode([PROTECTED, Pairs(), Raw(b"\xf6"), SIGNATURE]), errors.WRONG_TYPE),
        ("a short signature", envelope(PROTECTED, PAYLOAD, SIGNATURE[:63]), errors.OUT_OF_RANGE),
        ("no signature", envelope(PROTECTED, PAYLOAD, b""), errors.OUT_OF_RANGE),
        ("a long signature", envelope(PROTECTED, PAYLOAD, SIGNATURE + b"\0"), errors.TOO_LONG),
        ("bytes behind", b"\xd2" + right + b"\0", errors.TRAILING),
        ("indefinite array", b"\xd2\x9f" + right[1:] + b"\xff", errors.WRONG_TYPE),
        ("HMAC", envelope(header(5), PAYLOAD, SIGNATURE), errors.OUT_OF_RANGE),
        ("ES384", envelope(header(-35), PAYLOAD, SIGNATURE), errors.OUT_OF_RANGE),
        ("Ed448", envelope(header(-53), PAYLOAD, SIGNATURE), errors.OUT_OF_RANGE),
        ("no algorithm", envelope(encode(Pairs((4, b"1"))), PAYLOAD, SIGNATURE), errors.OUT_OF_RANGE),
        ("no header", envelope(b"", PAYLOAD, SIGNATURE), errors.TRUNCATED),
        ("critical", envelope(encode(Pairs((1, -19), (2, [4]))), PAYLOAD, SIGNATURE), errors.UNKNOWN),
        ("twice", envelope(encode(Pairs((1, -19), (1, -19))), PAYLOAD, SIGNATURE), errors.UNSORTED),
        ("nothing", b"", errors.TRUNCATED),
    )
    for name, data, expected in cases:
        assert why(data) == expected, name


def test_the_size_limit() -> None:
    """decisions.md: any record has at most 1,024 bytes."""
    overhead = len(envelope(PROTECTED, b"p" * 900, SIGNATURE)) - 900
    assert why(envelope(PROTECTED, b"p" * (cose.MAX - overhead), SIGNATURE)) == 0
    assert why(envelope(PROTECTED, b"p" * (cose.MAX - overhead + 1), SIGNATURE)) == errors.TOO_LONG


def test_what_the_device_signs_is_what_it_would_open() -> None:
    """Receipts, checkpoints and certificates, byte for byte."""
    protected = sign1.header(b"12345678", b"cwt;consent1")
    assert protected == PROTECTED
    for n in (0, 23, 24, 255, 256, 600):
        payload = bytes(n)
        machine = ed25519.Sign(SEED)
        sign1.give(machine, protected, AAD, payload)
        machine.finish()
        buf = bytearray(cose.MAX)
        stop = sign1.put_sign1(buf, 3, protected, payload, machine.signature)
        expected = envelope(PROTECTED, payload, by_device(structure(PROTECTED, payload)))
        assert bytes(buf[3:stop]) == expected, n
        assert ok(expected), n
