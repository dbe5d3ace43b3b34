"""X25519 (RFC 7748 §5) in slices: a secret that two sides share and nobody else knows.

Refuses a shared secret of zero, which a public key of small order would force (RFC 7748 §6.1).
The ladder neither branches on a bit of the secret nor indexes by it, and inverts by a power of fixed length; big integers
still take a time that depends a little on values.
"""

from micropython import const

from ..base.errors import LocalError
from .steps import Stepped

_KEY = const(32)
_SLICE = const(16)  # bits in a slice
_P = (1 << 255) - 19
_A24 = const(121665)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Iterator

    from hal.ports import Readable


class Exchange(Stepped):
    """Once `done`, `shared` is the 32 bytes both sides have, and `ok` says that it may be used."""

    def __init__(self, secret: "Readable", public: "Readable") -> None:
        if len(secret) != _KEY:
            raise LocalError("x25519: secret of 32 bytes")
        super().__init__()
        self.ok = False
        self.shared = b""
        self._k = int.from_bytes(secret, "little") & (1 << 254) - 8 | 1 << 254
        self._public = bytes(public)

    def work(self) -> "Iterator[None]":
        if len(self._public) != _KEY:
            return
        p = _P
        k = self._k
        x1 = (int.from_bytes(self._public, "little") & (1 << 255) - 1) % p
        x2, z2, x3, z3 = 1, 0, x1, 1
        last = 0
        for t in range(254, -1, -1):
            if t % _SLICE == 0:
                yield
            bit = k >> t & 1
            last ^= bit
            d = last * (x2 - x3)
            x2 -= d
            x3 += d
            d = last * (z2 - z3)
            z2 -= d
            z3 += d
            last = bit
            plus = x2 + z2
            minus = x2 - z2
            a = (x3 - z3) * plus % p
            b = (x3 + z3) * minus % p
            x3 = a + b
            x3 = x3 * x3 % p
            z3 = a - b
            z3 = z3 * z3 % p * x1 % p
            a = plus * plus % p
            b = minus * minus % p
            x2 = a * b % p
            d = a - b
            z2 = d * (a + _A24 * d) % p
        yield  # here `last` is 0: the lowest bits of a secret are cleared
        shared = x2 * pow(z2, p - 2, p) % p
        self.shared = shared.to_bytes(_KEY, "little")
        self.ok = shared != 0


def public_of(secret: "Readable") -> bytes:
    """What the other side needs: 32 bytes. In one go."""
    made = Exchange(secret, b"\x09" + bytes(_KEY - 1))
    made.finish()
    return made.shared
