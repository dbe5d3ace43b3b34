"""HKDF (RFC 5869) with SHA-256: one secret in, as many keys out as there are purposes.

Refuses more than the RFC's 255 blocks.
"""

import hashlib

from micropython import const

from ..base.errors import LocalError
from .mac import Hmac

_HASH = const(32)
_BLOCK = const(64)
MAX = 8160  # bytes of output: 255 * 32


def hkdf(secret: bytes, salt: bytes, info: bytes, n: int) -> bytes:
    """n bytes of key material; a salt may be empty."""
    if n > MAX:
        raise LocalError("hkdf: too much")
    mac = keyed(keyed(salt).tag(secret))
    made = part = b""
    while len(made) < n:
        part = mac.tag(part, info, bytes((len(made) // _HASH + 1,)))
        made += part
    return made[:n]


def keyed(key: bytes) -> Hmac:
    """HMAC takes any key: RFC 2104 §2 hashes what is longer than a block and pads what is shorter with zeros."""
    if len(key) > _BLOCK:
        key = hashlib.sha256(key).digest()
    return Hmac(key + bytes(max(0, _HASH - len(key))))
