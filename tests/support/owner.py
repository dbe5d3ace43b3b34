"""The owner's side for the rig: signs consent records and requests, and keeps the chain."""

import hashlib
import hmac
import struct
from collections.abc import Iterable

import cbor2

from agent.privacy import grants as g
from agent.privacy import ledger as consent
from agent.privacy.record import EPOCH_2020
from tools.enrolment import Enrolment

DAY = 86_400
_HEAD = 16


def _canonical(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


class Owner:
    """One owner of one device. `seq` and `head` follow the records the device took; a record made and not taken changes nothing."""

    def __init__(self, enrolment: Enrolment, issued: int, seq: int = 0, head: bytes = bytes(_HEAD)) -> None:
        """`issued`: seconds since 2020 at which records are signed."""
        self._id = enrolment.device_id
        self._key = enrolment.pairing_key
        self._epoch = struct.pack(">I", enrolment.epoch)
        self._kid = consent.kid_of(self._key)
        self.issued = issued
        self.seq = seq
        self.head = head

    def record(self, purposes: Iterable[int], state: int = g.GIVEN, seq: int = 0, prev: bytes | None = None) -> bytes:
        """One record that sets these purposes to `state`, as the next of the chain or with another number and predecessor."""
        at = EPOCH_2020 + self.issued
        lines = [[purpose, state, 1, {1: 1, 2: 0, 3: DAY, 4: 1}] for purpose in purposes]
        claims = {
            1: self._kid,
            2: b"subject1",
            3: self._id,
            4: at + 30 * DAY,
            5: at,
            6: at,
            7: hashlib.sha256(bytes(lines[0][:1]) + struct.pack(">I", seq or self.seq + 1)).digest()[:16],
            -65537: 1,
            -65538: seq or self.seq + 1,
            -65539: self.head if prev is None else prev,
            -65540: [consent.NOTICE, consent.NOTICE_VERSION, "en", bytes(32)],
            -65541: lines,
            -65542: "CN",
            -65543: 0,
            -65544: False,
        }
        return self._seal(claims, b"CONSENT1", "cwt;consent1")

    def taken(self, record: bytes) -> None:
        """The device applied it: the next record continues from here."""
        self.seq += 1
        protected, _, payload, _ = cbor2.loads(record).value
        structure = _canonical(["MAC0", protected, b"CONSENT1" + self._id + self._epoch, payload])
        self.head = hashlib.sha256(structure).digest()[:_HEAD]

    def request(self, code: int, seq: int, nonce: bytes, argument: int = 0) -> bytes:
        return self._seal({1: code, 2: seq, 3: argument}, b"REQUEST1", "", nonce)

    def _seal(self, claims: object, context: bytes, typ: str, nonce: bytes = b"") -> bytes:
        header: dict[int, object] = {1: 5, 4: self._kid}
        if typ:
            header[16] = typ
        protected, payload = _canonical(header), _canonical(claims)
        structure = _canonical(["MAC0", protected, context + self._id + self._epoch + nonce, payload])
        tag = hmac.digest(self._key, structure, "sha256")
        return cbor2.dumps(cbor2.CBORTag(17, [protected, {}, payload, tag]))
