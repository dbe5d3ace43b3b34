"""Public keys as COSE_Key (RFC 9052 §7, RFC 9053 §7): Ed25519 and P-256, and the short names of them.

Refuses every other type, curve or label, a compressed point, and another encoding: a key has one form, so it has one name.
Whether a point lies on its curve is for the curve's `Verify` to say.
"""

import hashlib

from micropython import const

from ..base.cbor import MAP, put_bytes, put_head, put_int, put_pair
from ..base.errors import OUT_OF_RANGE, TOO_LONG, UNKNOWN, RemoteError
from ..base.reader import Reader

MAX = 80  # bytes of a COSE_Key; these two have 40 and 75
ED25519 = 6  # RFC 9053 §7.1, as are the next
P256 = 1
_TYPE = const(1)
_CURVE = const(-1)
_X = const(-2)
_Y = const(-3)
_OKP = const(1)
_EC2 = const(2)
_COORDINATE = const(32)
_KID_SIZE = const(8)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Key:
    """`public` is what the curve's `Verify` takes: 32 bytes, or x and y of 32 bytes each. `kid` names it."""

    def __init__(self, curve: int, public: bytes, kid: bytes) -> None:
        self.curve = curve
        self.public = public
        self.kid = kid


def kid_of(encoded: "Readable") -> bytes:
    """First 8 bytes of SHA-256 over a COSE_Key (security.md §3)."""
    return hashlib.sha256(encoded).digest()[:_KID_SIZE]


def read_key(buf: "Readable", n: int) -> Key:
    """The key in buf[:n], {1: 1, -1: 6, -2: x} or {1: 2, -1: 1, -2: x, -3: y}, or a RemoteError."""
    if n > MAX:
        raise RemoteError(TOO_LONG)
    reader = Reader(buf, 0, n)
    entries = reader.items(MAP)
    kind = _value(reader, _TYPE)
    curve = _value(reader, _CURVE)
    if (kind, curve, entries) not in ((_OKP, ED25519, 3), (_EC2, P256, 4)):
        raise RemoteError(UNKNOWN)
    public = _part(reader, _X)
    if kind == _EC2:
        public += _part(reader, _Y)
    reader.end()
    return Key(curve, public, kid_of(buf[:n]))


def _value(reader: Reader, label: int) -> int:
    if reader.integer() != label:
        raise RemoteError(UNKNOWN)
    return reader.integer()


def _part(reader: Reader, label: int) -> bytes:
    if reader.integer() != label:
        raise RemoteError(UNKNOWN)
    part = reader.blob(_COORDINATE)
    if len(part) != _COORDINATE:
        raise RemoteError(OUT_OF_RANGE)
    return part


def encoded_key(public: bytes) -> bytes:
    """The COSE_Key of an Ed25519 public key: 40 bytes."""
    buf = bytearray(MAX)
    i = put_pair(buf, put_head(buf, 0, MAP, 3), _TYPE, _OKP)
    for value in (_CURVE, ED25519, _X):
        i = put_int(buf, i, value)
    return bytes(buf[: put_bytes(buf, i, public)])
