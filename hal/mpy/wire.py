"""What umqtt.simple takes for its socket: two bounded buffers. Writing gathers one packet, reading takes one apart.

So umqtt does the MQTT, and nothing of it can wait: a read past what has arrived raises Later, which ends its loop.
Refuses packets longer than its buffer, and topics longer than 128 bytes, before umqtt reserves memory for them.
"""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, Stream

INCOMPLETE = 0
COMPLETE = 1
BROKEN = 2

_TOPIC_MAX = const(128)
_PUBLISH = const(0x30)
_SIZES = {0x20: 2, 0x40: 2, 0x90: 3, 0xD0: 0}  # CONNACK, PUBACK, SUBACK, PINGRESP: all a broker may say else


class Later(Exception):
    """What umqtt waits for has not arrived."""


class Wire:
    def __init__(self, room_in: int, room_out: int) -> None:
        self._in = bytearray(room_in)
        self._have = 0  # bytes of _in that arrived
        self._at = 0  # bytes of them that umqtt has read
        self._out = bytearray(room_out)
        self._fill = 0  # bytes of _out that umqtt wrote
        self._gone = 0  # bytes of them that the stream took
        self._view = memoryview(self._in)

    # What umqtt calls.

    def read(self, n: int) -> bytes:
        if self._at + n > self._have:
            raise Later
        data = bytes(self._view[self._at : self._at + n])
        self._at += n
        return data

    def write(self, data: "bytes | Buffer", n: int = -1) -> None:
        if n < 0:
            n = len(data)
        if self._fill + n > len(self._out):
            raise OSError(7)  # E2BIG, which MicroPython's errno does not name
        self._out[self._fill : self._fill + n] = memoryview(data)[:n]
        self._fill += n

    def setblocking(self, flag: bool) -> None:
        """umqtt calls it before every read."""

    def settimeout(self, seconds: "int | None") -> None:
        """The newer umqtt calls it before it connects."""

    def connect(self, address: object) -> None:
        """The stream has done it."""

    def close(self) -> None:
        """The link closes its stream itself, once the DISCONNECT is out."""

    # What the link calls.

    @property
    def is_idle(self) -> bool:
        """Whatever was written is out."""
        return self._fill == 0

    def free(self) -> int:
        return len(self._out) - self._fill

    def clear(self) -> None:
        """Zeroes what was under way: it may be a withdrawn message."""
        for buf in (self._in, self._out):
            for i in range(len(buf)):
                buf[i] = 0
        self._have = self._at = self._fill = self._gone = 0

    def flush(self, stream: "Stream") -> bool:
        """Hands the stream what it takes now; True when something moved."""
        if self._gone == self._fill:
            return False
        n = stream.write(self._out, self._gone, self._fill)
        self._gone += n
        if self._gone == self._fill:
            for i in range(self._fill):
                self._out[i] = 0
            self._fill = self._gone = 0
        return n > 0

    def pull(self, stream: "Stream") -> int:
        """Bytes that arrived now."""
        if self._have == len(self._in):
            return 0
        n = stream.readinto(self._view[self._have :])
        self._have += n
        return n

    def packet(self) -> int:
        """Whether a whole packet stands at the front (MQTT 3.1.1 §2.2.3), and one that umqtt may be given."""
        size, shift, at = 0, 0, 1
        while True:
            if at >= self._have:
                return INCOMPLETE
            byte = self._in[at]
            size |= (byte & 0x7F) << shift
            at += 1
            if not byte & 0x80:
                break
            shift += 7
            if shift > 21:
                return BROKEN
        end = at + size
        if end > len(self._in) or not self._is_sound(at, size):
            return BROKEN
        return COMPLETE if end <= self._have else INCOMPLETE

    def _is_sound(self, at: int, size: int) -> bool:
        """What umqtt would trust: a PUBLISH's topic length lies within the packet, its QoS is 0 or 1 (§3.3)."""
        kind = self._in[0]
        if kind & 0xF0 != _PUBLISH:
            return kind in _SIZES and size == _SIZES[kind]
        ahead = 2 + (2 if kind & 6 else 0)
        if size < ahead or kind & 6 > 2:
            return False
        if at + 2 > self._have:
            return True  # not here yet
        topic = (self._in[at] << 8) + self._in[at + 1]
        return topic <= _TOPIC_MAX and ahead + topic <= size

    def front(self) -> int:
        """The first byte of the packet: its type in the upper four bits."""
        return self._in[0]

    def consume(self) -> None:
        """Drops what umqtt has read, and zeroes its traces."""
        left = self._have - self._at
        self._in[:left] = self._in[self._at : self._have]
        for i in range(left, self._have):
            self._in[i] = 0
        self._have, self._at = left, 0
