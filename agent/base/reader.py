"""A bounded reader of deterministic CBOR (RFC 8949 §4.2.1). Loaded when the owner speaks, dropped after.

Refuses what the writer would not have written: longer encodings than needed, indefinite lengths, floats, map keys out of
order. It never descends by itself: how deep an input may nest is what its caller asks for, so no input decides it.
Nothing here copies but `blob`: byte strings are reported as a span of the buffer that was given.
"""

from micropython import const

from .cbor import BYTES, NINT, SIMPLE, TAG, TEXT, UINT
from .errors import (
    NOT_SHORTEST,
    OUT_OF_RANGE,
    TOO_LONG,
    TRAILING,
    TRUNCATED,
    UNSORTED,
    WRONG_TYPE,
    RemoteError,
)

_FALSE = const(20)
_TRUE = const(21)
_MAX_ITEMS = const(256)  # in one array or map

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Reader:
    """A cursor over buf[start:stop]. Every method raises RemoteError on input a deterministic writer would not write."""

    def __init__(self, buf: "Readable", start: int, stop: int) -> None:
        self._buf = buf
        self._stop = stop
        self.at = start
        self.value = 0  # argument of the last head
        self.start = 0  # span of the last byte or text string
        self.stop = 0

    def head(self) -> int:
        """Reads one head; returns its major type and leaves its argument in `value`."""
        if self.at >= self._stop:
            raise RemoteError(TRUNCATED)
        first = self._buf[self.at]
        info = first & 31
        size = 0 if info < 24 else 1 << (info - 24) if info < 28 else 99
        if size == 99:
            raise RemoteError(WRONG_TYPE)  # indefinite or reserved
        if self.at + 1 + size > self._stop:
            raise RemoteError(TRUNCATED)
        value = info if size == 0 else 0
        for k in range(size):
            value = value << 8 | self._buf[self.at + 1 + k]
        if size and value < (24 if size == 1 else 1 << (4 * size)):
            raise RemoteError(NOT_SHORTEST)
        self.at += 1 + size
        self.value = value
        return first >> 5

    def _expect(self, major: int) -> int:
        if self.head() != major:
            raise RemoteError(WRONG_TYPE)
        return self.value

    def integer(self) -> int:
        major = self.head()
        if major > NINT:
            raise RemoteError(WRONG_TYPE)
        return self.value if major == UINT else -1 - self.value

    def uint(self, limit: int) -> int:
        """An unsigned integer not above `limit`."""
        if self._expect(UINT) > limit:
            raise RemoteError(OUT_OF_RANGE)
        return self.value

    def tag(self) -> int:
        return self._expect(TAG)

    def items(self, major: int) -> int:
        """Number of entries of an ARRAY or MAP."""
        if self._expect(major) > _MAX_ITEMS:
            raise RemoteError(TOO_LONG)
        return self.value

    def span(self, major: int, limit: int) -> int:
        """Consumes a BYTES or TEXT item of at most `limit` bytes; its place is in `start` and `stop`."""
        size = self._expect(major)
        if size > limit:
            raise RemoteError(TOO_LONG)
        if self.at + size > self._stop:
            raise RemoteError(TRUNCATED)
        self.start = self.at
        self.at = self.stop = self.at + size
        return size

    def blob(self, limit: int) -> bytes:
        """A copy of the next byte string: for short values such as ids."""
        self.span(BYTES, limit)
        return bytes(self._buf[self.start : self.stop])

    def text(self, limit: int) -> bytes:
        """A copy of the next text string's bytes, as short."""
        self.span(TEXT, limit)
        return bytes(self._buf[self.start : self.stop])

    def flag(self) -> bool:
        value = self._expect(SIMPLE)
        if value not in (_FALSE, _TRUE):
            raise RemoteError(WRONG_TYPE)
        return value == _TRUE

    def key(self, last: "int | None") -> int:
        """The next integer map key, which must come after `last` in bytewise order: 0, 1, … then -1, -2, …"""
        key = self.integer()
        if last is not None and (key < 0, abs(key)) <= (last < 0, abs(last)):
            raise RemoteError(UNSORTED)
        return key

    def end(self) -> None:
        if self.at != self._stop:
            raise RemoteError(TRAILING)
