"""What the owner signs, in device syntax: COSE_Mac0 envelopes, consent records and requests, right ones and wrong ones.

tests/host/test_signed.py holds every byte against simulator/owner.py, which is written on cbor2.
"""

import hashlib
import struct

from agent.base import cbor
from agent.crypto.mac import Hmac
from agent.privacy import grants as g
from agent.privacy import ledger
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020

KEY = bytes([0x40 + k for k in range(32)])
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


NOTICE = [ledger.NOTICE, ledger.NOTICE_VERSION, Text(b"en"), bytes(32)]


def claims(seq: int, prev: bytes, lines, issued: int = START, days: int = 1) -> "dict[int, object]":
    """The claims of a right record, to be changed by whoever needs a wrong one."""
    return {
        1: ledger.kid_of(KEY),
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
    }


KEYS = (1, 2, 3, 4, 5, 6, 7, -65537, -65538, -65539, -65540, -65541, -65542, -65543, -65544)


def body_of(claim: "dict[int, object]") -> bytes:
    """The payload: the claims that are there, in order."""
    return encode(Pairs(*[(key, claim[key]) for key in KEYS if key in claim]))


def header(kid: bytes = b"", typ: bytes = b"cwt;consent1") -> bytes:
    return encode(Pairs((1, 5), (4, kid or ledger.kid_of(KEY)), (16, Text(typ))))


def sign(claim: "dict[int, object]", key: bytes = KEY, aad: bytes = b"") -> bytes:
    return sealed(body_of(claim), aad or consent_aad(), header(), key)


def head_of(claim: "dict[int, object]") -> bytes:
    """What the next record names as `prev`: 16 bytes of SHA-256 over the MAC_structure."""
    structure = encode([Text(b"MAC0"), header(), consent_aad(), body_of(claim)])
    return hashlib.sha256(structure).digest()[:16]


class Chain:
    """An owner's records one after the other."""

    def __init__(self) -> None:
        self.seq = 0
        self.head = HEAD0

    def next(self, *lines, issued: int = START, days: int = 1) -> bytes:
        """The next record, which the chain then counts as given to the device."""
        claim = claims(self.seq + 1, self.head, list(lines), issued, days)
        self.seq += 1
        self.head = head_of(claim)
        return sign(claim)

    def ahead(self, by: int, *lines, issued: int = START) -> bytes:
        """A right record that is `by` too far ahead; the chain does not count it."""
        return sign(claims(self.seq + 1 + by, b"\x77" * 16, list(lines), issued))


def request(code: int, seq: int, argument: int, nonce: bytes, key: bytes = KEY) -> bytes:
    return sealed(encode(Pairs((1, code), (2, seq), (3, argument))), request_aad(nonce), key=key)
