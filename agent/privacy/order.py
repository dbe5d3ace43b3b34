"""The claims of an owner's order about what the device holds, read and range-checked, nothing done (rights.py does it).

Refuses: a missing or unknown claim, a number outside its range, `control` among the purposes, purposes where none belong.
"""

from micropython import const

from ..base.cbor import ARRAY, MAP
from ..base.errors import OUT_OF_RANGE, UNKNOWN, RemoteError
from ..base.reader import Reader
from . import purposes as p

# What is ordered.
ERASE = 1  # purposes, before second (0: all of it, and the consent ends)
WHOLE = 2  # the account ends: keys, grants, data, network
EXPORT = 3  # to the owner, or to whoever has the X25519 key in its text
CORRECT = 4  # the device's name

MAX_NAME = 32  # bytes of UTF-8
_KEYS = (1, 3, 6, 7, -65537, -65538, -65539, -65542, -65550)
_EPOCH_2020 = const(1_577_836_800)
_LATEST = const((1 << 30) - 1)
_ID = const(16)
_KID = const(8)
_MAX_PLACE = const(8)
_ALL = const((1 << 24) - 1)
_DAY_S = const(86_400)
_DAYS = const(15)  # policy 8: a request is answered in 15 days
_DAYS_US = const(45)  # Cal. Civ. Code §1798.130(a)(2)


class Order:
    """One order's claims, range-checked."""

    def __init__(self, reader: Reader) -> None:
        self.what = self.purposes = self.before = self.seq = self.issued = 0
        self.issuer = self.audience = self.request = self.prev = self.text = self.place = b""
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
        elif key == 3:
            self.audience = reader.blob(_ID)
        elif key == 6:
            self.issued = reader.integer() - _EPOCH_2020
            if not 0 <= self.issued <= _LATEST:
                raise RemoteError(OUT_OF_RANGE)
        elif key == 7:
            self.request = reader.blob(_ID)
        elif key == -65537:
            if reader.uint(1) != 1:
                raise RemoteError(UNKNOWN)
        elif key == -65538:
            self.seq = reader.uint(_LATEST)
        elif key == -65539:
            self.prev = reader.blob(_ID)
        elif key == -65542:
            self.place = reader.text(_MAX_PLACE)
        else:
            self._order(reader)

    def _order(self, reader: Reader) -> None:
        """[what, purposes, before, text]"""
        if reader.items(ARRAY) != 4:
            raise RemoteError(UNKNOWN)
        self.what = reader.uint(CORRECT)
        self.purposes = reader.uint(_ALL)
        self.before = reader.uint(_LATEST)
        self.text = reader.blob(MAX_NAME)
        if self.what == EXPORT and len(self.text) not in (0, MAX_NAME):
            raise RemoteError(OUT_OF_RANGE)
        if self.what == 0 or self.purposes & 1 << p.CONTROL or (self.what == ERASE) == (self.purposes == 0):
            raise RemoteError(OUT_OF_RANGE)  # `control` is the contract: it ends with the whole account

    def due(self, seconds: int) -> int:
        return seconds + (_DAYS_US if self.place[:2] == b"US" else _DAYS) * _DAY_S
