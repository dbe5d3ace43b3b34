"""The owner's keys and what they sign: consent records (COSE_Sign1) and requests (COSE_Mac0, security.md §3).

The device's own reader is agent/privacy/record.py and agent/link/requests.py; this is the other side, on `cbor2`. Signs
whatever it is asked to, also what a device must refuse: that is how refusals are tested.
"""

import hashlib
import hmac
import random
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cbor2

from agent.alarm import advert
from agent.link.kinds import topic_of
from agent.privacy import grants, ledger, notice, table
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020
from simulator.keys import Signer, encode, sign1
from simulator.opener import Opener, public_of
from simulator.orders import Order
from simulator.orders import sign as sign_order

_HEADER_ALG = 1  # RFC 9052 §3.1
_HEADER_KID = 4
_HEADER_TYP = 16  # RFC 9596
_HMAC_256 = 5  # RFC 9053 §3.1
_MAC0 = 17  # RFC 9052 §2
_MOST_PRESSES = 64  # in a row that a phone recognises
_NEARLY_S = 5  # a grant with less left is over before it arrives
GIVEN = grants.GIVEN
REFUSED = grants.REFUSED
WITHDRAWN = grants.WITHDRAWN
RENEWED = grants.RENEWED


class Wifi(NamedTuple):
    ssid: bytes
    password: bytes


@dataclass(frozen=True)
class Binding:
    """What enrolment gives to phone and device alike; of `signer` the device gets the public half. No key is in a repr."""

    device_id: bytes  # 16
    key: bytes = field(repr=False)  # 32, for pairing: both sides know it
    signer: Signer
    epoch: int = 1
    seal: bytes = field(default=b"", repr=False)  # 32, the phone's own X25519 key: the device gets its public half
    minor: bool = False  # whether `signer` is the guardian's of one under age
    region: str = ""  # in which data stays, as CN; empty: nobody said

    @property
    def topic(self) -> bytes:
        """`d/<id>/`"""
        return topic_of(self.device_id, self.epoch)

    def aad(self, use: bytes) -> bytes:
        """The external AAD that keeps a message to one use, one device and one owner."""
        return use + self.device_id + struct.pack(">I", self.epoch)

    def opener(self) -> Opener:
        """Opens what the device seals to this owner."""
        return Opener(self.topic, self.device_id, self.key, self.seal)

    def secrets(self, wifi: Wifi | None = None) -> Mapping[str, bytes]:
        """What `enrol` writes to the device."""
        values = {
            "device_id": self.device_id,
            "pairing_key": self.key,
            "owner_key": self.signer.cose_key,
            "epoch": struct.pack(">I", self.epoch),
        }
        if self.seal:
            values["owner_seal"] = public_of(self.seal)
        if self.minor:
            values["minor"] = b"\1"
        if self.region:
            values["region"] = self.region.encode()
        if wifi is not None:
            values |= {"wifi_ssid": wifi.ssid, "wifi_pass": wifi.password}
        return values


class Consent(NamedTuple):
    """One purpose's line of a record. `interval_s` is the least between two reports."""

    purpose: int
    state: int = GIVEN
    interval_s: int = 0
    precision: int = 0
    retention_s: int = 3_600
    recipients: int = 1 << p.OWNER


class Record(NamedTuple):
    seq: int
    body: bytes  # in the envelope of haste, as it travels; empty for a press
    head: bytes  # what the next record's `prev` must be
    lines: tuple[Consent, ...]
    issued: int  # seconds since 2020
    until: int
    bare: bytes = b""  # the COSE_Sign1 alone, for who holds no pairing key
    order: Order | None = None  # what it orders; then `lines` are the purposes whose consent it ends


def invented(rng: random.Random) -> Binding:
    """A binding nobody else has, from a seed: for simulations only."""
    return Binding(rng.randbytes(16), rng.randbytes(32), Signer(rng.randbytes(32)), seal=rng.randbytes(32))


def mac0(key: bytes, protected: Mapping[int, object], payload: object, aad: bytes) -> tuple[bytes, bytes]:
    """(COSE_Mac0, SHA-256 of its MAC_structure); a payload of bytes is taken as it is."""
    header = encode(protected)
    body = payload if isinstance(payload, bytes) else encode(payload)
    structure = encode(["MAC0", header, aad, body])  # RFC 9052 §6.3
    tag = hmac.digest(key, structure, "sha256")
    return encode(cbor2.CBORTag(_MAC0, [header, {}, body, tag])), hashlib.sha256(structure).digest()


class Owner:
    """Signs the chain of records and numbers the requests. Keeps every record: the device may ask for any of them again."""

    def __init__(self, binding: Binding, rng: random.Random) -> None:
        self.binding = binding
        self.records: list[Record] = []
        self.requested = 0  # number of the last request
        self.switches: int = grants.SWITCHES  # permissions that are on, as the next record says
        self._narrowed = False
        self._subject = rng.randbytes(8)
        self._rng = rng
        self._signed: dict[bytes, Record] = {}  # every record ever signed, by its head

    @property
    def head(self) -> bytes:
        return self.records[-1].head if self.records else bytes(16)

    @property
    def subject(self) -> bytes:
        """The pseudonym in every record."""
        return self._subject

    def signed(self) -> list[Record]:
        """Every record there ever was, also those another took the place of, in the order of their making."""
        return list(self._signed.values())

    def resume(
        self, subject: bytes, signed: Iterable[Record], chain: Iterable[Record], switches: Iterable[int]
    ) -> None:
        """Goes on where another run stopped. `switches` as each record of the chain says, -1 where it says nothing."""
        self._subject = subject
        self._signed = {record.head: record for record in signed}
        self.records = list(chain)
        for mask in switches:
            if mask >= 0:
                self.switches = mask
                self._narrowed = True

    def record(self, lines: Iterable[Consent], issued: int, until: int, switches: int | None = None) -> Record:
        """Signs the next record of the chain; both dates in seconds since 2020."""
        if switches is not None:
            self.switches = switches
        made = self.sign(lines, issued, until, len(self.records) + 1, self.head)
        self.records.append(made)
        self._signed[made.head] = made
        return made

    def sign(self, lines: Iterable[Consent], issued: int, until: int, seq: int, prev: bytes) -> Record:
        """A record with this place in the chain, whatever the chain says."""
        binding = self.binding
        rows = tuple(lines)
        kid = binding.signer.kid
        claims: dict[int, object] = {
            1: kid,
            2: self._subject,
            3: binding.device_id,
            4: EPOCH_2020 + until,
            5: EPOCH_2020 + issued,
            6: EPOCH_2020 + issued,
            7: self._rng.randbytes(16),
            -65537: 1,
            -65538: seq,
            -65539: prev,
            -65540: [table.POLICY, table.VERSION, "en", dict(notice.NOTICES)[b"en"], notice.HASH],
            -65541: [_line(row) for row in rows],
            -65542: binding.region,
            -65543: 0,
            -65544: binding.minor,
        }
        if self.switches != grants.SWITCHES or self._narrowed:
            claims[-65546] = self.switches
            self._narrowed = True  # from now on every record says it, so that none depends on the one before
        header = {_HEADER_ALG: binding.signer.alg, _HEADER_KID: kid, _HEADER_TYP: "cwt;consent1"}
        bare, digest = sign1(binding.signer, header, claims, binding.aad(b"CONSENT1"))
        return Record(seq, self.hasten(bare), digest[:16], rows, issued, until, bare)

    def order(self, order: Order, issued: int, seq: int = 0, prev: bytes = b"") -> Record:
        """Signs an order as the next of the chain, or in this place. It is part of the chain once the device took it: `adopt`."""
        seq, prev = (seq, prev) if prev else (len(self.records) + 1, self.head)
        binding = self.binding
        aad = binding.aad(b"RIGHTS1")
        body, head = sign_order(order, binding.signer, binding.device_id, aad, seq, prev, issued)
        made = ordered(seq, body, head, order, issued)
        self._signed[head] = made
        return made

    def hasten(self, bare: bytes) -> bytes:
        """The pairing key's envelope: a withdrawal in it counts before its signature is checked."""
        return mac0(self.binding.key, {_HEADER_ALG: _HMAC_256}, bare, self.binding.aad(b"HASTE1"))[0]

    def renew(self, seq: int, now: int) -> None:
        """Signs everything after record `seq` anew, with today's date: the device learns the time from it, and takes nothing too old.

        What has ended meanwhile becomes a withdrawal: the number of records stays, so that no pin outlives its record.
        """
        late = self.records[seq:]
        del self.records[seq:]
        for record in late:
            self._again(record, now, record.until <= now + _NEARLY_S)

    def _again(self, record: Record, now: int, over: bool) -> None:
        if record.order is not None:
            self.records.append(self.order(record.order, now))
            return
        lines = [line._replace(state=WITHDRAWN) if over else line for line in record.lines]
        self.record(lines, now, now + 86_400 if over else record.until)

    def adopt(self, seq: int, head: bytes, now: int) -> bool:
        """The device's chain ends at `head`. When that is an earlier signing of record `seq`, an order, or the button was held, the
        chain goes on from there; True when it changed."""
        if seq < 1 or (seq <= len(self.records) and self.records[seq - 1].head == head):
            return False
        if head in self._signed and seq <= len(self.records) + 1:
            taken = self._signed[head]
            place = self.records[seq - 1 : seq]
            beside = not place or place[0].order != taken.order  # an order that took the number of something else
            late = self.records[seq - 1 if beside else seq :]
            self.records[seq - 1 :] = [taken, *late]
            self.renew(seq, now)
            return True
        base = self._before_presses(seq, head)
        if base is None:
            return False
        self._press(base, seq, now)
        return True

    def _before_presses(self, seq: int, head: bytes) -> Record | None:
        """The record after which only presses came, when that is how the device got to `head`."""
        known = [Record(0, b"", bytes(16), (), 0, 0), *self.records, *self._signed.values()]
        for record in known:
            if seq - _MOST_PRESSES <= record.seq < seq:
                reached = record.head
                for number in range(record.seq + 1, seq + 1):
                    reached = ledger.pressed(reached, number)
                if reached == head:
                    return record
        return None

    def _press(self, base: Record, seq: int, now: int) -> None:
        """The button was held after `base`. What was signed before we knew is a no now: nobody who granted it had seen that."""
        late = self.records[base.seq :]
        del self.records[base.seq :]
        if base.seq:
            self.records[base.seq - 1] = base
        head = base.head
        for number in range(base.seq + 1, seq + 1):
            head = ledger.pressed(head, number)
            self.records.append(press(number, head, now))
            self._signed[head] = self.records[-1]
        for record in late:
            if record.body:
                self._again(record, now, True)

    def restate(self, now: int) -> Record | None:
        """Signs one line that holds anyway once more, with its terms and its end: a date the device can trust. None without one."""
        for record in reversed(self.records):
            for line in record.lines:
                newest = next(r for r in reversed(self.records) if any(row.purpose == line.purpose for row in r.lines))
                if line.state == GIVEN and newest is record and record.until > now:
                    return self.record([line], now, record.until)
        return None

    def request(self, code: int, argument: int, nonce: bytes) -> bytes:
        """The next request for the boot that announced `nonce`; its number is `requested`."""
        self.requested += 1
        binding = self.binding
        aad = binding.aad(b"REQUEST1") + nonce
        claims = {1: code, 2: self.requested, 3: argument}
        return mac0(binding.key, {_HEADER_ALG: _HMAC_256}, claims, aad)[0]

    def advert(self, use: bytes, seconds: int) -> bytes:
        """The advert the device sends for `use` (agent.alarm.advert) on the day of `seconds`."""
        return advert.payload(self.binding.key, use, seconds)


def press(seq: int, head: bytes, now: int) -> Record:
    """A withdrawal at the device's own button, as a record that nobody signed."""
    lines = tuple(Consent(purpose, WITHDRAWN) for purpose in range(p.COUNT) if p.GRANTABLE >> purpose & 1)
    return Record(seq, b"", head, lines, now, now)


def ordered(seq: int, body: bytes, head: bytes, order: Order, issued: int) -> Record:
    """A signed order as a link of the chain."""
    lines = tuple(Consent(purpose, WITHDRAWN) for purpose in order.ended)
    return Record(seq, body, head, lines, issued, issued, body, order)


def forger(true: Binding, rng: random.Random) -> Binding:
    """Somebody who knows the device and neither of its keys."""
    return replace(true, key=rng.randbytes(32), signer=Signer(rng.randbytes(32)))


def _line(row: Consent) -> Sequence[object]:
    terms = {1: row.interval_s, 2: row.precision, 3: row.retention_s, 4: row.recipients}
    return [row.purpose, row.state, 0, terms]
