"""Random numbers that stay good while both radios are off, when the chip's own generator is only pseudo-random.

A pool in RAM is stirred with the chip's generator, the cycle counter and a seed kept in NVS, which is replaced at every
start (NIST SP 800-90A §8.6.7's idea of a seed file). Draws of different purposes share nothing but the pool's hash.
"""

import os
import time
from hashlib import sha256

from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Secrets

_NAME = "seed"
_BLOCK = const(32)


class Entropy:
    def __init__(self, secrets: "Secrets") -> None:
        self._pool = _hash(secrets.get(_NAME) or b"", os.urandom(_BLOCK), _cycles())
        self._count = 0
        secrets.put(_NAME, _hash(b"next start", self._pool, os.urandom(_BLOCK)))

    def fill(self, purpose: int, buf: bytearray) -> None:
        done = 0
        while done < len(buf):
            self._count = (self._count + 1) & 0x3FFFFFFF
            label = purpose.to_bytes(4, "big") + self._count.to_bytes(4, "big")
            block = _hash(label, self._pool, os.urandom(_BLOCK))
            n = min(_BLOCK, len(buf) - done)
            buf[done : done + n] = block[:n]
            done += n
        self._pool = _hash(b"stir", self._pool, _cycles())


def _hash(a: bytes, b: bytes, c: bytes) -> bytes:
    digest = sha256(a)
    digest.update(b)
    digest.update(c)
    return digest.digest()


def _cycles() -> bytes:
    return time.ticks_cpu().to_bytes(4, "little")
