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
    BUSY,
    FORKED,
    GAP,
    OUT_OF_RANGE,
    REPLAYED,
    UNKNOWN,
    UNTIMELY,
    WRONG_DEVICE,
    RemoteError,
)
from ..base.reader import Reader
from ..crypto.cose import open_mac0, structure
from ..crypto.mac import Hmac
from ..link import kinds
from . import erasure, inventory
from . import grants as g
from . import purposes as p
from .ledger import kid_of

# What is ordered.
ERASE = 1  # purposes, before second (0: all of it, and the consent ends)
WHOLE = 2  # the account ends: keys, grants, data, network
EXPORT = 3
CORRECT = 4  # the device's name
# What an answer is.
CERTIFICATE = 1
HOLDINGS = 2

sweep = erasure.sweep  # for a start after a power cut
MAX_NAME = 32  # bytes of UTF-8
_KEYS = (1, 3, 6, 7, -65537, -65538, -65539, -65542, -65550)
_EPOCH_2020 = const(1_577_836_800)
_LATEST = const((1 << 30) - 1)
_ID = const(16)
_KID = const(8)
_MAX_PLACE = const(8)
_ALL = const((1 << 24) - 1)
_SKEW_S = const(86_400)
_DAY_S = const(86_400)
_DAYS = const(15)  # policy 8: a request is answered in 15 days
_DAYS_US = const(45)  # Cal. Civ. Code §1798.130(a)(2)
_HEAD = const(64)  # bytes of an envelope before its payload, at most
_TAG = const(40)
_CERTIFICATE = const(80)
_WAIT_MS = const(600_000)  # for somebody to take the answer
_GOODBYE_MS = const(15_000)  # for a connection on which to clear what the broker retains
_CLEARING = const(1)  # states
_SENDING = const(2)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..core import Core


class Order:
    """One order's claims, range-checked."""

    def __init__(self, reader: Reader) -> None:
        self.what = self.purposes = self.before = self.seq = self.issued = 0
        self.issuer = self.audience = self.request = self.prev = self.text = self.place = b""
        if reader.items(MAP) != len(_KEYS):
            raise RemoteError(UNKNOWN)
        last = None
        for expected in _KEYS:
            last = reader.key(last)
            if last != expected:
                raise RemoteError(UNKNOWN)
            self._claim(last, reader)
        reader.end()

    def _claim(self, key: int, reader: Reader) -> None:
        if key == 1:
            self.issuer = reader.blob(_KID)
        elif key == 3:
            self.audience = reader.blob(_ID)
        elif key == 6:
            self.issued = reader.integer() - _EPOCH_2020
            if not 0 <= self.issued <= _LATEST:
                raise RemoteError(OUT_OF_RANGE)
        elif key == 7:
            self.request = reader.blob(_ID)
        elif key == -65537:
            if reader.uint(1) != 1:
                raise RemoteError(UNKNOWN)
        elif key == -65538:
            self.seq = reader.uint(_LATEST)
        elif key == -65539:
            self.prev = reader.blob(_ID)
        elif key == -65542:
            self.place = reader.text(_MAX_PLACE)
        else:
            self._order(reader)

    def _order(self, reader: Reader) -> None:
        """[what, purposes, before, text]"""
        if reader.items(ARRAY) != 4:
            raise RemoteError(UNKNOWN)
        self.what = reader.uint(CORRECT)
        self.purposes = reader.uint(_ALL)
        self.before = reader.uint(_LATEST)
        self.text = reader.blob(MAX_NAME)
        if self.what == 0 or self.purposes & 1 << p.CONTROL or (self.what == ERASE) == (self.purposes == 0):
            raise RemoteError(OUT_OF_RANGE)  # `control` is the contract: it ends with the whole account

    def due(self, seconds: int) -> int:
        return seconds + (_DAYS_US if self.place[:2] == b"US" else _DAYS) * _DAY_S


class Rights:
    """Loaded for one order, until its answer was taken. Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._key = (
            core.ports.secrets.get("pairing_key") or b""
        )  # outlives a whole erasure: the certificate is under it
        self._order: "Order | None" = None
        self._done = (0, 0, 0)  # stores, exceptions, messages
        self._state = 0
        self._until = -1
        self.cable = False  # whether a rig will come for the answer
        self._what = 0
        self._answer = bytearray(0)  # from `_start` on; before it there was room for the envelope's head
        self._start = self._stop = 0
        self._next = 0

    def order(self, buf: "Readable", n: int, now: int, cable: bool) -> int:
        """Takes one order; returns 0 or the error code."""
        core = self._core
        if self._state:
            return BUSY
        self.cable = cable
        authentic = False
        code = 0
        order = None
        try:
            envelope = open_mac0(buf, n, Hmac(self._key), self._aad(b"RIGHTS1"))
            authentic = True
            order = Order(envelope.payload)
            if envelope.typ != b"cwt;rights1" or envelope.kid != kid_of(self._key):
                raise RemoteError(WRONG_DEVICE)
            self._admit(order)
            code = self._act(order, envelope.digest[:_ID], now)
        except RemoteError as error:
            code = error.code
        core.journal.note(now, j.ORDER, 0 if order is None else order.what, code)
        if code:
            core.refused += 1
            if authentic and core.grants.bound:
                core.desk().tell(code, now)
        return code

    def _aad(self, use: bytes) -> bytes:
        return use + self._core.device_id + struct.pack(">I", self._core.epoch)

    def _admit(self, order: Order) -> None:
        """The next of the chain, from its owner, for this device, in its time. A damaged chain can still be ended as a whole:
        no order of this epoch was taken before that one."""
        grants = self._core.grants
        seconds = self._core.calendar.seconds
        if order.issuer != kid_of(self._key) or order.audience != self._core.device_id:
            raise RemoteError(WRONG_DEVICE)
        if grants.damaged:
            if order.what != WHOLE:
                raise RemoteError(FORKED)
        elif order.seq <= grants.seq:
            raise RemoteError(REPLAYED)
        elif order.seq > grants.seq + 1:
            raise RemoteError(GAP)
        elif order.prev != bytes(grants.head):
            raise RemoteError(FORKED)
        if seconds >= 0 and abs(order.issued - seconds) > _SKEW_S:
            raise RemoteError(UNTIMELY)

    def _act(self, order: Order, head: bytes, now: int) -> int:
        core = self._core
        grants = core.grants
        try:
            buf = bytearray(_HEAD + _TAG + (inventory.room(core) if order.what == EXPORT else _CERTIFICATE))
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
        code = core.desk().keep(now)
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
        if self._state == _CLEARING:
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
        self._key = b""
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
        self._state = _SENDING
        self._next = 0
        if order.what == EXPORT:
            self._what = HOLDINGS
            made = inventory.Inventory(core, self._answer, _HEAD, now)
            made.fill(order.request, order.due(core.calendar.seconds))
            self._close(b"cwt;export1", b"EXPORT1", made.n)
        else:
            self._what = CERTIFICATE
            self._close(b"cwt;erased1", b"ERASED1", self._certify(order))
        self._until = ticks.add(now, self._patience(now))

    def _patience(self, now: int) -> int:
        """Milliseconds the answer is kept: an export no longer than anything in it may be (retention, policy 3)."""
        core = self._core
        wait = _WAIT_MS
        if self._what == HOLDINGS:
            slot = erasure.Slot()
            for row in range(core.profile.slots):
                if core.outbox.look(row, slot) and slot.purpose != p.CONTROL:
                    left = core.grants.get(slot.purpose, g.RETENTION) - ticks.diff(now, slot.captured) // 1000
                    wait = min(wait, max(1, left) * 1000 if left < _WAIT_MS // 1000 else wait)
        return wait

    def _certify(self, order: Order) -> int:
        """{1 schema, 2 request, 3 order's number, 4 what, 5 purposes, 6 before, 7 stores, 8 exceptions, 9 messages, 10 at, 11 due,
        12 epoch}; returns its end."""
        at = self._core.calendar.seconds
        stores, exceptions, messages = self._done
        values = (order.seq, order.what, order.purposes, order.before, stores, exceptions, messages, at, order.due(at))
        buf = self._answer
        i = cbor.put_pair(buf, cbor.put_head(buf, _HEAD, MAP, 12), 1, 1)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 2), order.request)
        for k in range(len(values)):
            i = cbor.put_pair(buf, i, 3 + k, values[k])
        return cbor.put_pair(buf, i, 12, self._core.epoch)

    def _close(self, typ: bytes, use: bytes, stop: int) -> None:
        """COSE_Mac0 (RFC 9052 §6.2) around answer[_HEAD:stop], in place. An export is for the owner alone: here it will be
        enciphered, too."""
        buf = self._answer
        head = bytearray(96)
        i = cbor.put_pair(head, cbor.put_head(head, 0, MAP, 3), 1, 5)
        i = cbor.put_bytes(head, cbor.put_int(head, i, 4), kid_of(self._key))
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
