"""What the owner asks of the device: COSE_Mac0 under the pairing key, bound to this boot by its nonce.

Refuses replays (a number not above the last one), requests of an earlier boot (the nonce is in the AAD) and unknown codes.
The number is kept in RAM alone: a restart draws a new nonce, and everything older dies with the old one.
"""

import struct

from micropython import const

from ..base.cbor import MAP
from ..base.errors import REPLAYED, UNKNOWN, RemoteError
from ..crypto.cose import open_mac0
from ..crypto.mac import Hmac

PHOTO = 1
ARM = 2
DISARM = 3
ACKNOWLEDGE = 4  # argument: the episode
SWITCHES = 5  # argument: mask of the permissions that stay on (privacy/grants.py); none comes on by it
_LAST_CODE = const(5)
_MAX = const((1 << 30) - 1)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..base.reader import Reader


class Requests:
    """After `feed` returns, `code`, `seq` and `argument` hold one fresh, authentic request."""

    def __init__(self, device_id: bytes, key: bytes, epoch: int, nonce: bytes, seq: int) -> None:
        """`seq` is the last number taken in this boot."""
        self._mac = Hmac(key)
        self._aad = b"REQUEST1" + device_id + struct.pack(">I", epoch) + nonce
        self.seq = seq
        self.code = 0
        self.argument = 0

    def feed(self, buf: "Readable", n: int) -> None:
        """Payload {1: code, 2: seq, 3: argument}. Raises RemoteError and changes nothing when it is not accepted."""
        claims = open_mac0(buf, n, self._mac, self._aad).payload
        if claims.items(MAP) != 3:
            raise RemoteError(UNKNOWN)
        code = _field(claims, 1)
        seq = _field(claims, 2)
        argument = _field(claims, 3)
        claims.end()
        if not 1 <= code <= _LAST_CODE:
            raise RemoteError(UNKNOWN)
        if seq <= self.seq:
            raise RemoteError(REPLAYED)
        self.code = code
        self.seq = seq
        self.argument = argument


def _field(claims: "Reader", key: int) -> int:
    if claims.key(None) != key:
        raise RemoteError(UNKNOWN)
    return claims.uint(_MAX)
