"""Where consent records arrive, from BLE, MQTT and console alike, and where their consequences begin.

Law: a withdrawal takes effect before it is stored or answered, under the pairing key's MAC even before its signature is checked;
a grant is stored before it is answered. Checking and signing take many ticks, one slice each: one record at a time, a second one
is refused as busy. What is not authentic gets no receipt, only a count. The notary does the slices while this room, and with
it the pairing key, is out of memory: a small heap holds one of the two. A record is read again when its signature is known.
"""

import hashlib
import struct

from micropython import const

from ..base import cbor
from ..base import journal as j
from ..base.errors import BAD_MAC, BUSY, FORKED, TOO_LONG, RemoteError
from ..crypto.cose import MAX
from ..crypto.keys import ED25519, encoded_key, kid_of
from ..crypto.sign1 import give, header, put_sign1, verifier
from ..link import kinds
from ..store import anchor as a
from . import grants as g
from . import purposes as p
from .clerk import RECEIPT
from .ledger import Ledger

_SNAPSHOT = "consent"  # name of the secret that keeps the grants over a restart
_DEVICE_KEY = "device_key"  # seed and public key, made at the first start
_SEED = const(32)
_MAX_RECEIPT = const(80)  # of its payload
_TYP = b"receipt1"

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import Readable

    from ..core import Core


class _Question:
    """Collects what a curve's machine will be fed: the machine itself comes when this room has gone."""

    ok = done = False

    def __init__(self) -> None:
        self.key = self.tag = b""
        self.text = bytearray()

    def take(self, key: bytes, tag: bytes) -> "_Question":
        self.key = key
        self.tag = tag
        return self

    def feed(self, part: "Readable") -> None:
        self.text.extend(part)

    def step(self) -> None:
        """None here."""


def _head(stored: "bytes | None") -> bytes:
    return a.NONE if stored is None else hashlib.sha256(stored).digest()[: a.HEAD]


class Desk:
    """Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._secrets = core.ports.secrets
        key = self._secrets.get("pairing_key") or b""
        owner = self._secrets.get("owner_key") or b""
        self._ledger = Ledger(core.grants, core.device_id, key, core.epoch, owner)

    def restore(self) -> None:
        """At the start: what was granted before it. Before the first start there is no key of the device's own either.

        From then on a snapshot that is missing is a damaged one: flash refused a withdrawal, and the grants went (`keep`).
        """
        core = self._core
        stored = self._secrets.get(_SNAPSHOT)
        if stored is not None:
            self._ledger.restore(stored, core.now)
            core.calendar.floor = max(core.calendar.floor, core.grants.issued)
        elif self._secrets.get(_DEVICE_KEY) is not None:
            core.grants.damaged = True
        self._compare(stored)
        if stored is None and not core.grants.damaged:
            self.keep(core.now)

    def _compare(self, stored: "bytes | None") -> None:
        """Everything is off unless the anchor knows this store as the newest one. A device without one has nothing to compare with.

        Without a store there must be no history either: none was ever begun, or its owner has gone (`Anchor.part`).
        """
        core = self._core
        grants = core.grants
        if core.ports.anchor is None or grants.damaged:
            return
        try:
            anchor = a.Anchor(core.ports.anchor)
            if stored is None:
                grants.generation = anchor.generation
            found = anchor.check(grants.generation, _head(stored))
        except OSError:
            found = a.DAMAGED
        if found not in (a.SAME, a.ADOPTED):
            grants.damaged = True
            core.journal.note(core.now, j.FAULT, j.FRESHNESS, found)

    def record(self, buf: "Readable", n: int, now: int, done: "Callable[[int], object]") -> None:
        """Takes one consent record; `done` gets 0 or the error code, now or in a later tick."""
        core = self._core
        notary = core.notary
        ledger = self._ledger
        try:
            if n > MAX:
                raise RemoteError(TOO_LONG)
            pending = ledger.read(bytes(buf[:n]), n, core.calendar.seconds)
        except RemoteError as error:
            self._refuse(error.code, ledger.hasty, now)
            done(error.code)
            return
        if ledger.withdrawn:
            core.consequences.settle(ledger.withdrawn, now)
        if notary.told is not None:
            self._refuse(BUSY, False, now)
            done(BUSY)
            return
        try:
            question = _Question()
            verifier(pending.signed, ledger.signer, question.take)
        except RemoteError as error:  # the header names another curve than the key's
            ledger.reject(pending)
            if ledger.hasty:
                core.consequences.settle(0, now)
            self._refuse(error.code, ledger.hasty, now)
            done(error.code)
            return
        ask = (ledger.signer.curve, question.key, question.tag, bytes(question.text))
        notary.paper = bytes(buf[:n])
        notary.told = done  # last, when nothing can fail for want of memory: it would stay busy for ever
        notary.ask = ask

    def decide(self, ok: bool, now: int) -> None:
        """The signature of the record that the notary holds is checked."""
        core = self._core
        notary = core.notary
        done = notary.told
        paper = notary.paper
        notary.told = None
        notary.paper = b""
        ledger = self._ledger
        code = 0
        answered = ok
        try:
            pending = ledger.read(paper, len(paper), core.calendar.seconds)
            answered = ok or ledger.hasty
            if ok:
                ledger.decide(pending, core.calendar.seconds, now)
                core.calendar.learn(ledger.chain.issued, now)
                core.journal.note(now, j.RECORD_APPLIED, ledger.chain.seq)
            else:
                ledger.reject(pending)
                code = BAD_MAC
        except RemoteError as error:  # a signed one out of its place, or the button was held meanwhile
            code = error.code
        if ok and (code == 0 or ledger.changed):
            core.consequences.settle(ledger.withdrawn, now)
            code = self.keep(now) or code
        elif ledger.hasty:
            core.consequences.settle(0, now)  # what was suspended is back
        rider = ledger.chain if ledger.rides else None
        if code:
            self._refuse(code, answered, now, rider)
        else:
            self.answer(0, now, rider)
        if done is not None:
            done(code)

    def _refuse(self, code: int, answered: bool, now: int, rider: "g.Grants | None" = None) -> None:
        core = self._core
        core.refused += 1
        core.journal.note(now, j.RECORD_REFUSED, code)
        if answered:
            self.answer(code, now, rider)

    def withdraw(self, now: int) -> None:
        """The button was held: everything that can be off is off, without phone or network."""
        core = self._core
        self._ledger.withdraw_all(max(0, core.calendar.seconds))
        core.consequences.settle(self._ledger.withdrawn, now)
        self.answer(self.keep(now), now)

    def narrow(self, switches: int, now: int) -> None:
        """Permissions that are not in the mask are off, at once."""
        self._ledger.narrow(switches)
        self._core.consequences.settle(self._ledger.withdrawn, now)
        self.answer(self.keep(now), now)

    def outlive(self, now: int) -> None:
        """A grant ended by itself. Kept, so that after a restart no record that was held up can bring back the time before."""
        core = self._core
        core.grants.issued = max(core.grants.issued, core.calendar.seconds)
        self.keep(now)

    def keep(self, now: int) -> int:
        """Keeps the grants over a restart, marks that they are the newest; returns 0 or an error code. Consent that cannot be
        kept is none (I6).

        A damaged snapshot stays as it is: a fresh one over it would make the chain's first records good again. When flash
        refuses the new one the old one goes: without it, the next start finds everything off.
        """
        core = self._core
        if core.grants.damaged:
            return FORKED
        core.grants.generation += 1
        try:
            stored = self._ledger.snapshot()
            self._secrets.put(_SNAPSHOT, stored)
            if core.ports.anchor is not None:
                a.Anchor(core.ports.anchor).advance(core.grants.generation, _head(stored))
        except OSError:
            core.journal.note(now, j.FAULT, j.CONSENT_STORE)
            core.grants.damaged = True
            try:
                self._secrets.drop(_SNAPSHOT)
            except OSError:
                core.journal.note(now, j.FAULT, j.CONSENT_STORE, 1)
            core.consequences.settle(0, now)
            return BUSY
        return 0

    def answer(self, code: int, now: int, rider: "g.Grants | None" = None) -> None:
        """Begins a receipt: {2 consent seq, 3 consent head, 4 applied at, 5 [live purposes], 6 error code, 7 switches, 8 1 when
        it is about the `rider`'s chain}. One that is being signed gives way, but never to a record's own signature: what it
        says then is said when that is decided."""
        core = self._core
        notary = core.notary
        grants = core.grants
        if notary.told is not None:
            return
        key = self._secrets.get(_DEVICE_KEY)
        if key is None:
            return  # flash would not keep one: there is nothing to sign with
        seconds = core.calendar.seconds
        live = grants.live(seconds)
        buf = bytearray(_MAX_RECEIPT)
        chain = grants if rider is None else rider
        i = cbor.put_head(buf, 0, cbor.MAP, 5 + (seconds >= 0) + (rider is not None))
        i = cbor.put_pair(buf, i, 2, chain.seq)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 3), chain.head)
        if seconds >= 0:
            i = cbor.put_pair(buf, i, 4, seconds)
        i = cbor.put_head(buf, cbor.put_int(buf, i, 5), cbor.ARRAY, g.bits(live))
        for purpose in range(p.COUNT):
            if live >> purpose & 1:
                i = cbor.put_int(buf, i, purpose)
        i = cbor.put_pair(buf, i, 6, code)
        i = cbor.put_pair(buf, i, 7, grants.switches)
        if rider is not None:
            i = cbor.put_pair(buf, i, 8, g.RIDER)
        text = _Question()
        give(text, self._header(key), b"RECEIPT1" + core.device_id + struct.pack(">I", core.epoch), bytes(buf[:i]))
        if core.clerk is not None:
            core.clerk.soon(RECEIPT)
        notary.author = None
        notary.paper = bytes(buf[:i])
        notary.ask = (ED25519, key[:_SEED], b"", bytes(text.text))

    def _header(self, key: bytes) -> bytes:
        return header(kid_of(encoded_key(key[_SEED:])), _TYP)

    def issue(self, signature: bytes, now: int) -> None:
        """The receipt that the notary holds is signed."""
        core = self._core
        notary = core.notary
        key = self._secrets.get(_DEVICE_KEY) or b""
        core.receipt_size = put_sign1(core.receipt, 0, self._header(key), notary.paper, signature)
        core.outbox.put(core.outbox.draft(kinds.RECEIPT, now))
