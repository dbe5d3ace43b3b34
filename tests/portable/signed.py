"""What the owner signs, in device syntax: consent records (COSE_Sign1, alone or in the envelope of haste) and requests
(COSE_Mac0), right ones and wrong ones.

tests/host/test_signed.py holds every byte against simulator/owner.py, which is written on cbor2.
"""

import hashlib
import struct

from agent.base import cbor
from agent.crypto.ed25519 import Sign
from agent.crypto.keys import encoded_key, kid_of
from agent.crypto.mac import Hmac
from agent.privacy import grants as g
from agent.privacy import ledger, notice
from agent.privacy import purposes as p
from agent.privacy import table as t
from agent.privacy.record import EPOCH_2020

KEY = bytes([0x40 + k for k in range(32)])
SEED = bytes([0x80 + k for k in range(32)])  # of the owner's key
PUBLIC = b"\xcd\x14\xb3\x7f\x95\x6e\x95\x31\x94\xff\x7f\xb7\x3b\x3d\x81\xdc\xc5\x61\xd6\x1a\x75\x38\x09\x4b\x7c\x3e\x1a\x64\x3e\xe5\xf3\xaa"
OWNER = encoded_key(PUBLIC)
KID = kid_of(OWNER)
DEVICE = b"a device's id 16"
EPOCH = 5
START = 217_000_000  # seconds since 2020: after the build's floor
DAY = 86_400
HEAD0 = bytes(16)


class Text:
    """A CBOR text string, where `bytes` is a byte string and `Raw` is CBOR already."""

    def __init__(self, data: bytes) -> None:
        self.data = data


class Raw:
    def __init__(self, data: bytes) -> None:
        self.data = data


class Pairs:
    """A map, in the order given."""

    def __init__(self, *pairs) -> None:
        self.pairs = pairs


def encode(value) -> bytes:
    """CBOR of ints below 2**32, bytes, Text, bool, lists, Pairs and Raw."""
    if isinstance(value, Raw):
        return value.data
    buf = bytearray(16)
    if value is True or value is False:
        return bytes(buf[: cbor.put_bool(buf, 0, value)])
    if type(value) is int:
        return bytes(buf[: cbor.put_int(buf, 0, value)])
    if isinstance(value, bytes):
        return bytes(buf[: cbor.put_head(buf, 0, cbor.BYTES, len(value))]) + value
    if isinstance(value, Text):
        return bytes(buf[: cbor.put_head(buf, 0, cbor.TEXT, len(value.data))]) + value.data
    if isinstance(value, Pairs):
        data = bytes(buf[: cbor.put_head(buf, 0, cbor.MAP, len(value.pairs))])
        for key, item in value.pairs:
            data += encode(key) + encode(item)
        return data
    data = bytes(buf[: cbor.put_head(buf, 0, cbor.ARRAY, len(value))])
    for item in value:
        data += encode(item)
    return data


def sealed(payload: bytes, aad: bytes, protected: bytes = b"", key: bytes = KEY) -> bytes:
    """A COSE_Mac0 over these bytes; `protected` is {1: 5} when not given."""
    protected = protected or encode(Pairs((1, 5)))
    tag = Hmac(key).tag(encode([Text(b"MAC0"), protected, aad, payload]))
    return b"\xd1" + encode([protected, Pairs(), payload, tag])


def signature(message: bytes, seed: bytes = SEED) -> bytes:
    """Ed25519 by the agent's own signer: the tests of that are tests/portable/test_ed25519.py."""
    machine = Sign(seed)
    machine.feed(message)
    machine.finish()
    return machine.signature


def signed(payload: bytes, aad: bytes, protected: bytes, seed: bytes = SEED) -> bytes:
    """A COSE_Sign1 over these bytes."""
    made = signature(structure(payload, aad, protected), seed)
    return b"\xd2" + encode([protected, Pairs(), payload, made])


def structure(payload: bytes, aad: bytes, protected: bytes) -> bytes:
    """The Sig_structure (RFC 9052 §4.4)."""
    return encode([Text(b"Signature1"), protected, aad, payload])


def hasten(record: bytes, key: bytes = KEY, aad: bytes = b"") -> bytes:
    """A record in the pairing key's envelope."""
    return sealed(record, aad or b"HASTE1" + consent_aad()[8:], key=key)


def consent_aad(device: bytes = DEVICE, epoch: int = EPOCH) -> bytes:
    return b"CONSENT1" + device + struct.pack(">I", epoch)


def request_aad(nonce: bytes, device: bytes = DEVICE, epoch: int = EPOCH) -> bytes:
    return b"REQUEST1" + device + struct.pack(">I", epoch) + nonce


def line(
    purpose: int,
    state: int = g.GIVEN,
    interval: int = 0,
    precision: int = 0,
    retention: int = 3_600,
    recipients: int = 1 << p.OWNER | 1 << p.PROVIDER,
):
    """One purpose's line of a record. The platform may read it, so that a test can; what is sealed is tested in test_seal.py."""
    return [purpose, state, 0, Pairs((1, interval), (2, precision), (3, retention), (4, recipients))]


def no(purpose: int, state: int = g.WITHDRAWN):
    return line(purpose, state)


NOTICE = [t.POLICY, t.VERSION, Text(b"en"), notice.NOTICES[0][1], notice.HASH]


def claims(seq: int, prev: bytes, lines, issued: int = START, days: int = 1) -> "dict[int, object]":
    """The claims of a right record, to be changed by whoever needs a wrong one."""
    return {
        1: KID,
        2: b"subject!",
        3: DEVICE,
        4: EPOCH_2020 + issued + days * DAY,
        5: EPOCH_2020 + issued,
        6: EPOCH_2020 + issued,
        7: b"the record's id!",
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65540: NOTICE,
        -65541: lines,
        -65542: Text(b"CN"),
        -65543: 0,
        -65544: False,
        -65546: g.SWITCHES,
    }


KEYS = (1, 2, 3, 4, 5, 6, 7, -65537, -65538, -65539, -65540, -65541, -65542, -65543, -65544, -65546)
LENT_TO = -65547


def body_of(claim: "dict[int, object]") -> bytes:
    """The payload: the claims that are there, in order."""
    return encode(Pairs(*[(key, claim[key]) for key in KEYS + (LENT_TO,) if key in claim]))


def header(kid: bytes = KID, typ: bytes = b"cwt;consent1", alg: int = -19) -> bytes:
    return encode(Pairs((1, alg), (4, kid), (16, Text(typ))))


def sign(claim: "dict[int, object]", seed: bytes = SEED, aad: bytes = b"", kid: bytes = KID) -> bytes:
    """The bare record."""
    return signed(body_of(claim), aad or consent_aad(), header(kid), seed)


def head_of(claim: "dict[int, object]", kid: bytes = KID) -> bytes:
    """What the next record names as `prev`: 16 bytes of SHA-256 over the Sig_structure."""
    return hashlib.sha256(structure(body_of(claim), consent_aad(), header(kid))).digest()[:16]


class Chain:
    """An owner's records one after the other, as a phone sends them."""

    def __init__(self) -> None:
        self.seq = 0
        self.head = HEAD0
        self.place = b"CN"  # region in which the owner was asked

    def next(
        self, *lines, issued: int = START, days: int = 1, lend: "bytes | None" = None, guardian: bool = False
    ) -> bytes:
        """The next record, which the chain then counts as given to the device. `lend` is the rider's key."""
        claim = claims(self.seq + 1, self.head, list(lines), issued, days)
        claim[-65542] = Text(self.place)
        claim[-65544] = guardian
        if lend is not None:
            claim[LENT_TO] = lend
        self.seq += 1
        self.head = head_of(claim)
        return hasten(sign(claim))

    def ahead(self, by: int, *lines, issued: int = START) -> bytes:
        """A right record that is `by` too far ahead; the chain does not count it."""
        return hasten(sign(claims(self.seq + 1 + by, b"\x77" * 16, list(lines), issued)))

    def press(self) -> None:
        """The button was held: that takes a place in the chain."""
        self.seq += 1
        self.head = ledger.pressed(self.head, self.seq)


class Rider:
    """Somebody the device was lent to, whose chain begins at the record that lent it."""

    def __init__(self, head: bytes = HEAD0, seed: bytes = bytes(range(32))) -> None:
        machine = Sign(seed)
        while not machine.public:
            machine.step()
        self.seed = seed
        self.key = encoded_key(machine.public)
        self.kid = kid_of(self.key)
        self.seq = 0
        self.head = head

    def claims(self, *lines, issued: int = START, days: int = 1):
        claim = claims(self.seq + 1, self.head, list(lines), issued, days)
        claim[1] = self.kid
        del claim[-65546]
        return claim

    def sign(self, claim) -> bytes:
        """Any record under the rider's key; the chain does not count it."""
        return sign(claim, self.seed, kid=self.kid)

    def next(self, *lines, issued: int = START, days: int = 1, back: bool = False) -> bytes:
        """The next record, counted. `back` gives the device back."""
        claim = self.claims(*lines, issued=issued, days=days)
        if back:
            claim[LENT_TO] = b""
        self.seq += 1
        self.head = head_of(claim, self.kid)
        return self.sign(claim)


def request(code: int, seq: int, argument: int, nonce: bytes, key: bytes = KEY) -> bytes:
    return sealed(encode(Pairs((1, code), (2, seq), (3, argument))), request_aad(nonce), key=key)
