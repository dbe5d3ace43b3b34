"""The claims of a consent record (CWT, RFC 8392; security.md §3): read and range-checked, nothing applied.

Refuses: a missing or unknown claim, a number outside its range, a purpose named twice, more purposes than exist.
"""

from array import array

from micropython import const

from ..base.cbor import ARRAY, BYTES, MAP, TEXT
from ..base.errors import OUT_OF_RANGE, UNKNOWN, RemoteError
from ..base.reader import Reader
from . import grants as g
from . import purposes as p

EPOCH_2020 = 1_577_836_800  # Unix seconds at 2020-01-01T00:00:00Z: CWT dates are Unix, ours are not
_LATEST = const((1 << 30) - 1)  # 2054
_MAX_SEQ = const((1 << 30) - 1)
_ID = const(16)
_KID = const(8)
_MAX_LANG = const(12)
_MAX_PLACE = const(8)
_MAX_METHOD = const(7)
_MAX_DATA_BITS = const(0xFFFF)
_MAX_PRECISION = const(2)  # precise, street, district
_MAX_INTERVAL_S = const(86_400)
_SCHEMA = const(1)
_MAX_VERSION = const(99_999_999)  # a notice version is its effective date, yyyymmdd
_KEYS = (1, 2, 3, 4, 5, 6, 7, -65537, -65538, -65539, -65540, -65541, -65542, -65543, -65544)

# Columns of one parsed line.
PURPOSE = 0
STATE = 1
INTERVAL = 2
PRECISION = 3
RETENTION = 4
RECIPIENTS = 5
WIDTH = 6


class Claims:
    """One record's claims as attributes; `lines[k * WIDTH + column]` holds the k-th purpose, for k < `count`."""

    def __init__(self) -> None:
        self.lines = array("i", bytes(4 * WIDTH * p.COUNT))
        self.count = 0
        self.issuer = self.subject = self.audience = self.id = self.prev = b""
        self.until = self.not_before = self.issued = self.seq = 0
        self.notice = self.notice_version = 0
        self.guardian = False

    def read(self, reader: Reader) -> None:
        if reader.items(MAP) != len(_KEYS):
            raise RemoteError(UNKNOWN)
        last = None
        for expected in _KEYS:
            last = reader.key(last)
            if last != expected:
                raise RemoteError(UNKNOWN)
            self._claim(last, reader)
        reader.end()

    def _claim(self, key: int, reader: Reader) -> None:
        if key == 1:
            self.issuer = reader.blob(_KID)
        elif key == 2:
            self.subject = reader.blob(_KID)
        elif key == 3:
            self.audience = reader.blob(_ID)
        elif key == 4:
            self.until = _date(reader)
        elif key == 5:
            self.not_before = _date(reader)
        elif key == 6:
            self.issued = _date(reader)
        elif key == 7:
            self.id = reader.blob(_ID)
        elif key == -65537:
            if reader.uint(_SCHEMA) != _SCHEMA:
                raise RemoteError(UNKNOWN)
        elif key == -65538:
            self.seq = reader.uint(_MAX_SEQ)
        elif key == -65539:
            self.prev = reader.blob(_ID)
        elif key == -65540:
            self._notice(reader)
        elif key == -65541:
            self._lines(reader)
        elif key == -65542:
            reader.span(TEXT, _MAX_PLACE)
        elif key == -65543:
            reader.uint(_MAX_METHOD)
        else:
            self.guardian = reader.flag()

    def _notice(self, reader: Reader) -> None:
        if reader.items(ARRAY) != 4:
            raise RemoteError(UNKNOWN)
        self.notice = reader.uint(0xFFFF)
        self.notice_version = reader.uint(_MAX_VERSION)
        reader.span(TEXT, _MAX_LANG)
        if reader.span(BYTES, 32) != 32:
            raise RemoteError(OUT_OF_RANGE)

    def _lines(self, reader: Reader) -> None:
        count = reader.items(ARRAY)
        if not 1 <= count <= p.COUNT:
            raise RemoteError(OUT_OF_RANGE)
        seen = 0
        for k in range(count):
            if reader.items(ARRAY) != 4:
                raise RemoteError(UNKNOWN)
            at = k * WIDTH
            purpose = reader.uint(p.COUNT - 1)
            if seen >> purpose & 1:
                raise RemoteError(OUT_OF_RANGE)
            seen |= 1 << purpose
            self.lines[at] = purpose
            self.lines[at + STATE] = reader.uint(g.RENEWED)
            reader.uint(
                _MAX_DATA_BITS
            )  # data bits: every item of the purpose in this slice; read so that the form is right
            self._terms(reader, at)
        self.count = count

    def _terms(self, reader: Reader, at: int) -> None:
        if reader.items(MAP) != 4:
            raise RemoteError(UNKNOWN)
        last = None
        for key in (1, 2, 3, 4):
            last = reader.key(last)
            if last != key:
                raise RemoteError(UNKNOWN)
            limit = (_MAX_INTERVAL_S, _MAX_PRECISION, _LATEST, p.RECIPIENTS)[key - 1]
            self.lines[at + 1 + key] = reader.uint(limit)


def _date(reader: Reader) -> int:
    """A CWT NumericDate (whole Unix seconds) as seconds since 2020."""
    value = reader.integer() - EPOCH_2020
    if not 0 <= value <= _LATEST:
        raise RemoteError(OUT_OF_RANGE)
    return value
