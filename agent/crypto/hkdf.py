"""HKDF with SHA-256 (RFC 5869): one strong key out of a shared secret, or many out of one. Refuses more than 255 blocks."""

from micropython import const

from ..base.errors import LocalError
from .mac import Hmac

_HASH = const(32)
_BLOCK = const(64)
_LEAST = const(16)  # an Hmac takes no shorter key; padding with zeros changes no tag (RFC 2104 §2)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


def extract(salt: bytes, secret: "Readable") -> bytes:
    """The 32-byte pseudorandom key. A salt of b"" is 32 zeros; one longer than a block is not needed here, so refused."""
    if len(salt) > _BLOCK:
        raise LocalError("hkdf: a salt of 64 bytes at most")
    return Hmac(salt + bytes(max(0, _LEAST - len(salt)))).tag(secret)


def expand(key: bytes, info: bytes, size: int) -> bytes:
    """`size` bytes for the use named by `info`; `key` is what `extract` gave."""
    if not 0 < size <= 255 * _HASH:
        raise LocalError("hkdf: 1 to 8,160 bytes")
    mac = Hmac(key)
    made = block = b""
    count = 1
    while len(made) < size:
        block = mac.tag(block, info, bytes((count,)))
        made += block
        count += 1
    return made[:size]
