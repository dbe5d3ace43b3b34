"""BLE for the owner's phone: a short press opens two minutes in which records and requests are taken over the air.

The phone writes fragments (fragments.py) and is answered with two bytes: what it sent, and the error code (0 done). Refuses to
advertise without a press, and gives the air to an alarm.
"""

from micropython import const

from ..alarm import advert
from ..base import ticks
from ..privacy import purposes as p
from .fragments import RECORD, REQUEST, Fragments

_WINDOW_MS = const(120_000)
_INTERVAL_MS = const(152)
_MAX = const(1025)  # one byte of kind, then a record (cose.MAX)
_UNKNOWN = const(9)  # errors.UNKNOWN
_SHORT = const(1)
_LONG = const(2)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..base.calendar import Calendar
    from ..crypto.mac import Hmac
    from ..privacy.desk import Desk
    from ..privacy.gate import Gate
    from ..wiring import Ports


class Nearby:
    def __init__(self, ports: "Ports", gate: "Gate", calendar: "Calendar", adverts: "Hmac", desk: "Desk") -> None:
        self._ble = ports.ble
        self._button = ports.button
        self._gate = gate
        self._calendar = calendar
        self._adverts = adverts
        self._desk = desk
        self._pieces = Fragments(_MAX)
        self._answer = bytearray(2)
        self._until = -1
        self._now = 0
        if ports.ble is not None:
            ports.ble.on_write = self.on_write

    def on_time(self, now: int) -> None:
        self._now = now
        press = self._button.read(now) if self._button is not None else 0
        if press == _LONG:
            self._desk.withdraw(now)
        if self._ble is None:
            return
        self._ble.poll(now)
        if press == _SHORT:
            self._until = ticks.add(now, _WINDOW_MS)
        if ticks.due(self._until, now):
            self._until = -1
            self._gate.hush(p.CONTROL)
        if self._until >= 0 and self._gate.advertising < 0:
            self._gate.beacon(
                p.CONTROL, advert.payload(self._adverts, advert.CONTROL, self._calendar.seconds), b"", _INTERVAL_MS
            )

    def on_write(self, piece: "Readable", n: int) -> None:
        pieces = self._pieces
        if not pieces.feed(piece, n):
            return
        kind = pieces.buf[0] if pieces.n else 0
        whole = bytes(memoryview(pieces.buf)[1 : pieces.n])
        pieces.clear()
        code = _UNKNOWN
        if kind == RECORD:
            code = self._desk.record(whole, len(whole), self._now)
        elif kind == REQUEST:
            code = self._desk.request(whole, len(whole), self._now)
        self._answer[0] = kind
        self._answer[1] = code
        self._gate.reply(self._answer, 2)

    def deadline(self) -> int:
        return self._until
