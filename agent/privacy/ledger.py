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
from . import record as r

NOTICE = 1  # the platform's policy
NOTICE_VERSION = 20230620  # its effective date, yyyymmdd: the newest text this build knows
_SKEW = const(86_400)  # seconds `iat` may differ from our clock (security.md §3)
_HEAD = const(16)
_TYP = b"cwt;consent1"
_SNAPSHOT = b"CONSENT-STORE1"

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


def kid_of(key: bytes) -> bytes:
    """First 8 bytes of SHA-256 over the key as a COSE_Key {1: 4, -1: k} (RFC 9052 §7)."""
    return hashlib.sha256(b"\xa2\x01\x04\x20\x58" + bytes((len(key),)) + key).digest()[:8]


class Ledger:
    def __init__(self, grants: "g.Grants", device_id: bytes, key: bytes, epoch: int) -> None:
        self._grants = grants
        self.withdrawn = 0  # mask: purposes the last `feed` turned off
        self.authentic = False  # whether the last `feed` was under our key: only then is a refusal answered
        self._mac = Hmac(key)
        self._kid = kid_of(key)
        self._id = device_id
        self._aad = b"CONSENT1" + device_id + struct.pack(">I", epoch)
        self._claims = r.Claims()

    def feed(self, buf: "Readable", n: int, seconds: int) -> None:
        """Applies buf[:n]. Raises RemoteError when it is not accepted; `withdrawn` is right either way."""
        self.withdrawn = 0
        self.authentic = False
        envelope = open_mac0(buf, n, self._mac, self._aad)
        self.authentic = True
        claims = self._claims
        claims.read(envelope.payload)
        if (
            envelope.typ != _TYP
            or envelope.kid != self._kid
            or claims.issuer != self._kid
            or claims.audience != self._id
        ):
            raise RemoteError(WRONG_DEVICE)
        if claims.seq <= self._grants.seq:
            raise RemoteError(REPLAYED)
        if claims.seq > self._grants.seq + 1 or claims.prev != self._grants.head:
            self._pin(claims)
            raise RemoteError(GAP if claims.seq > self._grants.seq + 1 else FORKED)
        try:
            self._admit(claims, seconds)
        except RemoteError:
            self._pin(claims)  # an authentic "no" counts even in a record we cannot take
            raise
        self._apply(claims)
        self._grants.seq = claims.seq
        self._grants.head = envelope.digest[:_HEAD]
        if claims.issued > self._grants.issued:
            self._grants.issued = claims.issued

    def _admit(self, claims: "r.Claims", seconds: int) -> None:
        if claims.notice != NOTICE or claims.notice_version > NOTICE_VERSION:
            raise RemoteError(UNKNOWN_NOTICE)
        if not claims.not_before <= claims.issued < claims.until:
            raise RemoteError(OUT_OF_RANGE)
        if seconds >= 0 and (
            abs(claims.issued - seconds) > _SKEW or not claims.not_before <= seconds + _SKEW or seconds >= claims.until
        ):
            raise RemoteError(UNTIMELY)
        for k in range(claims.count):
            if not p.GRANTABLE >> claims.lines[k * r.WIDTH] & 1 and not _says_no(claims, k):
                raise RemoteError(OUT_OF_RANGE)  # a purpose whose room does not exist cannot be granted

    def _apply(self, claims: "r.Claims") -> None:
        grants = self._grants
        for k in range(claims.count):
            at = k * r.WIDTH
            purpose = claims.lines[at + r.PURPOSE]
            if _says_no(claims, k):
                self.withdrawn |= 1 << purpose
            grants.put(purpose, g.STATE, claims.lines[at + r.STATE])
            grants.put(purpose, g.SINCE, claims.issued)
            grants.put(purpose, g.UNTIL, claims.until)
            grants.put(purpose, g.INTERVAL, claims.lines[at + r.INTERVAL])
            grants.put(purpose, g.PRECISION, claims.lines[at + r.PRECISION])
            grants.put(purpose, g.RETENTION, claims.lines[at + r.RETENTION])
            grants.put(purpose, g.RECIPIENTS, claims.lines[at + r.RECIPIENTS])
            if claims.seq > grants.get(purpose, g.PIN):
                grants.put(purpose, g.PIN, 0)

    def _pin(self, claims: "r.Claims") -> None:
        """Turns off what an authentic record out of its place withdraws, until a grant with a higher number."""
        for k in range(claims.count):
            purpose = claims.lines[k * r.WIDTH]
            if _says_no(claims, k):
                self.withdrawn |= 1 << purpose
                if claims.seq > self._grants.get(purpose, g.PIN):
                    self._grants.put(purpose, g.PIN, claims.seq)

    def withdraw_all(self, seconds: int) -> None:
        """Physical withdrawal: everything that can be off is off. Nothing physical can grant (I9)."""
        self.withdrawn = 0
        for purpose in range(p.COUNT):
            if p.GRANTABLE >> purpose & 1:
                self._grants.put(purpose, g.STATE, g.WITHDRAWN)
                self._grants.put(purpose, g.SINCE, seconds)
                self.withdrawn |= 1 << purpose

    def snapshot(self) -> bytes:
        """Everything that must survive a restart, MACed: at most 850 bytes."""
        rows = self._grants.rows
        body = bytearray(8 + _HEAD + 4 * len(rows))
        struct.pack_into(">Ii", body, 0, self._grants.seq, self._grants.issued)
        body[8 : 8 + _HEAD] = self._grants.head
        for i in range(len(rows)):
            struct.pack_into(">i", body, 8 + _HEAD + 4 * i, rows[i])
        return bytes(body) + self._mac.tag(_SNAPSHOT, self._aad, body)

    def restore(self, blob: bytes) -> None:
        """Takes a snapshot back. One that does not verify leaves everything off, for good: I6."""
        rows = self._grants.rows
        size = 8 + _HEAD + 4 * len(rows)
        body = blob[:size]
        if len(blob) != size + 32 or not equal(self._mac.tag(_SNAPSHOT, self._aad, body), blob[size:]):
            self._grants.damaged = True
            return
        self._grants.seq, self._grants.issued = struct.unpack(">Ii", body[:8])
        self._grants.head = body[8 : 8 + _HEAD]
        for i in range(len(rows)):
            rows[i] = struct.unpack_from(">i", body, 8 + _HEAD + 4 * i)[0]


def _says_no(claims: "r.Claims", k: int) -> bool:
    state = claims.lines[k * r.WIDTH + r.STATE]
    return state != g.GIVEN and state != g.RENEWED
