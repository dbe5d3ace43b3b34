"""Where records and requests arrive, from BLE, MQTT and console alike, and where their consequences begin.

Law: a withdrawal takes effect before it is stored or answered; a grant is stored before it takes effect anywhere. What is not
authentic gets no answer at all, only a count.
"""

from micropython import const

from ..base import journal as j
from ..base.errors import BUSY, NOT_GRANTED, REPLAYED, RemoteError
from ..link import kinds
from ..link import requests as r
from . import purposes as p

SNAPSHOT = "consent"  # name of the secret that keeps the ledger over a restart

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..core import Core


class Desk:
    """Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core", requests: "r.Requests") -> None:
        self._core = core
        self._requests = requests
        self.refused = 0
        core.ports.link.on_message = self.on_message

    def on_message(self, topic: bytes, payload: "Readable", n: int) -> None:
        """A publish below our own topic. Anything else is counted and dropped."""
        now = self._core.now
        if topic == self._core.topic + kinds.RECORD:
            self.record(payload, n, now)
        elif topic == self._core.topic + kinds.REQUEST:
            self.request(payload, n, now)
        else:
            self.refused += 1

    def record(self, buf: "Readable", n: int, now: int) -> int:
        """Takes one consent record; returns 0 or the error code."""
        core = self._core
        ledger = core.ledger
        code = 0
        try:
            ledger.feed(buf, n, core.calendar.seconds)
        except RemoteError as error:
            code = error.code
        if code == 0:
            core.calendar.learn(ledger.issued, now)
            core.journal.note(now, j.RECORD_APPLIED, ledger.seq)
        else:
            self.refused += 1
            core.journal.note(now, j.RECORD_REFUSED, code)
        if ledger.withdrawn:
            core.withdrawn(ledger.withdrawn, now)
        elif code == 0:
            core.granted(now)
        if code == 0 or ledger.withdrawn:
            core.ports.secrets.put(SNAPSHOT, ledger.snapshot())
        if code == 0 or ledger.authentic:
            self.receipt(code, now)
        return code

    def receipt(self, code: int, now: int) -> None:
        core = self._core
        slot = core.outbox.draft(kinds.RECEIPT, now)
        slot.facts[0] = core.calendar.seconds
        slot.facts[1] = code
        core.outbox.put(slot)

    def withdraw(self, now: int) -> None:
        """The button was held: everything that can be off is off, without phone or network."""
        core = self._core
        core.ledger.withdraw_all(max(0, core.calendar.seconds))
        core.withdrawn(core.ledger.withdrawn, now)
        core.ports.secrets.put(SNAPSHOT, core.ledger.snapshot())
        self.receipt(0, now)

    def request(self, buf: "Readable", n: int, now: int) -> int:
        """Takes one request of the owner; returns 0 or the error code."""
        try:
            self._requests.feed(buf, n)
            code = self._act(now)
        except RemoteError as error:
            self.refused += 1
            self._core.journal.note(now, j.REQUEST_REFUSED, error.code)
            return error.code
        self._core.journal.note(now, j.REQUEST_DONE, self._requests.code, code)
        slot = self._core.outbox.draft(kinds.RESULT, now)
        slot.facts[0] = self._requests.seq
        slot.facts[1] = code
        self._core.outbox.put(slot)
        return code

    def _act(self, now: int) -> int:
        core = self._core
        code = self._requests.code
        if code == r.PHOTO:
            if not core.gate.allows(p.PHOTO):
                return NOT_GRANTED
            return 0 if core.capture is not None and core.capture.take(now) else BUSY
        if code == r.ARM:
            core.guard.alarm.arm(now)
        elif code == r.DISARM:
            core.guard.alarm.disarm(now)
        elif not core.guard.alarm.acknowledge(self._requests.argument, now):
            return REPLAYED
        core.status.soon()
        return 0
