"""Consent records in, grants out. A pure object: no clock, no store, no way out (in the manner of a TUF trusted set).

Law: a record widens only if it is the next of its chain, signed by the bound owner, for this device and epoch, under the policy
this build keeps to, in its region and time. A withdrawal narrows as soon as it is signed, whatever its place in the chain; under the
pairing key's MAC it suspends its purposes before the signature is checked. A MAC alone grants nothing.

While the device is lent, a second chain is the rider's: it begins at the record that lent it, names only what concerns a person,
and knows no haste. The owner's can do nothing about the lend: not end, shorten or replace it (ADR 10).
"""

import hashlib
import struct

from micropython import const

from ..base.errors import (
    FORKED,
    GAP,
    LENT,
    OTHER_REGION,
    OUT_OF_RANGE,
    REPLAYED,
    UNKNOWN_NOTICE,
    UNTIMELY,
    WRONG_DEVICE,
    RemoteError,
)
from ..crypto.cose import Envelope, open_mac0
from ..crypto.keys import kid_of, read_key
from ..crypto.mac import Hmac
from ..crypto.sign1 import open_sign1
from . import grants as g
from . import notice, snapshot
from . import purposes as p
from . import table as t
from .record import Claims
from .terms import within

_SKEW = const(86_400)  # seconds `iat` may differ from our clock (security.md §3)
_LEEWAY = const(300)  # a phone's clock may be this far ahead of ours at `nbf` (RFC 7519 §4.1.5: a few minutes)
_HEAD = const(16)
_LEND_S = const(30 * 86_400)  # a lend lasts no longer
_MINOR = const(1)  # first byte of a rider's key when it is the guardian's of one under age
_HASTE = const(0xD1)  # first byte of a COSE_Mac0, tag 17
_TYP = b"cwt;consent1"

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Pending:
    """A record whose signature is still to be checked. It reads the buffer it came in, which must stay as it is."""

    def __init__(self, signed: Envelope, claims: Claims, hasty: bool) -> None:
        self.signed = signed
        self.claims = claims
        self.hasty = hasty  # the pairing key's MAC holds: whoever sent it is answered


def _known(shown: bytes) -> bool:
    """Whether this is the hash of a page this build was made with, in any language."""
    return any(shown == digest for _, digest in notice.NOTICES)


def pressed(head: "bytes | bytearray", seq: int) -> bytes:
    """The chain's head after a physical withdrawal that took number `seq`: what was signed before it fits no more."""
    return hashlib.sha256(b"PRESS1" + bytes(head) + struct.pack(">I", seq)).digest()[:_HEAD]


class Ledger:
    def __init__(self, grants: "g.Grants", device_id: bytes, key: bytes, epoch: int, owner: bytes) -> None:
        """`key` is the pairing key, `owner` the owner's COSE_Key."""
        self._grants = grants
        self.withdrawn = 0  # mask: purposes the last call turned off, or narrowed: nothing older may be sent
        self.changed = False  # whether the last `decide` changed anything, also when it raised
        self.hasty = False  # whether the last `read` was under the pairing key
        self._mac = Hmac(key)
        self.owner = read_key(owner, len(owner))
        self._chain = grants  # whose record was read last,
        self.signer = self.owner  # under whose key,
        self._mine = p.GRANTABLE  # and on what purposes its signer decides
        self._id = device_id
        self._bound = device_id + struct.pack(">I", epoch)

    def read(self, buf: "Readable", n: int, seconds: int) -> Pending:
        """Reads buf[:n]: a record, alone or in the pairing key's envelope. Raises RemoteError when no signature could help it."""
        self.withdrawn = 0
        self.hasty = False
        if n and buf[0] == _HASTE:
            buf = open_mac0(buf, n, self._mac, b"HASTE1" + self._bound).view
            self.hasty = True
        signed = open_sign1(buf, len(buf) if self.hasty else n, b"CONSENT1" + self._bound)
        claims = Claims(signed.payload)
        kid = self._choose(signed.kid)
        if signed.typ != _TYP or signed.kid != kid or claims.issuer != kid or claims.audience != self._id:
            raise RemoteError(WRONG_DEVICE)
        code = self._refusal(claims, seconds)
        if code and not self._news(claims, code):
            raise RemoteError(code)
        if self.hasty:
            self._suspend(claims)
        return Pending(signed, claims, self.hasty)

    def _choose(self, kid: bytes) -> bytes:
        """Turns to the chain of whoever signed. The key's name that must stand in the record."""
        grants = self._chain = self._grants
        self.signer = self.owner
        self._mine = p.GRANTABLE
        rider = grants.rider
        if rider is not None and kid == kid_of(rider.key):
            if self.hasty:
                raise RemoteError(WRONG_DEVICE)  # it is under the owner's pairing key
            self._chain = rider
            self.signer = read_key(rider.key, len(rider.key))
            self._mine = p.PERSONAL
        return self.signer.kid

    @property
    def rides(self) -> bool:
        """Whether the record read last is the rider's."""
        return self._chain is not self._grants

    @property
    def chain(self) -> "g.Grants":
        """Rows and chain that the record read last is about."""
        return self._chain

    def _unsent(self, mask: int) -> int:
        """What of these waits to be sent under the signer's grants: nothing personal of the owner's while somebody else rides."""
        return mask if self.rides or self._grants.rider is None else mask & ~p.PERSONAL

    def decide(self, pending: Pending, seconds: int, now: int = 0) -> None:
        """The signature holds. Raises RemoteError when the record is not accepted; `withdrawn` is right either way."""
        claims = pending.claims
        self.withdrawn = 0
        self.changed = False
        suspended = self._lift(claims)
        code = self._refusal(claims, seconds)  # the button or the clock may have changed it meanwhile
        if code:
            if self._news(claims, code):
                self._pin(claims)  # a signed "no" counts even in a record we cannot take
                self.withdrawn &= ~suspended
                self.changed = True
            raise RemoteError(code)
        self._apply(claims)
        self.withdrawn &= ~suspended  # of these nothing was kept meanwhile
        chain = self._chain
        chain.seq = claims.seq
        chain.head[:] = pending.signed.digest[:_HEAD]
        chain.issued = max(chain.issued, claims.issued)
        if claims.rider is not None:
            self._lend(claims, now)
        if isinstance(chain, g.Rider):
            chain.timed = True

    def reject(self, pending: Pending) -> None:
        """The signature does not hold: everything is as it was."""
        self.withdrawn = 0
        self._lift(pending.claims)

    def _refusal(self, claims: Claims, seconds: int) -> int:
        """Why this is not the next record, 0 when it is."""
        if self._grants.damaged:
            return FORKED  # the head is lost: the chain's own beginning would pass for news
        grants = self._chain
        if claims.seq <= grants.seq:
            return REPLAYED
        if claims.seq > grants.seq + 1:
            return GAP
        if claims.prev != bytes(grants.head):
            return FORKED
        if (claims.policy, claims.policy_version, claims.policy_hash) != (
            t.POLICY,
            t.VERSION,
            notice.HASH,
        ) or not _known(claims.notice):
            return UNKNOWN_NOTICE
        if self._grants.region and claims.place not in (b"", self._grants.region):
            return OTHER_REGION
        if not claims.not_before <= claims.issued < claims.until:
            return OUT_OF_RANGE
        if seconds >= 0 and (
            abs(claims.issued - seconds) > _SKEW or claims.not_before > seconds + _LEEWAY or seconds >= claims.until
        ):
            return UNTIMELY
        return self._excess(claims) or self._bad_lend(claims)

    def _excess(self, claims: Claims) -> int:
        """Whether it asks for more than its signer can give."""
        if self._chain.minor and not claims.guardian:
            return OUT_OF_RANGE  # who is under age decides nothing alone (policy 7)
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            if not claims.refuses() and not within(claims, self._chain.minor):
                return OUT_OF_RANGE  # more than the policy asks for, or a purpose whose room does not exist
            if self.rides and not self._mine >> claims.purpose & 1:
                return OUT_OF_RANGE  # the bike's own
        return 0

    def _bad_lend(self, claims: Claims) -> int:
        """Whether it lends what it cannot. Raises RemoteError for a key that is none."""
        if self.rides:
            return OUT_OF_RANGE if claims.rider or claims.switches >= 0 else 0
        if claims.rider is None:
            return 0
        if self._grants.rider is not None:
            return LENT
        key = claims.rider[1:] if claims.rider[:1] == bytes((_MINOR,)) else claims.rider
        if read_key(key, len(key)).kid == self.owner.kid or claims.until - claims.issued > _LEND_S:
            return OUT_OF_RANGE
        return 0

    def _lend(self, claims: Claims, now: int) -> None:
        """From here to the end of it what concerns a person is not the owner's; or, from the rider, it is over."""
        key = claims.rider or b""
        chain = self._chain
        if isinstance(chain, g.Rider):
            chain.close(now)
        else:
            minor = key[0] == _MINOR
            rider = g.Rider(key[1:] if minor else key, minor, claims.until - claims.issued, claims.issued, now)
            rider.head[:] = chain.head
            rider.timed = True
            chain.rider = rider
        self.withdrawn |= p.PERSONAL

    def _news(self, claims: Claims, code: int) -> bool:
        """Whether a record that cannot be taken withdraws something all the same. A repeated one finds its pin and changes
        nothing: no broker wears out flash or battery with it."""
        return code != REPLAYED and not self._grants.damaged and bool(self._refused(claims, g.PIN, 0))

    def _refused(self, claims: Claims, column: int, value: int) -> int:
        """Mask of what the record withdraws and no later record has pinned; writes `value` for each of them unless it is 0."""
        mask = 0
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            if claims.refuses() and claims.seq > self._chain.get(claims.purpose, g.PIN):
                mask |= 1 << claims.purpose & self._mine
                if value:
                    self._chain.put(claims.purpose, column, value)
        return mask

    def _suspend(self, claims: Claims) -> None:
        self.withdrawn = self._unsent(self._refused(claims, g.SUSPENDED, claims.seq))

    def _pin(self, claims: Claims) -> None:
        """Turns off what a signed record out of its place withdraws, until a grant with a higher number."""
        self.withdrawn = self._unsent(self._refused(claims, g.PIN, claims.seq))

    def _lift(self, claims: Claims) -> int:
        """Ends the suspension that this record began; the mask of it."""
        mask = 0
        claims.rewind()
        for _ in range(claims.count):
            claims.step()
            if self._chain.get(claims.purpose, g.SUSPENDED) == claims.seq:
                self._chain.put(claims.purpose, g.SUSPENDED, 0)
                mask |= 1 << claims.purpose
        return mask

    def _apply(self, claims: Claims) -> None:
        grants = self._chain
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
            for column in (g.PIN, g.SUSPENDED):
                if claims.seq > grants.get(purpose, column):
                    grants.put(purpose, column, 0)
        self.withdrawn = self._unsent(self.withdrawn)
        if claims.switches >= 0:
            self.withdrawn |= grants.masked(grants.switches & ~claims.switches)
            grants.switches = claims.switches

    def withdraw_all(self, seconds: int) -> None:
        """Physical withdrawal: everything that can be off is off. Nothing physical can grant (I9).

        It takes a place in the chain, so that no grant signed before it and delivered after fits any more (ADR 5).
        """
        self.withdrawn = p.GRANTABLE
        self._press(self._grants, seconds)
        if self._grants.rider is not None:
            self._press(self._grants.rider, seconds)

    def _press(self, grants: "g.Grants", seconds: int) -> None:
        if not self._grants.damaged:
            grants.seq += 1
            grants.head[:] = pressed(grants.head, grants.seq)
        for purpose in range(p.COUNT):
            if p.GRANTABLE >> purpose & 1:
                grants.put(purpose, g.STATE, g.WITHDRAWN)
                grants.put(purpose, g.SINCE, seconds)

    def narrow(self, switches: int) -> None:
        """Turns off every permission that is not in the mask. Only a signed record turns one on."""
        grants = self._grants
        self.withdrawn = grants.masked(grants.switches & ~switches)
        grants.switches &= switches

    def snapshot(self) -> bytes:
        """Everything that must survive a restart."""
        return snapshot.pack(self._grants, notice.HASH, self._mac, self._bound)

    def restore(self, blob: bytes, now: int = 0) -> None:
        """Takes a snapshot back. One that does not verify leaves everything off, for good: I6."""
        snapshot.unpack(blob, self._grants, notice.HASH, self._mac, self._bound, now)
