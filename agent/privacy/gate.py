"""The one place that decides whether a byte may leave the device. Only this file may call a way out.

Law (I1, I2): every message, connection, advert and console answer passes here and is checked, at the tick it would leave,
against a live grant for its purpose and recipient, of the epoch in which it was captured. Refuses by value and counts it.
Where an egress ledger is kept, what cannot be counted does not leave.
"""

from array import array

from micropython import const

from ..base.errors import LocalError
from ..link import kinds
from . import cells as c
from . import purposes as p
from . import table as t

_COUNT = const(0x3FFF_FFFF)  # counters wrap below 2**30
_FRAME = const(
    80
)  # room around a photo chunk, seal and all; a chunk has at least 192 bytes, and every other body fits too

_TYPING = const(False)
if _TYPING:
    from hal.ports import LinkOptions

    from ..base.calendar import Calendar
    from ..link.messages import Writer
    from ..store.outbox import Slot
    from ..wiring import Ways
    from .grants import Grants
    from .seal import Seal


class Outgoing:
    """The one message on its way to the link (hal.ports.Outgoing)."""

    def __init__(self, size: int) -> None:
        self.topic = b""
        self.buf = bytearray(size)
        self.n = 0
        self.qos = 1
        self.retain = False
        self.id = 0


class Gate:
    def __init__(
        self,
        ways: "Ways",
        grants: "Grants",
        calendar: "Calendar",
        writer: "Writer",
        seal: "Seal",
        topics: "list[bytes]",
        epoch: int,
        chunk: int,
    ) -> None:
        self._ways = ways  # the only reference to the ways out
        self._grants = grants
        self._calendar = calendar
        self._writer = writer
        self._seal = seal
        self._topics = topics
        self._epoch = epoch
        self._message = Outgoing(chunk + _FRAME)
        self.advertising = -1  # purpose of the advert on the air, -1 when silent
        self.sent = array("i", bytes(4 * p.COUNT))  # per purpose: messages released, repeats not counted
        self.bytes = array("i", bytes(4 * p.COUNT))  # per purpose: payload bytes of those
        self.held = array("i", bytes(4 * p.COUNT))  # per purpose: refusals
        self.cells: "c.Cells | None" = None  # the open line of the egress ledger, where one is kept (clerk.py)
        self._seq = array("i", bytes(4 * p.COUNT))

    def refusal(self, purpose: int, recipient: int, epoch: int) -> int:
        """purposes.GRANTED, or the reason why this may not leave now."""
        if epoch != self._epoch:
            return p.WRONG_EPOCH
        return self._grants.refusal(purpose, recipient, self._calendar.seconds)

    def allows(self, purpose: int) -> bool:
        """Whether `purpose` is live towards the owner now: what a machine asks before it collects (valve 1)."""
        return self.refusal(purpose, p.OWNER, self._epoch) == p.GRANTED

    def lease(self, sensor: int, wanted: int) -> bool:
        """Whether `sensor` may have power: some wanted purpose that needs it is live (I4)."""
        for purpose in range(p.COUNT):
            if wanted >> purpose & 1 and t.fact(purpose, t.SENSOR) & sensor and self.allows(purpose):
                return True
        return False

    def ready(self) -> bool:
        """Whether one more message could be counted: asked before `release`, so that what cannot be waits."""
        return self.cells is None or not self.cells.full()

    def _count(self, purpose: int, recipient: int, reason: int, items: int, size: int, again: bool) -> bool:
        """Into the open line. False: it may not leave. A device of nobody's keeps no ledger."""
        cells = self.cells
        if cells is None or not self._grants.bound:
            return True
        return cells.add(purpose, recipient, reason, items, size, again)

    def hold(self, purpose: int, recipient: int, reason: int, items: int) -> bool:
        """Counts what does not leave, and why; False, for whoever refuses with it."""
        self.held[purpose] += 1
        self._count(purpose, recipient, reason, items, 0, False)
        return False

    def lost(self, purpose: int, recipient: int, kind: int, why: int) -> None:
        """Counts a message that was erased before it was asked for: for what consent says of its purpose now, else for `why`."""
        reason = self.refusal(purpose, recipient, self._epoch)
        self._count(purpose, recipient, why if reason == p.GRANTED else reason, 1 << kind, 0, False)

    def _pass(self, purpose: int, reason: int, way: int, size: int) -> bool:
        """Whether it may leave by another way than a message, to the owner. Counted, whatever becomes of it."""
        if reason != p.GRANTED:
            return self.hold(purpose, p.OWNER, reason, way)
        return self._count(purpose, p.OWNER, reason, way, size, False)

    def _reason(self, purpose: int, recipient: int, epoch: int, slot: "Slot", now: int) -> int:
        reason = self.refusal(purpose, recipient, epoch)
        if reason == p.GRANTED and self._grants.outlived(purpose, slot.captured, now):
            return p.EXPIRED  # what allowed it to be kept has ended
        if reason == p.GRANTED and slot.subject != self._grants.subject(purpose):
            return p.LENT  # another's, from before the device changed hands
        if reason == p.GRANTED and self._grants.sealed(purpose) and not self._seal.held >> purpose & 1:
            return p.NO_KEY
        return reason

    def release(self, purpose: int, recipient: int, epoch: int, slot: "Slot", now: int) -> bool:
        """Valve 2. Sends the slot's message and returns True, or counts the refusal. Needs a link with room."""
        if purpose != kinds.PURPOSE[slot.kind]:
            raise LocalError("gate: a slot of another purpose")
        reason = self._reason(purpose, recipient, epoch, slot, now)
        if reason != p.GRANTED:
            return self.hold(purpose, recipient, reason, 1 << slot.kind)
        message = self._message
        first = slot.seq < 0
        if first:
            slot.seq = self._seq[purpose]
        message.topic = self._topics[slot.kind]
        message.n = self._writer.write(slot, message.buf)
        if self._grants.sealed(purpose):
            message.n = self._seal.close(message.topic, slot.seq, message.buf, message.n)
        message.retain = bool(kinds.RETAINED >> slot.kind & 1)
        message.id = slot.id
        if not self._count(purpose, recipient, reason, 1 << slot.kind, message.n, not first):
            return False
        if first:  # counted only now: writing may have failed for want of memory
            self._seq[purpose] += 1
            self.sent[purpose] += 1
            self.bytes[purpose] = self.bytes[purpose] + message.n & _COUNT
        self._ways.link.send(message)
        return True

    def uncount(self, purposes: int) -> None:
        """Forgets what was counted of these purposes."""
        for purpose in range(p.COUNT):
            if purposes >> purpose & 1:
                self.sent[purpose] = self.bytes[purpose] = self.held[purpose] = 0

    def forget(self, held: bool) -> None:
        """Zeroes what messages left in the buffer (I3), but not the one that the link has `held` since."""
        buf = self._message.buf
        for k in range(self._message.n if held else 0, len(buf)):
            buf[k] = 0

    def foreign(self) -> bool:
        """Whether the broker is of another region than the device, or of none that it was told (policy 3, 6)."""
        return self._ways.link.region != self._grants.region

    def connect(self, purpose: int, options: "LinkOptions") -> bool:
        """Opens the link under `control` (nameless) or `presence` (stable id, birth and will), in the device's own region."""
        reason = self.refusal(purpose, p.OWNER, self._epoch)
        if reason == p.GRANTED and self.foreign():
            reason = p.OTHER_REGION
        if not self._pass(purpose, reason, c.CONNECT, len(options.will)):
            return False
        self._ways.link.open(options)
        return True

    def disconnect(self, polite: bool) -> None:
        """Always allowed: silence needs no grant."""
        self._ways.link.close(polite)

    def beacon(self, purpose: int, adv: bytes, rsp: bytes, interval_ms: int) -> bool:
        """Puts one advert on the air until `hush`, or until `check` finds its purpose gone."""
        ble = self._ways.ble
        if ble is None:
            return False
        reason = self.refusal(purpose, p.OWNER, self._epoch)
        if reason == p.GRANTED and not self._grants.switches & t.BLUETOOTH:
            reason = p.SWITCHED_OFF
        if not self._pass(purpose, reason, c.ADVERT, len(adv) + len(rsp)):
            return False
        self.advertising = purpose
        ble.advertise(adv, rsp, interval_ms)
        return True

    def hush(self, purpose: int) -> None:
        """Ends the advert of `purpose`, and nothing when another purpose is on the air."""
        ble = self._ways.ble
        if self.advertising == purpose and ble is not None:
            self.advertising = -1
            ble.silence()

    def check(self) -> None:
        """Ends an advert whose purpose is no longer live, or whose radio may no longer speak. Called in every tick."""
        if self.advertising >= 0 and not (self.allows(self.advertising) and self._grants.switches & t.BLUETOOTH):
            self.hush(self.advertising)

    def reply(self, buf: bytearray, n: int) -> bool:
        """Answers the phone that wrote over BLE. Purpose `control`."""
        ble = self._ways.ble
        reason = self.refusal(p.CONTROL, p.OWNER, self._epoch)
        return ble is not None and self._pass(p.CONTROL, reason, c.NOTIFY, n) and ble.notify(buf, n)

    def answers(self, n: int) -> bool:
        """Counts an answer of `n` bytes to the rig, before `answer` gets it in its frame."""
        return self._count(p.CONTROL, p.OWNER, p.GRANTED, c.ANSWER, n, False)

    def answer(self, buf: bytearray, n: int) -> None:
        """A console answer: the console itself answers only an authenticated rig, and only with numbers of no person."""
        if self._ways.console is not None:
            self._ways.console.write(buf, n)
