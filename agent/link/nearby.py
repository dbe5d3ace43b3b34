"""BLE for the owner's phone: a short press opens two minutes in which records and requests are taken over the air.

The phone writes fragments (fragments.py) and is answered with two bytes: what it sent, and the error code (0 done). Refuses to
advertise without a press, and gives the air to an alarm.
"""

from micropython import const

from ..base import ticks
from ..base.errors import UNKNOWN
from ..privacy import purposes as p
from .fragments import RECORD, REQUEST, Fragments

_WINDOW_MS = const(120_000)
_INTERVAL_MS = const(152)
_MAX = const(1025)  # one byte of kind, then a record (cose.MAX)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Ble, Readable

    from ..core import Core


class Nearby:
    """Loaded at the first press, for as long as the window is open. Another press keeps it open, whatever is under way."""

    def __init__(self, core: "Core", ble: "Ble") -> None:
        self._core = core
        self._ble = ble
        self._pieces = Fragments(_MAX)
        self._answer = bytearray(2)
        self._now = core.now
        self._deaf = ble.on_write
        self.until = -1
        ble.on_write = self.on_write

    def stay(self, now: int) -> None:
        self.until = ticks.add(now, _WINDOW_MS)

    def on_time(self, now: int) -> None:
        self._now = now
        self._ble.poll(now)
        gate = self._core.gate
        if ticks.due(self.until, now):
            self._ble.on_write = self._deaf  # an alarm may keep the connection: nobody listens to it
            self._pieces.clear()
            gate.hush(p.CONTROL)
        elif gate.advertising < 0:
            gate.beacon(p.CONTROL, self._core.advert(b"control"), b"", _INTERVAL_MS)

    def over(self, now: int) -> bool:
        return ticks.due(self.until, now)

    def on_write(self, piece: "Readable", n: int) -> None:
        pieces = self._pieces
        if not pieces.feed(piece, n):
            return
        kind = pieces.buf[0] if pieces.n else 0
        whole = bytes(memoryview(pieces.buf)[1 : pieces.n])
        pieces.clear()
        if kind == RECORD:
            self._core.record(whole, len(whole), self._now, self._on_record)
        elif kind == REQUEST:
            self._reply(REQUEST, self._core.request(whole, len(whole), self._now))
        else:
            self._reply(kind, UNKNOWN)

    def _on_record(self, code: int) -> None:
        """A signature takes many ticks: the answer comes when it is decided."""
        self._reply(RECORD, code)

    def _reply(self, kind: int, code: int) -> None:
        self._answer[0] = kind
        self._answer[1] = code
        self._core.gate.reply(self._answer, 2)
