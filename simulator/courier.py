"""The phone's BLE side: carries records and requests to a device whose button was pressed, in fragments, one at a time.

Waits for the `control` advert, connects, writes, waits for the two-byte answer (what it was, error code). Refuses to connect to
any other advert, and gives an answer three seconds.
"""

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from agent.base.errors import BUSY
from agent.link.fragments import RECORD, REQUEST
from simulator.engine import Engine
from simulator.radio import MAX_WRITE, Air

ANSWER_MS = 3_000
_CONNECT_MS = 240
_WRITE_MS = 30
_BUSY_MS = 500  # another record's signature is being checked
LAST = 0x80
NAMES = {RECORD: "record", REQUEST: "request"}

Done = Callable[[int, int, bytes], object]
"""(RECORD or REQUEST, error code or -1 when nothing answered, what was sent)"""


class Parcel(NamedTuple):
    """`make` is called when it is written: what waited long may have to be signed anew."""

    kind: int
    make: Callable[[], bytes]


class Courier:
    def __init__(self, engine: Engine, air: Air, done: Done) -> None:
        self.waiting: deque[Parcel] = deque()
        self._engine = engine
        self._air = air
        self._done = done
        self._try = 0  # numbers the parcel under way, so that an old timer finds nothing
        self._busy = False
        self._body = b""

    def send(self, kind: int, make: Callable[[], bytes]) -> None:
        """Queues one; it goes when the device can be reached."""
        self.waiting.append(Parcel(kind, make))

    def reach(self) -> None:
        """The advert was seen: whoever waits may go."""
        if self._busy or not self.waiting:
            return
        self._busy = True
        self._engine.after(_CONNECT_MS, self._connect)

    def _connect(self) -> None:
        if not self._air.connect():
            self._busy = False
            return
        self._engine.after(_CONNECT_MS, self._write)

    def _write(self) -> None:
        self._try += 1
        number = self._try
        self._body = self.waiting[0].make()
        pieces = fragments(self.waiting[0].kind, self._body)
        for k, piece in enumerate(pieces):
            self._engine.after(k * _WRITE_MS, lambda piece=piece: self._air.write(piece))
        self._engine.after(len(pieces) * _WRITE_MS + ANSWER_MS, lambda: self._give_up(number))

    def on_answer(self, data: bytes) -> None:
        if not self._busy or len(data) != 2 or data[0] != self.waiting[0].kind:
            return
        self._try += 1
        if data[1] == BUSY:
            self._engine.after(_BUSY_MS, self._write)
            return
        body = self._body
        self.waiting.popleft()
        if self.waiting:
            self._engine.after(_WRITE_MS, self._write)
        else:
            self._leave()
        self._done(data[0], data[1], body)

    def _give_up(self, number: int) -> None:
        if number == self._try and self._busy:
            kind = self.waiting.popleft().kind
            self._leave()
            self._done(kind, -1, self._body)

    def on_disconnect(self) -> None:
        self._busy = False

    def _leave(self) -> None:
        self._busy = False
        self._air.disconnect()


def fragments(kind: int, body: bytes) -> list[bytes]:
    """One byte of head each, then data (agent/link/fragments.py)."""
    whole = bytes((kind,)) + body
    size = MAX_WRITE - 1
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    last = len(pieces) - 1
    return [bytes((k | (LAST if k == last else 0),)) + piece for k, piece in enumerate(pieces)]
