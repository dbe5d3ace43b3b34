"""Consent records in, grants out. A pure object: no clock, no store, no way out (in the manner of a TUF trusted set).

Law: a record widens only if it is the next of its chain, from the bound owner, for this device and epoch, under a notice this
build knows, in its time. A withdrawal narrows as soon as it is authentic, whatever its place in the chain.
"""

import hashlib
import struct

from micropython import const

from ..base.errors import FORKED, GAP, OUT_OF_RANGE, REPLAYED, UNKNOWN_NOTICE, UNTIMELY, WRONG_DEVICE, RemoteError
from ..crypto.cose import open_mac0
from ..crypto.mac import Hmac, equal
from . import grants as g
from . import purposes as p
from . import table as t
from .record import Claims
from .terms import within

NOTICE = t.POLICY
NOTICE_VERSION = t.VERSION  # its effective date, yyyymmdd: the text this build keeps to; consent to another is none
_SKEW = const(86_400)  # seconds `iat` may differ from our clock (security.md §3)
_LEEWAY = const(300)  # a phone's clock may be this far ahead of ours at `nbf` (RFC 7519 §4.1.5: a few minutes)
_HEAD = const(16)
_TYP = b"cwt;consent1"
_SNAPSHOT = b"CONSENT-STORE1"
_START = ">IIi16s"
_ROW = ">B8i"  # a purpose and its columns (grants.py)
_TAG = const(32)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


def kid_of(key: bytes) -> bytes:
    """First 8 bytes of SHA-256 over the key as a COSE_Key {1: 4, -1: k} (RFC 9052 §7)."""
    return hashlib.sha256(b"\xa2\x01\x04\x20\x58" + bytes((len(key),)) + key).digest()[:8]


class Ledger:
    def __init__(self, grants: "g.Grants", device_id: bytes, key: bytes, epoch: int) -> None:
        self._grants = grants
        self.withdrawn = 0  # mask: purposes the last `feed` turned off, or narrowed: nothing older may be sent
        self.authentic = False  # whether the last `feed` was under our key: only then is a refusal answered
        self._mac = Hmac(key)
        self._kid = kid_of(key)
        self._id = device_id
        self._aad = b"CONSENT1" + device_id + struct.pack(">I", epoch)

    def feed(self, buf: "Readable", n: int, seconds: int) -> None:
        """Applies buf[:n]. Raises RemoteError when it is not accepted; `withdrawn` is right either way."""
        self.withdrawn = 0
        self.authentic = False
        envelope = open_mac0(buf, n, self._mac, self._aad)
        self.authentic = True
        claims = Claims(envelope.payload)
        if (
            envelope.typ != _TYP
            or envelope.kid != self._kid
            or claims.issuer != self._kid
            or claims.audience != self._id
        ):
            raise RemoteError(WRONG_DEVICE)
        if self._grants.damaged:
            raise RemoteError(FORKED)  # the head is lost: the chain's own beginning would pass for news
        if claims.seq <= self._grants.seq:
            raise RemoteError(REPLAYED)
        if claims.seq > self._grants.seq + 1 or claims.prev != bytes(self._grants.head):
            self._pin(claims)
            raise RemoteError(GAP if claims.seq > self._grants.seq + 1 else FORKED)
        try:
            self._admit(claims, seconds)
        except RemoteError:
            self._pin(claims)  # an authentic "no" counts even in a record we cannot take
            raise
        self._apply(claims)
        self._grants.seq = claims.seq
        self._grants.head[:] = envelope.digest[:_HEAD]
        if claims.issued > self._grants.issued:
            self._grants.issued = claims.issued

    def _admit(self, claims: "Claims", seconds: int) -> None:
        if claims.notice != NOTICE or claims.notice_version != NOTICE_VERSION:
            raise RemoteError(UNKNOWN_NOTICE)
        if not claims.not_before <= claims.issued < claims.until:
            raise RemoteError(OUT_OF_RANGE)
        if seconds >= 0 and (
            abs(claims.issued - seconds) > _SKEW or claims.not_before > seconds + _LEEWAY or seconds >= claims.until
        ):
            raise RemoteError(UNTIMELY)
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            if not claims.refuses() and not within(claims):
                raise RemoteError(OUT_OF_RANGE)  # more than the policy asks for, or a purpose whose room does not exist

    def _apply(self, claims: "Claims") -> None:
        grants = self._grants
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            purpose = claims.purpose
            if (
                claims.refuses()
                or claims.precision > grants.get(purpose, g.PRECISION)
                or claims.interval > grants.get(purpose, g.INTERVAL)
            ):
                self.withdrawn |= 1 << purpose & p.GRANTABLE
            grants.put(purpose, g.STATE, claims.state)
            grants.put(purpose, g.SINCE, claims.issued)
            grants.put(purpose, g.UNTIL, claims.until)
            grants.put(purpose, g.INTERVAL, claims.interval)
            grants.put(purpose, g.PRECISION, claims.precision)
            grants.put(purpose, g.RETENTION, claims.retention)
            grants.put(purpose, g.RECIPIENTS, claims.recipients)
            if claims.seq > grants.get(purpose, g.PIN):
                grants.put(purpose, g.PIN, 0)

    def _pin(self, claims: "Claims") -> None:
        """Turns off what an authentic record out of its place withdraws, until a grant with a higher number."""
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            # A repeated one finds its pin and changes nothing: no broker wears the flash out with it.
            if claims.refuses() and claims.seq > self._grants.get(claims.purpose, g.PIN):
                self.withdrawn |= 1 << claims.purpose & p.GRANTABLE
                self._grants.put(claims.purpose, g.PIN, claims.seq)

    def withdraw_all(self, seconds: int) -> None:
        """Physical withdrawal: everything that can be off is off. Nothing physical can grant (I9)."""
        self.withdrawn = 0
        for purpose in range(p.COUNT):
            if p.GRANTABLE >> purpose & 1:
                self._grants.put(purpose, g.STATE, g.WITHDRAWN)
                self._grants.put(purpose, g.SINCE, seconds)
                self.withdrawn |= 1 << purpose

    def snapshot(self) -> bytes:
        """Everything that must survive a restart, MACed: notice, sequence, newest `iat`, head, and each purpose's row."""
        grants = self._grants
        body = struct.pack(_START, NOTICE_VERSION, grants.seq, grants.issued, grants.head)
        for purpose in range(p.COUNT):
            row = [grants.get(purpose, column) for column in range(g.COLUMNS)]
            if any(row):
                body += struct.pack(_ROW, purpose, *row)
        return body + self._mac.tag(_SNAPSHOT, self._aad, body)

    def restore(self, blob: bytes) -> None:
        """Takes a snapshot back. One that does not verify leaves everything off, for good: I6."""
        grants = self._grants
        body = blob[:-_TAG]
        start = struct.calcsize(_START)
        size = struct.calcsize(_ROW)
        rows = len(body) - start
        if rows < 0 or rows % size or not equal(self._mac.tag(_SNAPSHOT, self._aad, body), blob[-_TAG:]):
            grants.damaged = True
            return
        version, grants.seq, grants.issued, head = struct.unpack(_START, body[:start])
        grants.head[:] = head
        if version != NOTICE_VERSION:
            return  # consent to another text: the chain goes on, what it granted does not
        for at in range(start, len(body), size):
            row = struct.unpack(_ROW, body[at : at + size])
            for column in range(g.COLUMNS):
                grants.put(row[0], column, row[1 + column])
