"""The owner's rights over what the device holds: export, correct, erase by purpose, by time and whole (policy 5.1 to 5.5).

Law: an order counts only if the owner signed it as the next of the consent chain, so that none can be replayed; an erasure
takes effect before it is stored or answered. Every order is answered with a certificate: what was asked, what was done and
what could not be reached. An export is zeroed when it was taken, when anything in it is erased, and when it waited too long.
Refuses a second order while an answer waits, and to hold an answer back: there is no reason for which one is late.
"""

import struct

from micropython import const

from ..base import cbor, ticks
from ..base import journal as j
from ..base.cbor import ARRAY, BYTES, MAP, TEXT
from ..base.errors import (
    BAD_MAC,
    BUSY,
    FORKED,
    GAP,
    NOT_GRANTED,
    OUT_OF_RANGE,
    REPLAYED,
    TOO_LONG,
    UNTIMELY,
    WRONG_DEVICE,
    RemoteError,
)
from ..crypto.cose import MAX, Envelope, structure
from ..crypto.keys import ED25519, encoded_key, kid_of, read_key
from ..crypto.mac import Hmac
from ..crypto.sign1 import give, header, open_sign1, put_sign1, verifier
from ..link import kinds
from . import erasure, inventory
from . import grants as g
from . import purposes as p
from .order import CORRECT, ERASE, EXPORT, WHOLE, Order
from .seal import WRAP

# What an answer is.
CERTIFICATE = 1
HOLDINGS = 2

sweep = erasure.sweep  # for a start after a power cut
_ID = const(16)
_ALL = const((1 << 24) - 1)
_SKEW_S = const(86_400)
_HEAD = const(64)  # bytes of an envelope before its payload, at most
_TAG = const(40)
_CERTIFICATE = const(256)  # its claims, and the device's signature and header around them
_WAIT_MS = const(600_000)  # for somebody to take the answer
_GOODBYE_MS = const(15_000)  # for a connection on which to clear what the broker retains
_CHECKING = const(1)  # states: the owner's signature, a slice a tick
_CLEARING = const(2)
_SIGNING = const(3)  # the certificate
_SENDING = const(4)
_REFUSED = const(5)  # until the rig has asked
_SEED = const(32)  # of the device's key; its public half follows

_TYPING = const(False)
if _TYPING:
    from typing import Any

    from hal.ports import Readable

    from ..core import Core


class Rights:
    """Loaded for one order, until its answer was taken. Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        secrets = core.ports.secrets
        # These outlive a whole erasure, for its certificate.
        self._key = secrets.get("pairing_key") or b""
        self._device_key = secrets.get("device_key") or b""
        owner = secrets.get("owner_key") or b""
        self._owner = read_key(owner, len(owner))
        self._signed: "Envelope | None" = None
        self._order: "Order | None" = None
        self._machine: "Any" = None  # checks or signs; Any, as every room's first object
        self._header = self._claims = b""  # what is being signed
        self._done = (0, 0, 0)  # stores, exceptions, messages
        self._state = 0
        self._until = -1
        self.cable = False  # whether a rig will come for the answer
        self.refusal = 0  # why the last order was refused
        self._what = 0
        self._reader = b""  # public key of who alone may read the export
        self._answer = bytearray(0)  # from `_start` on; before it there was room for the envelope's head
        self._start = self._stop = 0
        self._next = 0

    def order(self, buf: "Readable", n: int, now: int, cable: bool) -> int:
        """Takes one order; returns 0 when its signature is being checked, or the error code."""
        core = self._core
        if self._state and self._state != _REFUSED:
            return BUSY
        self.cable = cable
        self.refusal = 0
        try:
            if n > MAX:
                raise RemoteError(TOO_LONG)
            signed = open_sign1(bytes(buf[:n]), n, self._aad(b"RIGHTS1"))
            order = Order(signed.payload)
            kid = self._owner.kid
            if (signed.typ, signed.kid, order.issuer, order.audience) != (b"cwt;rights1", kid, kid, core.device_id):
                raise RemoteError(WRONG_DEVICE)
            self._machine = verifier(signed, self._owner, core.load_curve(self._owner.curve).Verify)
        except RemoteError as error:
            self._refuse(0, error.code, now)
            self._state = 0
            return error.code
        self._signed = signed
        self._order = order
        self._state = _CHECKING
        self._until = now
        return 0

    def _refuse(self, what: int, code: int, now: int) -> None:
        core = self._core
        core.refused += 1
        core.journal.note(now, j.ORDER, what, code)
        self._wipe()
        self.refusal = code
        self._state = _REFUSED if self.cable else 0
        self._until = ticks.add(now, _GOODBYE_MS)

    def _checked(self, now: int) -> None:
        """The signature was checked. What is the owner's is answered, also when it is refused."""
        core = self._core
        ok, signed, order = self._machine.ok, self._signed, self._order
        self._machine = self._signed = None
        core.drop_curves()  # what is done now needs the memory
        if order is None or signed is None:
            return
        code = BAD_MAC
        if ok:
            try:
                self._admit(order)
                code = self._act(order, signed.digest[:_ID], now)
            except RemoteError as error:
                code = error.code
        if code == 0:
            core.journal.note(now, j.ORDER, order.what)
            return
        self._refuse(order.what, code, now)
        if ok and core.grants.bound:
            core.hear().answer(code, now)

    def _aad(self, use: bytes) -> bytes:
        return use + self._core.device_id + struct.pack(">I", self._core.epoch)

    def _admit(self, order: Order) -> None:
        """The next of the chain, in its time. A damaged chain can still be ended as a whole: no such order of this epoch was
        taken before."""
        grants = self._core.grants
        seconds = self._core.calendar.seconds
        if grants.damaged:
            if order.what != WHOLE:
                raise RemoteError(FORKED)
        elif order.seq <= grants.seq:
            raise RemoteError(REPLAYED)
        elif order.seq > grants.seq + 1:
            raise RemoteError(GAP)
        elif order.prev != bytes(grants.head):
            raise RemoteError(FORKED)
        if len(self._device_key) <= _SEED:
            raise RemoteError(BUSY)  # flash would not keep a key: nothing could be certified
        if seconds >= 0 and abs(order.issued - seconds) > _SKEW_S:
            raise RemoteError(UNTIMELY)
        if order.what == EXPORT:
            self._reader = order.text or self._core.ports.secrets.get("owner_seal") or b""
            if not self._reader and not self.cable:
                raise RemoteError(NOT_GRANTED)  # the broker could read it

    def _act(self, order: Order, head: bytes, now: int) -> int:
        core = self._core
        grants = core.grants
        try:
            buf = bytearray(_HEAD + _TAG + WRAP + (inventory.room(core) if order.what == EXPORT else _CERTIFICATE))
        except MemoryError:
            return BUSY  # and nothing has changed
        core.calendar.learn(order.issued, now)
        self._order = order
        self._answer = buf
        if order.what == WHOLE:
            return self._leave(now)
        grants.seq = order.seq
        grants.head[:] = head
        grants.issued = max(grants.issued, order.issued)
        if order.what == ERASE:
            self._done = erasure.purposes(core, order.purposes, order.before, now)
        elif order.what == CORRECT and not self._rename(order.text):
            return BUSY
        code = core.hear().keep(now)
        if code == 0:
            self._begin(now)
        return code

    def _rename(self, text: bytes) -> bool:
        secrets = self._core.ports.secrets
        try:
            if text:
                secrets.put("name", text)
            else:
                secrets.drop("name")
        except OSError:
            return False
        return True

    def _leave(self, now: int) -> int:
        """The account ends. What the broker retains is cleared first, while a certificate can still tell whether it was."""
        core = self._core
        named = core.grants.damaged or core.grants.get(p.PRESENCE, g.STATE) != g.UNKNOWN
        try:
            self._done = erasure.whole(core, now)
        except OSError:
            return BUSY
        core.uplink.cleared = core.uplink.cleared or not named
        self._state = _CLEARING
        self._until = ticks.add(now, _GOODBYE_MS)
        return 0

    def on_time(self, now: int) -> None:
        core = self._core
        late = ticks.due(self._until, now)
        if self._machine is not None:
            self._machine.step()
            self._until = now
            if self._machine.done:
                self._checked(now) if self._state == _CHECKING else self._certified(now)
        elif self._state == _REFUSED:
            if late:
                self._state = 0
        elif self._state == _CLEARING:
            uplink = core.uplink
            if not uplink.cleared and uplink.up and uplink.mode == p.CONTROL:
                uplink.cleared = core.outbox.put(core.outbox.draft(kinds.CLEAR, now))
            cleared = uplink.cleared and not core.outbox.holds(kinds.CLEAR)
            if cleared or late:
                stores, exceptions, messages = self._done
                self._done = stores, exceptions | (0 if cleared else erasure.RETAINED), messages
                self._begin(now)
        elif self._state == _SENDING and not core.outbox.holds(kinds.RIGHTS):
            if late or self._next * core.profile.chunk >= self._stop - self._start:
                self.close()
            elif core.uplink.up and not self.cable:
                self._queue(now)
        elif late:
            self.forget(_ALL)  # its last piece is with the link, or waits for one: it goes as an empty one

    def _queue(self, now: int) -> None:
        order = self._order
        slot = self._core.outbox.draft(kinds.RIGHTS, now)
        slot.facts[0] = order.seq if order is not None else 0
        slot.facts[1] = self._what
        slot.facts[2] = self._next
        if self._core.outbox.put(slot):
            self._next += 1

    def deadline(self) -> int:
        return self._until

    def over(self) -> bool:
        """Whether nothing waits any more: this object, and its room, may go."""
        return self._state == 0

    def close(self) -> None:
        """The answer was taken, or nobody came for it. After a whole erasure the device starts anew, as nobody's."""
        core = self._core
        self._wipe()
        self._state = 0
        self._key = self._device_key = b""
        if core.grants.leaving:
            core.uplink.close(True)
            core.ports.wifi.leave()
            core.grants.leaving = False
            core.restart = True

    def forget(self, purposes: int) -> None:
        """Something that an export shows was erased: it is worth nothing now. A certificate shows no datum and stays."""
        if self._what == HOLDINGS and purposes:
            self._wipe()

    def _wipe(self) -> None:
        for k in range(len(self._answer)):
            self._answer[k] = 0
        self._answer = bytearray(0)
        self._start = self._stop = 0

    # The answer.

    def _begin(self, now: int) -> None:
        order = self._order
        if order is None:
            return
        core = self._core
        self._next = 0
        if order.what == EXPORT:
            self._what = HOLDINGS
            made = inventory.Inventory(core, self._answer, _HEAD, now)
            made.fill(order.request, order.due(core.calendar.seconds))
            stop, typ = made.n, b"cwt;export1"
            if self._reader:
                stop, typ = self._seal(order, made.n), b"cwt;sealed1"
            if stop == 0:
                raise RemoteError(OUT_OF_RANGE)  # a key of small order, which anybody could open
            self._close(typ, b"EXPORT1", stop, now)
            return
        self._what = CERTIFICATE
        self._state = _SIGNING
        self._until = now
        self._claims = bytes(memoryview(self._answer)[_HEAD : self._certify(order)])
        self._header = header(kid_of(encoded_key(self._device_key[_SEED:])), b"cwt;erased1")
        self._machine = core.load_curve(ED25519).Sign(self._device_key[:_SEED])
        give(self._machine, self._header, self._aad(b"ERASED1"), self._claims)

    def _certified(self, now: int) -> None:
        """The device's signature, for everybody, inside the owner's envelope, which tells the owner whose signature it is."""
        signature = self._machine.signature
        self._machine = None
        stop = put_sign1(self._answer, _HEAD, self._header, self._claims, signature)
        self._close(b"cwt;answer1", b"ANSWER1", stop, now)

    def _seal(self, order: Order, stop: int) -> int:
        """A copy is for one reader: it leaves under a key of its own, which this device forgets at once."""
        info = self._aad(b"EXPORT1")
        return self._core.wrap(self._reader, order.request, info, self._answer, _HEAD, stop)

    def _patience(self, now: int) -> int:
        """Milliseconds the answer is kept: an export no longer than anything in it may be (retention, policy 3)."""
        core = self._core
        wait = _WAIT_MS
        if self._what == HOLDINGS:
            slot = erasure.Slot()
            for row in range(core.profile.slots):
                if core.outbox.look(row, slot) and slot.purpose != p.CONTROL and slot.subject == p.OWNER:
                    left = core.grants.get(slot.purpose, g.RETENTION) - ticks.diff(now, slot.captured) // 1000
                    wait = min(wait, max(1, left) * 1000 if left < _WAIT_MS // 1000 else wait)
        return wait

    def _certify(self, order: Order) -> int:
        """{1 schema, 2 request, 3 order's number, 4 what, 5 purposes, 6 before, 7 stores, 8 exceptions, 9 messages, 10 at, 11 due,
        12 epoch, 13 the device's public key}; returns its end."""
        at = self._core.calendar.seconds
        stores, exceptions, messages = self._done
        values = (order.seq, order.what, order.purposes, order.before, stores, exceptions, messages, at, order.due(at))
        buf = self._answer
        i = cbor.put_pair(buf, cbor.put_head(buf, _HEAD, MAP, 13), 1, 1)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 2), order.request)
        for k in range(len(values)):
            i = cbor.put_pair(buf, i, 3 + k, values[k])
        i = cbor.put_pair(buf, i, 12, self._core.epoch)
        return cbor.put_bytes(buf, cbor.put_int(buf, i, 13), self._device_key[_SEED:])

    def _close(self, typ: bytes, use: bytes, stop: int, now: int) -> None:
        """COSE_Mac0 (RFC 9052 §6.2) around answer[_HEAD:stop], in place: from this device, to this owner."""
        buf = self._answer
        head = bytearray(96)
        i = cbor.put_pair(head, cbor.put_head(head, 0, MAP, 3), 1, 5)
        i = cbor.put_bytes(head, cbor.put_int(head, i, 4), self._owner.kid)
        i = cbor.put_head(head, cbor.put_int(head, i, 16), TEXT, len(typ))
        head[i : i + len(typ)] = typ
        protected = bytes(head[: i + len(typ)])
        start = structure(b"MAC0", protected, self._aad(use), stop - _HEAD)
        tag = Hmac(self._key).tag(start, memoryview(buf)[_HEAD:stop])
        i = cbor.put_head(head, cbor.put_head(head, 0, cbor.TAG, 17), ARRAY, 4)
        i = cbor.put_head(head, cbor.put_bytes(head, i, protected), MAP, 0)
        i = cbor.put_head(head, i, BYTES, stop - _HEAD)
        self._start = _HEAD - i
        buf[self._start : _HEAD] = head[:i]
        self._stop = cbor.put_bytes(buf, stop, tag)
        self._state = _SENDING
        self._until = ticks.add(now, self._patience(now))

    def piece(self, index: int, chunk: int = 0) -> "tuple[int, int]":
        """(bytes of this piece, pieces), (0, 0) when the answer is gone, or not made yet."""
        chunk = chunk or self._core.profile.chunk
        size = self._stop - self._start
        return max(0, min(chunk, size - index * chunk)), (size + chunk - 1) // chunk

    def copy(self, start: int, size: int, buf: bytearray, i: int) -> None:
        """`size` bytes of the answer from `start` on to buf[i:]."""
        start += self._start
        buf[i : i + size] = memoryview(self._answer)[start : start + size]

    def taken(self) -> None:
        """The rig has the last piece."""
        if self._state == _SENDING:
            self.close()
