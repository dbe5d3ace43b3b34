"""Where consent records arrive, from BLE, MQTT and console alike, and where their consequences begin.

Law: a withdrawal takes effect before it is stored or answered, under the pairing key's MAC even before its signature is checked;
a grant is stored before it is answered. Checking and signing take many ticks, one slice each: one record at a time, a second one
is refused as busy. What is not authentic gets no receipt, only a count. Keys are in RAM only while this room is loaded.
"""

import struct

from micropython import const

from ..base import cbor
from ..base import journal as j
from ..base.errors import BAD_MAC, BUSY, FORKED, TOO_LONG, RemoteError
from ..crypto.cose import MAX
from ..crypto.keys import ED25519, encoded_key, kid_of
from ..crypto.sign1 import give, header, put_sign1, verifier
from ..link import kinds
from . import purposes as p
from .ledger import Ledger

_SNAPSHOT = "consent"  # name of the secret that keeps the grants over a restart
_DEVICE_KEY = "device_key"  # seed and public key, made at the first start
_SEED = const(32)
_MAX_RECEIPT = const(80)  # of its payload
_TYP = b"receipt1"

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

    from hal.ports import Readable

    from ..core import Core
    from .ledger import Pending


class Desk:
    """Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._secrets = core.ports.secrets
        key = self._secrets.get("pairing_key") or b""
        owner = self._secrets.get("owner_key") or b""
        self._ledger = Ledger(core.grants, core.device_id, key, core.epoch, owner)
        self._pending: "Pending | None" = None
        self._done: "Callable[[int], object]" = bool
        self._machine: "Any" = None  # checks or signs; Any, as every room's first object
        self._header = self._receipt = b""  # what is being signed

    def restore(self) -> None:
        """At the start: what was granted before it. The first start makes the device's own key.

        From then on a snapshot that is missing is a damaged one: flash refused a withdrawal, and the grants went (`keep`).
        """
        core = self._core
        stored = self._secrets.get(_SNAPSHOT)
        if stored is not None:
            self._ledger.restore(stored)
            core.calendar.floor = max(core.calendar.floor, core.grants.issued)
        elif self._secrets.get(_DEVICE_KEY) is not None:
            core.grants.damaged = True
        if self._secrets.get(_DEVICE_KEY) is None:
            seed = bytearray(_SEED)
            core.ports.entropy.fill(p.CONTROL, seed)
            machine = core.curve(ED25519).Sign(bytes(seed))
            while not machine.public:
                machine.step()
            try:
                self._secrets.put(_SNAPSHOT, self._ledger.snapshot())
                self._secrets.put(_DEVICE_KEY, bytes(seed) + machine.public)
            except OSError:
                core.grants.damaged = True

    def busy(self) -> bool:
        return self._machine is not None

    def stop(self) -> None:
        """The account ended: what is being checked or signed is forgotten."""
        self._machine = self._pending = None

    def record(self, buf: "Readable", n: int, now: int, done: "Callable[[int], object]") -> None:
        """Takes one consent record; `done` gets 0 or the error code, now or in a later tick."""
        core = self._core
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
            core.settle(ledger.withdrawn, now)
        if self._pending is not None:
            self._refuse(BUSY, False, now)
            done(BUSY)
            return
        owner = ledger.owner
        try:
            self._machine = verifier(pending.signed, owner, core.curve(owner.curve).Verify)
        except RemoteError as error:  # the header names another curve than the key's
            ledger.reject(pending)
            self._refuse(error.code, ledger.hasty, now)
            done(error.code)
            return
        self._pending = pending
        self._done = done

    def on_time(self, now: int) -> None:
        """One slice of what is being checked or signed."""
        machine = self._machine
        if machine is None:
            return
        machine.step()
        if not machine.done:
            return
        self._machine = None
        pending = self._pending
        if pending is None:
            self._send(machine.signature, now)
            return
        self._pending = None
        code = self._decide(pending, now) if machine.ok else self._reject(pending)
        if code:
            self._refuse(code, machine.ok or pending.hasty, now)
        else:
            self.answer(0, now)
        self._done(code)

    def _reject(self, pending: "Pending") -> int:
        self._ledger.reject(pending)
        return BAD_MAC

    def _decide(self, pending: "Pending", now: int) -> int:
        """The signature holds; returns 0 or the error code."""
        core = self._core
        ledger = self._ledger
        code = 0
        try:
            ledger.decide(pending, core.calendar.seconds)
            core.calendar.learn(core.grants.issued, now)
            core.journal.note(now, j.RECORD_APPLIED, core.grants.seq)
        except RemoteError as error:
            code = error.code
        if code == 0 or ledger.changed:
            core.settle(ledger.withdrawn, now)
            code = self.keep(now) or code
        return code

    def _refuse(self, code: int, answered: bool, now: int) -> None:
        core = self._core
        core.refused += 1
        core.journal.note(now, j.RECORD_REFUSED, code)
        if answered:
            self.answer(code, now)

    def withdraw(self, now: int) -> None:
        """The button was held: everything that can be off is off, without phone or network."""
        core = self._core
        self._ledger.withdraw_all(max(0, core.calendar.seconds))
        core.settle(self._ledger.withdrawn, now)
        self.answer(self.keep(now), now)

    def narrow(self, switches: int, now: int) -> None:
        """Permissions that are not in the mask are off, at once."""
        self._ledger.narrow(switches)
        self._core.settle(self._ledger.withdrawn, now)
        self.answer(self.keep(now), now)

    def outlive(self, now: int) -> None:
        """A grant ended by itself. Kept, so that after a restart no record that was held up can bring back the time before."""
        core = self._core
        core.grants.issued = max(core.grants.issued, core.calendar.seconds)
        self.keep(now)

    def keep(self, now: int) -> int:
        """Keeps the grants over a restart; returns 0 or an error code. Consent that cannot be kept is none (I6).

        A damaged snapshot stays as it is: a fresh one over it would make the chain's first records good again. When flash
        refuses the new one the old one goes: without it, the next start finds everything off.
        """
        core = self._core
        if core.grants.damaged:
            return FORKED
        try:
            self._secrets.put(_SNAPSHOT, self._ledger.snapshot())
        except OSError:
            core.journal.note(now, j.FAULT, j.CONSENT_STORE)
            core.grants.damaged = True
            try:
                self._secrets.drop(_SNAPSHOT)
            except OSError:
                core.journal.note(now, j.FAULT, j.CONSENT_STORE, 1)
            core.settle(0, now)
            return BUSY
        return 0

    def answer(self, code: int, now: int) -> None:
        """Begins a receipt: {2 consent seq, 3 consent head, 4 applied at, 5 [live purposes], 6 error code, 7 switches}. One that
        is being signed gives way, but never to a record's own signature: what it says then is said when that is decided."""
        core = self._core
        grants = core.grants
        if self._pending is not None:
            return
        key = self._secrets.get(_DEVICE_KEY)
        if key is None:
            return  # flash would not keep one: there is nothing to sign with
        seconds = core.calendar.seconds
        live = grants.live(seconds)
        buf = bytearray(_MAX_RECEIPT)
        i = cbor.put_head(buf, 0, cbor.MAP, 6 if seconds >= 0 else 5)
        i = cbor.put_pair(buf, i, 2, grants.seq)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 3), grants.head)
        if seconds >= 0:
            i = cbor.put_pair(buf, i, 4, seconds)
        i = cbor.put_head(buf, cbor.put_int(buf, i, 5), cbor.ARRAY, p.bits(live))
        for purpose in range(p.COUNT):
            if live >> purpose & 1:
                i = cbor.put_int(buf, i, purpose)
        i = cbor.put_pair(buf, i, 6, code)
        i = cbor.put_pair(buf, i, 7, grants.switches)
        self._receipt = bytes(buf[:i])
        self._header = header(kid_of(encoded_key(key[_SEED:])), _TYP)
        self._machine = core.curve(ED25519).Sign(key[:_SEED])
        give(self._machine, self._header, b"RECEIPT1" + core.device_id + struct.pack(">I", core.epoch), self._receipt)

    def _send(self, signature: bytes, now: int) -> None:
        core = self._core
        i = put_sign1(core.receipt, 0, self._header, self._receipt, signature)
        core.receipt_size = i
        core.outbox.put(core.outbox.draft(kinds.RECEIPT, now))
