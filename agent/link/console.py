"""The rig's console: framed questions on a serial line, answered with numbers. Present only on boards that enable it.

Body of a frame: operation, then its arguments; the answer repeats the operation with bit 7 set, then one status byte (0 or an
error code), then the result. Everything but `hello` and `auth` is refused until the rig has proved that it knows this
device's console key: tag = HMAC(key, "rig" | nonce), first 16 bytes. `hello` and ten silent minutes close the console again.
No answer holds a personal datum but the pieces of an export, which the owner ordered with the owner's key, and of the egress
ledger, which says how often something left. Refuses to be held up: a tick takes a bounded number of bytes, answers are never answered.
"""

from micropython import const

from ..base import cbor, frame, ticks
from ..base import journal as j
from ..base.errors import BUSY, NOT_GRANTED, OUT_OF_RANGE, UNKNOWN
from ..crypto.mac import Hmac, equal
from ..privacy import purposes as p
from ..privacy import table as t
from ..store.anchor import Anchor

PROTOCOL = 1
HELLO = 1
AUTH = 2
RECORD = 3
REQUEST = 4
STATE = 5
JOURNAL = 6
ENROL = 7
RESTART = 8
ORDER = 9
PIECE = 10
STANDING = 11
DUMP = 12

_MAX_IN = const(1100)  # a record, its operation and the checksum
_MAX_OUT = const(320)
_NONCE = const(16)
_TAG = const(16)
_SEED = const(32)  # of the device's key; its public half follows
_ANSWER = const(0x80)
_PIECE = const(256)  # of an export, a certificate or the egress ledger, in one answer
_INDEX = const(2)  # bytes of a piece's number
_ROWS = const(12)  # journal entries in one answer
_READS = const(20)  # of 64 bytes in one tick: a rig that never stops cannot hold up the alarm
_SILENCE_MS = const(600_000)  # an authenticated rig that says nothing for so long has gone
SECRETS = (
    b"device_id",
    b"pairing_key",
    b"epoch",
    b"console_key",
    b"owner_seal",
    b"minor",
    b"wifi_ssid",
    b"wifi_pass",
    b"broker",
    b"ca",
    b"owner_key",
    b"region",
)
LENGTHS = (
    16,
    32,
    4,
    32,
    32,
    1,
    32,
    64,
    512,
    1024,
    80,
    8,
)  # the longest value of each (IEEE 802.11: SSID 32, passphrase or PSK 64)
_KEYS = const(6)  # the first six have exactly their length: a shorter key would not start the agent

_TYPING = const(False)
if _TYPING:
    from hal.ports import Console as Port

    from ..core import Core


class Console:
    def __init__(self, core: "Core", port: "Port") -> None:
        self._core = core
        self._port = port
        self._key = core.ports.secrets.get("console_key")
        self._name = core.profile.name.encode()
        self._in = bytearray(64)
        self._frames = frame.Deframer(_MAX_IN, self.on_frame)
        self._body = bytearray(_MAX_OUT)
        self._out = frame.Encoder(core.gate.answer)
        self._nonce = bytearray(_NONCE)
        self._draw()
        self._free = self._key is None and not core.grants.bound  # never enrolled: there is nothing to protect yet
        self._heard = core.now
        self.open = self._free

    def _draw(self) -> None:
        """A nonce nobody has seen: each is good for one try, and none is predictable, not even at power-on."""
        self._core.ports.entropy.fill(0, self._nonce)

    def on_time(self, now: int) -> None:
        for _ in range(_READS):
            if self._core.restart:
                return  # what comes now is for the next start
            n = self._port.readinto(self._in)
            if n == 0:
                return
            self._frames.feed(self._in, n)

    def feed(self, buf: bytearray, n: int) -> None:
        """Bytes that were read before this room was loaded."""
        self._frames.feed(buf, n)

    def over(self, now: int) -> bool:
        """Whether the rig has been silent for ten minutes: this object, and with it the proof it took, is forgotten."""
        return ticks.diff(now, self._heard) >= _SILENCE_MS

    def on_frame(self, buf: bytearray, n: int) -> None:
        """One whole body. An empty one is ignored, and so is an answer: a line that echoes must not talk to itself."""
        if n == 0 or buf[0] & _ANSWER:
            return
        operation = buf[0]
        body = self._body
        self._heard = self._core.now
        body[0] = operation | _ANSWER
        if operation == HELLO:
            status, end = 0, self._hello()
        elif operation == AUTH:
            status, end = self._auth(buf, n), 2
        elif not self.open:
            status, end = NOT_GRANTED, 2
        else:
            try:
                if operation == RECORD:  # answered when it is decided: a signature takes many ticks
                    self._core.record(bytes(buf[1:n]), n - 1, self._core.now, self._on_record)
                    return
                status, end = self._do(operation, buf, n)
            except OSError:  # flash failed; the rig learns of it, whoever asked
                self._core.journal.note(self._core.now, j.FAULT, j.SECRETS, operation)
                status, end = BUSY, 2
        self._say(status, end)

    def _on_record(self, code: int) -> None:
        self._body[0] = RECORD | _ANSWER
        self._say(code, 2)

    def _say(self, status: int, end: int) -> None:
        self._body[1] = status
        if self._core.gate.answers(end):
            self._out.begin()
            self._out.add(self._body, end)
            self._out.end()

    def _hello(self) -> int:
        """{1: protocol, 2: board, 3: purposes of this build, 4: nonce, 5: enrolled}; a conversation starts here, closed."""
        core = self._core
        self.open = self._free
        self._draw()
        body = self._body
        i = cbor.put_head(body, 2, cbor.MAP, 5)
        i = cbor.put_pair(body, i, 1, PROTOCOL)
        i = cbor.put_bytes(body, cbor.put_int(body, i, 2), self._name)
        i = cbor.put_pair(body, i, 3, _usable(core))
        i = cbor.put_bytes(body, cbor.put_int(body, i, 4), self._nonce)
        return cbor.put_bool(body, cbor.put_int(body, i, 5), core.grants.bound)

    def _auth(self, buf: bytearray, n: int) -> int:
        if self._key is None:
            return 0 if self._free else NOT_GRANTED
        good = equal(Hmac(self._key).tag(b"rig", self._nonce)[:_TAG], buf[1:n])
        self._draw()
        self.open = good
        self._core.journal.note(self._core.now, j.CONSOLE, 1 if good else 2)
        return 0 if good else NOT_GRANTED

    def _do(self, operation: int, buf: bytearray, n: int) -> "tuple[int, int]":
        core = self._core
        if operation == REQUEST:
            return core.request(bytes(buf[1:n]), n - 1, core.now), 2
        if operation == ORDER:
            return self._order(bytes(buf[1:n]))
        if operation == PIECE:
            return self._piece(buf[1] if n > 1 else 0)
        if operation == STATE:
            return 0, self._state()
        if operation == JOURNAL:
            return 0, self._journal(buf[1] if n > 1 else 0)
        if operation == STANDING:
            return 0, self._standing()
        if operation == DUMP:
            return self._dump(bytes(buf[1:n]))
        if operation == ENROL:
            return self._enrol(bytes(buf[1:n])), 2
        if operation == RESTART:
            core.restart = True
            return 0, 2
        return UNKNOWN, 2

    def _state(self) -> int:
        """{1: live purposes, 2: sensors powered, 3: link mode + 1, 4: waiting, 5: dropped, 6: held, 7: consent seq, 8: alarm,
        9: pieces of this line that were no frame}"""
        core = self._core
        values = (
            core.grants.live(core.calendar.seconds),
            _sensors(core),
            core.uplink.mode + 1 if core.uplink.up else 0,
            core.outbox.waiting,
            sum(core.outbox.dropped),
            sum(core.gate.held),
            core.grants.seq,
            core.guard.alarm.state if core.guard is not None else 0,
            self._frames.refused,
        )
        i = cbor.put_head(self._body, 2, cbor.MAP, len(values))
        for k in range(len(values)):
            i = cbor.put_pair(self._body, i, k + 1, values[k])
        return i

    def _standing(self) -> int:
        """{1: the device's public key, 2: consent seq, 3: consent head, 4: the newest receipt since the start, empty without one}"""
        core = self._core
        body = self._body
        key = core.ports.secrets.get("device_key") or b""
        i = cbor.put_head(body, 2, cbor.MAP, 4)
        i = cbor.put_bytes(body, cbor.put_int(body, i, 1), key[_SEED:])
        i = cbor.put_pair(body, i, 2, core.grants.seq)
        i = cbor.put_bytes(body, cbor.put_int(body, i, 3), core.grants.head)
        return cbor.put_bytes(body, cbor.put_int(body, i, 4), core.receipt[: core.receipt_size])

    def _journal(self, start: int) -> int:
        """[lost, [tick, code, a, b]…]: entries from `start` on, oldest first."""
        journal = self._core.journal
        count = max(0, min(_ROWS, journal.count - start))
        i = cbor.put_head(self._body, 2, cbor.ARRAY, count + 1)
        i = cbor.put_int(self._body, i, journal.lost)
        for row in range(start, start + count):
            i = cbor.put_head(self._body, i, cbor.ARRAY, 4)
            for word in range(4):
                i = cbor.put_int(self._body, i, journal.entry(row, word))
        return i

    def _order(self, order: bytes) -> "tuple[int, int]":
        """[number, head]: where the chain ends now, so that the next order can be signed; nothing asks for that alone."""
        core = self._core
        code = core.order(order, len(order), core.now, True) if order else 0
        i = cbor.put_int(self._body, cbor.put_head(self._body, 2, cbor.ARRAY, 2), core.grants.seq)
        return code, cbor.put_bytes(self._body, i, core.grants.head)

    def _piece(self, index: int) -> "tuple[int, int]":
        """[pieces, bytes] of the answer to the last order. BUSY while it is being made, NOT_GRANTED when there is none."""
        core = self._core
        rights = core.rights
        if rights is None or not rights.cable or not core.gate.allows(p.CONTROL):
            return NOT_GRANTED, 2
        if rights.refusal:
            return rights.refusal, 2
        size, pieces = rights.piece(index, _PIECE)
        if size == 0:
            return BUSY if pieces == 0 else OUT_OF_RANGE, 2
        i = cbor.put_int(self._body, cbor.put_head(self._body, 2, cbor.ARRAY, 2), pieces)
        i = cbor.put_head(self._body, i, cbor.BYTES, size)
        rights.copy(index * _PIECE, size, self._body, i)
        if index == pieces - 1:
            rights.taken()
        return 0, i + size

    def _dump(self, index: bytes) -> "tuple[int, int]":
        """[pieces, turn, bytes] of the `events` region. The first is BUSY until a line and a checkpoint close what came before; a
        piece of another turn than the first one's does not belong to it."""
        core = self._core
        clerk = core.clerk
        if clerk is None or core.ports.events is None or not core.grants.bound:
            return NOT_GRANTED, 2
        if len(index) != _INDEX:
            return OUT_OF_RANGE, 2
        at = (index[0] << 8 | index[1]) * _PIECE
        size = core.ports.events.size
        if at >= size:
            return OUT_OF_RANGE, 2
        if at == 0 and not clerk.settled():
            return BUSY, 2
        i = cbor.put_int(self._body, cbor.put_head(self._body, 2, cbor.ARRAY, 3), size // _PIECE)
        i = cbor.put_head(self._body, cbor.put_int(self._body, i, clerk.turns), cbor.BYTES, _PIECE)
        core.ports.events.read(at, memoryview(self._body)[i : i + _PIECE])
        return 0, i + _PIECE

    def _enrol(self, data: bytes) -> int:
        """name | 00 | value: writes one secret, while the device is not bound. It takes effect at the next start."""
        split = data.find(b"\x00")
        name = data[:split]
        if self._core.grants.bound:
            return NOT_GRANTED
        if self._core.ports.secrets.get("erasing") is not None:
            return BUSY  # a former owner's data is not all gone: the next start goes on, and only then is there a next owner
        if split < 0 or name not in SECRETS:
            return OUT_OF_RANGE
        k = SECRETS.index(name)
        size = len(data) - split - 1
        if size > LENGTHS[k] or (k < _KEYS and size != LENGTHS[k]):
            return OUT_OF_RANGE
        if name == b"epoch" and data[split + 1 :] < (self._core.ports.secrets.get("epoch") or b""):
            return OUT_OF_RANGE  # a former owner's records would count again
        if name == b"pairing_key":
            if self._core.ports.anchor is not None:
                Anchor(self._core.ports.anchor).part()
            for stale in ("consent", "device_key"):  # a former owner's: under this key they would count as damaged
                self._core.ports.secrets.drop(stale)
        self._core.ports.secrets.put(name.decode(), data[split + 1 :])
        return 0


def _usable(core: "Core") -> int:
    """Mask of the purposes that this build and this board could serve if they were granted."""
    mask = 0
    for purpose in range(p.COUNT):
        if p.ACTIVE >> purpose & 1 and not t.fact(purpose, t.SENSOR) & ~core.grants.parts:
            mask |= 1 << purpose
    return mask


def _sensors(core: "Core") -> int:
    """Mask of the sensors that have power now."""
    capture = core.capture
    return (p.GNSS if core.receiver.on else 0) | (p.CAMERA if capture is not None and capture.on else 0)
