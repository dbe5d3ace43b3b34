"""What the owner's commands keep: the phone's half of an enrolment, and beside it every record and receipt, in one file.

    FILE         as `amace enrol --owner FILE` wrote it; read only
    FILE.chain   JSON, mode 0600: {"format": "amace-chain-1", "subject": hex, "device_key": hex, "signed": [record…],
                 "chain": [index into signed…], "receipts": [[device key, receipt]…]}; a record is the COSE_Sign1 in hex,
                 {"order": hex} for an order about what the device holds, or [number, head] for a withdrawal at the
                 device's own button, which nobody signed. An order is in the chain only when the device took it

Law: a record is on disk before anybody else has it. Refuses a chain this owner did not sign, another device's key, a receipt that
the device did not sign; shows no key, in no message.
"""

import json
import os
import random
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, cast

import cbor2

from agent.base.errors import RemoteError
from agent.base.reader import Reader
from agent.crypto import sign1
from agent.privacy import order as device_order
from agent.privacy.record import EPOCH_2020, Claims
from simulator.keys import encode, open_sign1
from simulator.orders import Order
from simulator.owner import Binding, Consent, Owner, Record, ordered, press
from tools import enrolment as e
from tools.consent.keys import MAX_FILE, from_hex, read_json, why
from tools.errors import Problem

FORMAT = "amace-chain-1"
_HASTE = 0xD1  # first byte of a COSE_Mac0, tag 17
_PUBLIC = 32


class Receipt(NamedTuple):
    """What the device signed: its chain's end, what is live, and how it took the last record."""

    seq: int
    head: bytes
    at: int  # seconds since 2020, -1: the device knew no time
    live: tuple[int, ...]
    code: int


@dataclass(repr=False)
class Wallet:
    """One owner of one device. `save` after every signature."""

    path: Path
    owner: Owner
    broker: str
    ca: bytes
    device_key: bytes = b""  # 32 bytes once the device has said it: another one is not believed
    speaking: bytes = b""  # of the device that speaks now
    receipts: list[tuple[bytes, bytes]] = field(default_factory=list[tuple[bytes, bytes]])
    """(device key, COSE_Sign1), in the order of their arrival."""

    def trust(self, key: bytes, keep: bool) -> None:
        """The key a device says is its own. `keep` is False for a device that exists only now."""
        if keep and self.device_key and key != self.device_key:
            raise Problem(
                "this is another device, or its flash was erased: it signs with another key",
                str(self.path),
                "Name the file of this device's owner; after an erasure move the .chain file away",
            )
        self.speaking = key
        if keep:
            self.device_key = key

    def take(self, envelope: bytes) -> Receipt | None:
        """A receipt that the device signed, kept; None for anything else."""
        key = self.speaking or self.device_key
        told = self.proves(key, envelope)
        if told is not None and (key, envelope) not in self.receipts:
            self.receipts.append((key, envelope))
        return told

    @property
    def ordered(self) -> int:
        """Number of the last order in the chain: the device had everything up to it."""
        return max((record.seq for record in self.owner.records if record.order is not None), default=0)

    def proves(self, key: bytes, envelope: bytes) -> Receipt | None:
        if len(key) != _PUBLIC:
            return None
        opened = open_sign1(encode({1: 1, -1: 6, -2: key}), envelope, self.owner.binding.aad(b"RECEIPT1"))
        return _receipt(opened[0]) if opened is not None else None

    def last(self, device_key: bytes) -> Receipt | None:
        """The newest receipt under this key."""
        for key, envelope in reversed(self.receipts):
            if key == device_key:
                return self.proves(key, envelope)
        return None

    def line(self, purpose: int) -> tuple[Consent, Record] | None:
        """The line that holds for a purpose, and its record."""
        for record in reversed(self.owner.records):
            for line in record.lines:
                if line.purpose == purpose:
                    return line, record
        return None

    def save(self) -> None:
        """Whole or not at all, also when the power goes."""
        signed = self.owner.signed()
        place = {record.head: k for k, record in enumerate(signed)}
        content = {
            "format": FORMAT,
            "subject": self.owner.subject.hex(),
            "device_key": self.device_key.hex(),
            "signed": [_entry(record) for record in signed],
            "chain": [place[record.head] for record in self.owner.records],
            "receipts": [[key.hex(), envelope.hex()] for key, envelope in self.receipts],
        }
        text = json.dumps(content, indent=1) + "\n"
        if len(text) > MAX_FILE:
            raise Problem("the chain has become too long for its file", str(self.path), "Bind the device anew")
        spare = self.path.with_name(self.path.name + ".new")
        try:
            spare.unlink(missing_ok=True)
            fd = os.open(spare, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(fd, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(spare, self.path)
        except OSError as error:
            raise Problem(f"the chain cannot be kept: {error.strerror}", str(self.path), "Mend that folder") from error


def now() -> int:
    """Seconds since 2020."""
    return int(time.time()) - EPOCH_2020


def chain_of(owner: Path) -> Path:
    return owner.with_name(owner.name + ".chain")


def load(owner: Path) -> Wallet:
    """The wallet of the owner's file; an empty chain when there is none yet. Raises Problem that names file and fault, no value."""
    binding, broker, ca = _owner(owner)
    path = chain_of(owner)
    made = Wallet(path, Owner(binding, random.SystemRandom()), broker, ca)
    if path.exists():
        said = read_json(path, FORMAT, "Move it away: the device tells the next one where its chain ends")
        try:
            _resume(made, said)
        except (ValueError, KeyError, TypeError, IndexError, RemoteError) as error:
            raise Problem(f"this is no chain of this owner: {why(error)}", str(path), "Use the copy that is") from None
    return made


def read_record(binding: Binding, bare: bytes) -> tuple[Record, int]:
    """A record of this owner for this device, and its permission switches (-1: unchanged). Raises ValueError or RemoteError."""
    aad = binding.aad(b"CONSENT1")
    sign1.open_sign1(bare, len(bare), aad)  # its form, as the device's reader sees it
    opened = open_sign1(binding.signer.cose_key, bare, aad)
    if opened is None:
        raise ValueError("a record is not signed by this owner for this device")
    payload, digest = opened
    claims, lines = read_claims(payload)
    made = Record(claims.seq, b"", digest[:16], lines, claims.issued, claims.until, bare)
    return made, claims.switches


def read_order(binding: Binding, body: bytes) -> Record:
    """An order of this owner for this device. Raises ValueError or RemoteError."""
    opened = open_sign1(binding.signer.cose_key, body, binding.aad(b"RIGHTS1"))
    if opened is None:
        raise ValueError("an order is not signed by this owner for this device")
    payload, digest = opened
    said = device_order.Order(Reader(payload, 0, len(payload)))
    order = Order(said.what, said.purposes, said.before, said.text, said.place.decode(), said.request)
    return ordered(said.seq, body, digest[:16], order, said.issued)


def read_claims(payload: bytes) -> tuple[Claims, tuple[Consent, ...]]:
    """With the device's own reader. Raises RemoteError."""
    claims = Claims(Reader(payload, 0, len(payload)))
    lines: list[Consent] = []
    claims.rewind()
    for _ in range(claims.count):
        claims.step()
        lines.append(
            Consent(
                claims.purpose, claims.state, claims.interval, claims.precision, claims.retention, claims.recipients
            )
        )
    return claims, tuple(lines)


def bare(record: bytes) -> bytes:
    """The COSE_Sign1 of a record, whether it is in the envelope of haste or not. Raises ValueError."""
    if record[:1] != bytes((_HASTE,)):
        return record
    try:
        inner: Any = cbor2.loads(record).value[2]  # Any: whatever the file holds
    except (cbor2.CBORDecodeError, ValueError, TypeError, AttributeError, IndexError):
        raise ValueError("it is no COSE message") from None
    if type(inner) is not bytes:
        raise ValueError("it is no COSE message")
    return inner


def claimed(envelope: bytes) -> Receipt | None:
    """What a receipt says, whoever made it: good for a guess that the device judges, and for nothing else."""
    try:
        payload: object = cbor2.loads(envelope).value[2]
    except (cbor2.CBORDecodeError, ValueError, TypeError, AttributeError, IndexError):
        return None
    return _receipt(payload) if type(payload) is bytes else None


def _entry(record: Record) -> object:
    if record.order is not None:
        return {"order": record.bare.hex()}
    return record.bare.hex() if record.bare else [record.seq, record.head.hex()]


def _receipt(payload: bytes) -> Receipt | None:
    try:
        said = cast(dict[int, Any], cbor2.loads(payload))
        return Receipt(int(said[2]), bytes(said[3]), int(said.get(4, -1)), tuple(map(int, said[5])), int(said[6]))
    except (cbor2.CBORDecodeError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _owner(path: Path) -> tuple[Binding, str, bytes]:
    mend = "`amace enrol --owner FILE` writes one"
    said = read_json(path, e.OWNER_FORMAT, mend)
    try:
        signer = e.signer(from_hex(said["owner_seed"], 32), from_hex(said["owner_key"]))
        epoch: object = said["epoch"]
        if signer is None:
            raise ValueError("owner_seed and owner_key are not one key")
        if type(epoch) is not int or not 0 < epoch < 1 << 32:
            raise ValueError("the epoch is a number from 1 to 4294967295")
        seal = from_hex(said["seal_key"])
        if len(seal) not in (0, 32):
            raise ValueError("seal_key has another length")
        broker, region = _text(said, "broker"), _text(said, "region")  # a file from before regions names none
        e.check("region", region.encode())
        device_id, key = from_hex(said["device_id"], 16), from_hex(said["pairing_key"], 32)
        binding = Binding(device_id, key, signer, epoch, seal, region=region)
        return binding, broker, from_hex(said.get("ca", ""))
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"this is no owner's file: {why(error)}", str(path), mend) from None


def _text(said: dict[str, Any], name: str) -> str:
    value: object = said.get(name, "")
    if type(value) is not str:
        raise ValueError(f"the {name} is no text")
    return value


def _resume(made: Wallet, said: dict[str, Any]) -> None:
    owner = made.owner
    signed: list[Record] = []
    switches: list[int] = []
    for item in said["signed"]:
        if type(item) is list:
            seq, head = cast("list[object]", item)
            if type(seq) is not int:
                raise ValueError("the number of a withdrawal at the button is none")
            record, mask = press(seq, from_hex(head, 16), 0), -1
        elif type(item) is dict:
            record, mask = read_order(owner.binding, from_hex(cast("dict[str, object]", item)["order"])), -1
        else:
            record, mask = read_record(owner.binding, from_hex(item))
            record = record._replace(body=owner.hasten(record.bare))
        signed.append(record)
        switches.append(mask)
    chain: list[int] = said["chain"]
    for seq, k in enumerate(chain, 1):
        if type(k) is not int or k < 0 or signed[k].seq != seq:
            raise ValueError("its records are not in order")
    owner.resume(from_hex(said["subject"], 8), signed, [signed[k] for k in chain], [switches[k] for k in chain])
    made.device_key = from_hex(said["device_key"])
    if len(made.device_key) not in (0, _PUBLIC):
        raise ValueError("the device's key has another length")
    for key, envelope in said["receipts"]:
        one = from_hex(key, _PUBLIC), from_hex(envelope)
        if made.proves(*one) is None:
            raise ValueError("a receipt is not signed by its device")
        made.receipts.append(one)
