"""What the device holds of its owner, as one CBOR map: the portability export (policy 5.1, 5.4).

Refuses by construction: no key and no password has a place in it, and nothing of whoever else rides: neither what is kept, nor
counts, nor the journal of the time. Values are the device's own codes; the host tool adds
names, clauses and other forms (tools/rights). Transient bytes are left out: half a sentence of the receiver, and a picture
that is on its way to the owner as `photo` messages, of which the export tells the size.
"""

from micropython import const

from ..base import cbor, ticks
from ..link.messages import NONE
from ..store.outbox import FACTS, Slot
from . import grants as g
from . import purposes as p

SCHEMA = 1
# Keys of the map.
_SCHEMA_KEY = const(1)
_REQUEST = const(2)
_AT = const(3)
_DUE = const(4)
_DEVICE = const(5)
_EPOCH = const(6)
_SEQ = const(7)
_HEAD = const(8)
_CONSENT = const(9)  # [purpose, state, since, until, interval, precision, retention, recipients, pin]…
_MESSAGES = const(10)  # [purpose, kind, subject, recipient, epoch, age in seconds, id, {fact: value}]…
_COUNTERS = const(11)  # [purpose, released, payload bytes, refused, dropped]…
_PLACES = const(12)  # [purpose, latitude, longitude, age in seconds]…: what the next report is compared with
_SETTINGS = const(13)  # {1 name, 2 ssid, 3 broker, 4 armed, 5 bytes of a picture, 6 permission switches that are on}
_JOURNAL = const(14)  # [age in ms, code, a, b]…: when the owner asked for what is personal, too (policy 1.3.5)

_ROOM = const(340)  # request, device, head, name, network, counts of rows
_GRANT = const(44)
_COUNTER = const(24)
_MESSAGE = const(72)
_ENTRY = const(20)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


def room(core: "Core") -> int:
    """Bytes that an export takes at most."""
    broker = core.ports.secrets.get("broker") or b""
    rows = len(_held(core)) * _MESSAGE + core.journal.count * _ENTRY + p.COUNT * _COUNTER
    return _ROOM + len(broker) + rows + len(_consented(core)) * _GRANT


def _held(core: "Core") -> "list[int]":
    """Rows of the outbox that are in use and the owner's."""
    slot = Slot()
    return [row for row in range(core.profile.slots) if core.outbox.look(row, slot) and slot.subject == p.OWNER]


def _consented(core: "Core") -> "list[int]":
    """Purposes with a row."""
    grants = core.grants
    return [k for k in range(p.COUNT) if any(grants.get(k, column) for column in range(g.KEPT))]


class Inventory:
    """Writes into buf[n:], and moves `n`. Whoever gave the buffer zeroes it."""

    def __init__(self, core: "Core", buf: bytearray, n: int, now: int) -> None:
        self._core = core
        self._now = now
        self.buf = buf
        self.n = n

    def fill(self, request: bytes, due: int) -> None:
        core = self._core
        self._head(cbor.MAP, 14)
        self._pair(_SCHEMA_KEY, SCHEMA)
        self._key(_REQUEST)
        self._bytes(request)
        self._pair(_AT, core.calendar.seconds)
        self._pair(_DUE, due)
        self._key(_DEVICE)
        self._bytes(core.device_id)
        self._pair(_EPOCH, core.epoch)
        self._pair(_SEQ, core.grants.seq)
        self._key(_HEAD)
        self._bytes(core.grants.head)
        self._consent()
        self._messages()
        self._counters()
        self._places()
        self._settings()
        self._journal()

    def _int(self, value: int) -> None:
        self.n = cbor.put_int(self.buf, self.n, value)

    def _key(self, key: int) -> None:
        self._int(key)

    def _pair(self, key: int, value: int) -> None:
        self._int(key)
        self._int(value)

    def _bytes(self, data: "bytes | bytearray") -> None:
        self.n = cbor.put_bytes(self.buf, self.n, data)

    def _head(self, major: int, count: int) -> None:
        self.n = cbor.put_head(self.buf, self.n, major, count)

    def _rows(self, key: int, rows: "list[list[int]]") -> None:
        self._key(key)
        self._head(cbor.ARRAY, len(rows))
        for row in rows:
            self._head(cbor.ARRAY, len(row))
            for value in row:
                self._int(value)

    def _consent(self) -> None:
        grants = self._core.grants
        rows: "list[list[int]]" = []
        for purpose in _consented(self._core):
            row = [purpose]
            row.extend([grants.get(purpose, column) for column in range(g.KEPT)])
            rows.append(row)
        self._rows(_CONSENT, rows)

    def _messages(self) -> None:
        core = self._core
        slot = Slot()
        found = _held(core)
        self._key(_MESSAGES)
        self._head(cbor.ARRAY, len(found))
        for row in found:
            core.outbox.look(row, slot)
            self._head(cbor.ARRAY, 8)
            self._int(slot.purpose)
            self._int(slot.kind)
            self._int(slot.subject)
            self._int(slot.recipient)
            self._int(slot.epoch)
            self._int(ticks.diff(self._now, slot.captured) // 1000)
            self._int(slot.id)
            facts = [k for k in range(FACTS) if slot.facts[k] != NONE]
            self._head(cbor.MAP, len(facts))
            for k in facts:
                self._pair(k, slot.facts[k])
        for k in range(FACTS):
            slot.facts[k] = 0

    def _counters(self) -> None:
        gate = self._core.gate
        rows: "list[list[int]]" = []
        for purpose in range(p.COUNT):
            dropped = self._core.outbox.dropped[purpose]
            row = [purpose, gate.sent[purpose], gate.bytes[purpose], gate.held[purpose], dropped]
            if any(row[1:]) and not self._core.outbox.ridden >> purpose & 1:
                rows.append(row)
        self._rows(_COUNTERS, rows)

    def _places(self) -> None:
        reported = self._core.receiver.reported
        rows: "list[list[int]]" = []
        for k in range(2):
            purpose = p.LOCATION_ALARM if k else p.LOCATION_REPORT
            if reported[3 * k + 2] >= 0 and not self._core.outbox.ridden >> purpose & 1:
                age = ticks.diff(self._now, reported[3 * k + 2]) // 1000
                rows.append([purpose, reported[3 * k], reported[3 * k + 1], age])
        self._rows(_PLACES, rows)

    def _settings(self) -> None:
        core = self._core
        secrets = core.ports.secrets
        broker = secrets.get("broker") or b""
        user = broker.find(b"@")
        if user >= 0:
            broker = broker[user + 1 :]  # the device's own name and password there are keys
        self._key(_SETTINGS)
        self._head(cbor.MAP, 6)
        texts = (secrets.get("name"), secrets.get("wifi_ssid"), broker)
        for k in range(3):
            self._key(1 + k)
            self._bytes(texts[k] or b"")
        self._pair(4, 0 if core.guard is None else 1)
        self._pair(5, core.capture.size if core.capture is not None and core.grants.rider is None else 0)
        self._pair(6, core.grants.switches)

    def _journal(self) -> None:
        journal = self._core.journal
        rows: "list[list[int]]" = []
        for k in range(journal.count if self._core.grants.rider is None else 0):
            age = ticks.diff(self._now, journal.entry(k, 0))
            rows.append([age, journal.entry(k, 1), journal.entry(k, 2), journal.entry(k, 3)])
        self._rows(_JOURNAL, rows)
