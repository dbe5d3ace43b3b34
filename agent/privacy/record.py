"""The claims of a consent record (CWT, RFC 8392; security.md §3): read and range-checked, nothing applied.

Refuses: a missing or unknown claim, a number outside its range, a purpose named twice, more purposes than exist.
"""

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
_MAX_VERSION = const(99_999_999)  # a policy version is its effective date, yyyymmdd
_KEYS = (1, 2, 3, 4, 5, 6, 7, -65537, -65538, -65539, -65540, -65541, -65542, -65543, -65544, -65546, -65547)
_NEEDED = const(15)  # of these; the last two, permission switches and rider, may be absent
_MAX_RIDER = const(76)  # a COSE_Key (crypto/keys.py), and a mark before it


class Claims:
    """One record's claims as attributes. Its lines are read one after the other: `rewind`, then `count` times `step`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._lines_at = 0
        self.count = 0
        self.issuer = self.audience = self.prev = self.place = b""
        self.until = self.not_before = self.issued = self.seq = 0
        self.policy = self.policy_version = 0
        self.switches = -1  # unchanged
        self.notice = self.policy_hash = b""
        self.guardian = False
        self.rider: "bytes | None" = None  # whom the device is lent to; empty: given back
        self.purpose = self.state = self.interval = self.precision = self.retention = self.recipients = 0
        count = reader.items(MAP)
        if not _NEEDED <= count <= len(_KEYS):
            raise RemoteError(UNKNOWN)
        last = None
        k = 0
        for _ in range(count):
            last = reader.key(last)
            while k >= _NEEDED and k < len(_KEYS) - 1 and last != _KEYS[k]:
                k += 1
            if k == len(_KEYS) or last != _KEYS[k]:
                raise RemoteError(UNKNOWN)
            k += 1
            self._claim(last, reader)
        reader.end()

    def rewind(self) -> None:
        self._reader.at = self._lines_at

    def step(self) -> None:
        """Reads the next line: [purpose, state, data bits, {1: interval, 2: precision, 3: retention, 4: recipients}]."""
        reader = self._reader
        if reader.items(ARRAY) != 4:
            raise RemoteError(UNKNOWN)
        self.purpose = reader.uint(p.COUNT - 1)
        self.state = reader.uint(g.RENEWED)
        reader.uint(_MAX_DATA_BITS)  # every item of the purpose in this slice; read so that the form is right
        if reader.items(MAP) != 4:
            raise RemoteError(UNKNOWN)
        self.interval = _term(reader, 1, _MAX_INTERVAL_S)
        self.precision = _term(reader, 2, _MAX_PRECISION)
        self.retention = _term(reader, 3, _LATEST)
        self.recipients = _term(reader, 4, p.RECIPIENTS)

    def refuses(self) -> bool:
        """Whether the line last read says no."""
        return self.state != g.GIVEN and self.state != g.RENEWED

    def _claim(self, key: int, reader: Reader) -> None:
        if key == 1:
            self.issuer = reader.blob(_KID)
        elif key == 2:
            reader.span(BYTES, _KID)  # the subject's pseudonym: the owner's own, kept by the phone
        elif key == 3:
            self.audience = reader.blob(_ID)
        elif key == 4:
            self.until = _date(reader)
        elif key == 5:
            self.not_before = _date(reader)
        elif key == 6:
            self.issued = _date(reader)
        elif key == 7:
            reader.span(BYTES, _ID)  # record id
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
            self.place = reader.text(_MAX_PLACE)
        elif key == -65543:
            reader.uint(_MAX_METHOD)
        elif key == -65544:
            self.guardian = reader.flag()
        elif key == -65546:
            self.switches = reader.uint(g.SWITCHES)
        else:
            self.rider = reader.blob(_MAX_RIDER)

    def _notice(self, reader: Reader) -> None:
        """[policy, its version, language, hash of the notice that was shown, hash of the policy]"""
        if reader.items(ARRAY) != 5:
            raise RemoteError(UNKNOWN)
        self.policy = reader.uint(0xFFFF)
        self.policy_version = reader.uint(_MAX_VERSION)
        reader.span(TEXT, _MAX_LANG)
        self.notice = reader.blob(_ID)
        if len(self.notice) != _ID:
            raise RemoteError(OUT_OF_RANGE)
        self.policy_hash = reader.blob(_ID)

    def _lines(self, reader: Reader) -> None:
        self.count = reader.items(ARRAY)
        self._lines_at = reader.at
        if not 1 <= self.count <= p.COUNT:
            raise RemoteError(OUT_OF_RANGE)
        seen = 0
        for _ in range(self.count):
            self.step()
            if seen >> self.purpose & 1:
                raise RemoteError(OUT_OF_RANGE)
            seen |= 1 << self.purpose


def _term(reader: Reader, key: int, limit: int) -> int:
    if reader.integer() != key:
        raise RemoteError(UNKNOWN)
    return reader.uint(limit)


def _date(reader: Reader) -> int:
    """A CWT NumericDate (whole Unix seconds) as seconds since 2020."""
    value = reader.integer() - EPOCH_2020
    if not 0 <= value <= _LATEST:
        raise RemoteError(OUT_OF_RANGE)
    return value
