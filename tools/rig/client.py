"""The rig's side of agent/link/console.py: one question, one answer, over any wire.

Law: at most one question is open, since answers carry no number. Frames nobody asked for are logged and dropped. Refuses to
log a value: see log.py.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import cbor2

from agent.base import frame
from agent.base.errors import BUSY
from agent.link import console as c
from tools.rig import journal_text
from tools.rig.log import DeviceLog
from tools.rig.wire import NoAnswer, Refused, Wire, WireGone

ANSWER = 0x80
ANSWER_MS = 3_000
RECORD_MS = 30_000  # the device checks a signature first; an allowance, no chip was measured
HELLO_MS = 1_000  # a board that is still starting is asked again
START_MS = 15_000  # from reset to the first answer
SIGN_MS = 30_000  # for a checkpoint of the ledger: a signature takes a second or two, and consent goes first
_DUMPS = 3  # tries: a line is written a minute after the one that the first piece asks for
_MAX_ANSWER = 1_024
_TAG = 16
_NAMES = {
    c.HELLO: "hello",
    c.AUTH: "auth",
    c.RECORD: "record",
    c.REQUEST: "request",
    c.STATE: "state",
    c.JOURNAL: "journal",
    c.ENROL: "enrol",
    c.RESTART: "restart",
    c.ORDER: "order",
    c.PIECE: "piece",
    c.STANDING: "standing",
    c.DUMP: "dump",
}


@dataclass(frozen=True)
class Hello:
    """`purposes` is the mask this build and board could serve; `enrolled` whether the device is bound to an owner."""

    protocol: int
    board: str
    purposes: int
    nonce: bytes
    enrolled: bool


@dataclass(frozen=True)
class State:
    """`live` purposes and powered `sensors` as masks; `link` is 0 down or 1 + purpose; counters are since the last start."""

    live: int
    sensors: int
    link: int
    waiting: int
    dropped: int
    held: int
    seq: int
    alarm: int
    refused: int = 0  # pieces of the console's line that were no frame


class Standing(NamedTuple):
    """Where the device's chain of consent ends; `key` is its own public key, `receipt` the newest since its start, else b""."""

    key: bytes
    seq: int
    head: bytes
    receipt: bytes


class Entry(NamedTuple):
    tick: int
    code: int
    a: int
    b: int


def encode(body: bytes) -> bytes:
    """One frame as it stands on the wire."""
    wire = bytearray()

    def add(buf: bytearray, n: int) -> None:
        nonlocal wire
        wire += buf[:n]

    encoder = frame.Encoder(add)
    encoder.begin()
    encoder.add(body, len(body))
    encoder.end()
    return bytes(wire)


class Rig:
    def __init__(self, wire: Wire, log: DeviceLog) -> None:
        self.wire = wire
        self.log = log
        self._frames = frame.Deframer(_MAX_ANSWER, self._on_frame, self._on_text)
        self._answers: list[bytes] = []
        self._late = False  # an unanswered question may still be answered

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self._answers.append(bytes(buf[:n]))

    def _on_text(self, buf: bytearray, n: int) -> None:
        self.log.text(bytes(buf[:n]))

    def _take(self, wait_ms: int) -> bool:
        data = self.wire.read(wait_ms)
        self._frames.feed(data, len(data))
        return bool(data)

    def listen(self, ms: int = 0) -> None:
        """Lets time pass and logs what the device prints. Afterwards everything it said is in the log."""
        until = self.wire.now_ms() + ms
        while self._take(max(0, until - self.wire.now_ms())) or self.wire.now_ms() < until:
            pass
        self._frames.feed(b"\0", 1)  # no answer is due, so half a line is text
        for stray in self._answers:
            self.log.mark(f"a frame nobody asked for, {len(stray)} B")
        self._answers.clear()

    def send(self, raw: bytes) -> None:
        """Bytes as they are: noise, half a frame, two frames at once."""
        self.log.mark(f"→ raw, {len(raw)} B")
        self.wire.write(raw)

    def call(self, operation: int, arguments: bytes = b"", timeout_ms: int = ANSWER_MS) -> tuple[int, bytes]:
        """(status, result) of one operation. Raises NoAnswer, or WireGone with what the device said last in the log."""
        if self._late:
            self.listen(100)
            self._late = False
        name = _NAMES.get(operation, f"operation {operation}")
        self.log.mark(f"→ {name}, {len(arguments)} B")
        try:
            self.wire.write(encode(bytes((operation,)) + arguments))
            answer = self._await(operation | ANSWER, timeout_ms)
        except WireGone:
            self._frames.feed(b"\0", 1)
            raise
        if answer is None:
            self._late = True
            self._frames.feed(b"\0", 1)
            self.log.mark(f"no answer to {name} in {timeout_ms} ms")
            raise NoAnswer(f"{self.wire.name} did not answer {name} in {timeout_ms} ms")
        self.log.mark(f"← {name}: {journal_text.error(answer[1])}, {len(answer) - 2} B")
        return answer[1], answer[2:]

    def _await(self, first: int, timeout_ms: int) -> bytes | None:
        until = self.wire.now_ms() + timeout_ms
        while True:
            while self._answers:
                answer = self._answers.pop(0)
                if len(answer) >= 2 and answer[0] == first:
                    return answer
                self.log.mark(f"a frame nobody asked for, {len(answer)} B")
            left = until - self.wire.now_ms()
            if left <= 0:
                return None
            self._take(left)

    def _result(
        self, operation: int, arguments: bytes = b""
    ) -> Any:  # Any: what the device's CBOR holds is checked by the caller
        status, result = self.call(operation, arguments)
        if status:
            raise Refused(_NAMES[operation], status, journal_text.error(status))
        return cbor2.loads(result)

    def hello(self, timeout_ms: int = START_MS) -> Hello:
        """Starts the conversation anew, unauthenticated. A device that is still starting is asked again."""
        until = self.wire.now_ms() + timeout_ms
        while True:
            try:
                said = cast(dict[int, Any], self._loads_hello(min(HELLO_MS, timeout_ms)))
                return Hello(said[1], said[2].decode(), said[3], said[4], said[5])
            except NoAnswer:
                if self.wire.now_ms() >= until:
                    raise

    def _loads_hello(self, timeout_ms: int) -> Any:  # Any: as in _result
        status, result = self.call(c.HELLO, timeout_ms=timeout_ms)
        if status:
            raise Refused("hello", status, journal_text.error(status))
        return cbor2.loads(result)

    def auth(self, key: bytes, nonce: bytes) -> int:
        """Proves knowledge of the console key for the nonce of the last hello; 0 or an error code."""
        return self.call(c.AUTH, hmac.digest(key, b"rig" + nonce, "sha256")[:_TAG])[0]

    def record(self, record: bytes) -> int:
        """Delivers a consent record; 0 or an error code of agent/base/errors.py."""
        return self.call(c.RECORD, record, RECORD_MS)[0]

    def request(self, request: bytes) -> int:
        return self.call(c.REQUEST, request)[0]

    def state(self) -> State:
        numbers = cast(dict[int, int], self._result(c.STATE))
        return State(*(numbers.get(key, 0) for key in range(1, 10)))

    def standing(self) -> Standing:
        told = cast(dict[int, Any], self._result(c.STANDING))
        return Standing(told[1], told[2], told[3], told[4])

    def journal(self) -> tuple[int, list[Entry]]:
        """(entries lost, entries kept, oldest first). The device answers in pages."""
        entries: list[Entry] = []
        while True:
            page = cast(Sequence[Any], self._result(c.JOURNAL, bytes((len(entries),))))
            entries += (Entry(*row) for row in page[1:])
            if len(page) == 1 or len(entries) > 255:
                return page[0], entries

    def order(self, order: bytes) -> tuple[int, int, bytes]:
        """Delivers an order about what the device holds: (0 or an error code, and the chain's last number and head)."""
        status, result = self.call(c.ORDER, order)
        seq, head = cast(tuple[int, bytes], cbor2.loads(result)) if result else (0, b"")
        return status, seq, head

    def piece(self, index: int) -> tuple[int, int, bytes]:
        """(0 or an error code, pieces there are, this piece) of the answer to the last order."""
        status, result = self.call(c.PIECE, bytes((index,)))
        pieces, data = cast(tuple[int, bytes], cbor2.loads(result)) if result else (0, b"")
        return status, pieces, data

    def dump(self) -> bytes:
        """The raw `events` region, whole and signed to its end. A line that the device writes meanwhile begins it anew."""
        for _ in range(_DUMPS):
            pieces, turn, data = self._first()
            region = bytearray(data)
            for index in range(1, pieces):
                _, now, data = cast(tuple[int, int, bytes], self._result(c.DUMP, index.to_bytes(2, "big")))
                if now != turn:
                    break
                region += data
            else:
                return bytes(region)
        raise NoAnswer(f"{self.wire.name} writes its ledger faster than it can be read")

    def _first(self) -> tuple[int, int, bytes]:
        until = self.wire.now_ms() + SIGN_MS
        while True:
            try:
                return cast(tuple[int, int, bytes], self._result(c.DUMP, bytes(2)))
            except Refused as refused:
                if refused.code != BUSY or self.wire.now_ms() >= until:
                    raise
            self.listen(100)

    def enrol(self, name: str, value: bytes) -> int:
        """Writes one secret of a device that is not bound yet; it counts from the next start on."""
        return self.call(c.ENROL, name.encode() + b"\0" + value)[0]

    def restart(self) -> Hello:
        """Asks for a restart and waits until the device is back."""
        self.log.expect_reset()
        status, _ = self.call(c.RESTART)
        if status:
            raise Refused("restart", status, journal_text.error(status))
        return self._back()

    def reset(self) -> Hello:
        """Restarts a device that does not listen, by what the wire offers."""
        self.log.expect_reset()
        self.wire.reset()
        return self._back()

    def _back(self) -> Hello:
        """The first hello after a restart. A port that stays is kept, with all the board prints; one that is the board's own
        vanishes meanwhile, sooner or later, and is opened again."""
        until = self.wire.now_ms() + START_MS
        self._late = True
        while True:
            try:
                return self.hello(max(HELLO_MS, until - self.wire.now_ms()))
            except WireGone:
                if self.wire.now_ms() >= until:
                    raise
                self.wire.reopen()

    def close(self) -> None:
        self.wire.close()
