"""X25519 (RFC 7748 §5): a shared secret from our secret and the other's public key.

Refuses an all-zero result: the other key was of small order, and the secret would be known to everybody (RFC 7748 §6.1).
The ladder always takes the same 255 turns and swaps by arithmetic, but MicroPython's big integers are not constant time.
"""

from micropython import const

from ..base.errors import OUT_OF_RANGE, LocalError, RemoteError

SIZE = 32
_P = (1 << 255) - 19
_A24 = const(121_665)
_BITS = const(255)
_SLICE = const(32)  # turns of the ladder in one step: 0.5 ms on the 32-bit machine
_BASE = b"\x09" + bytes(31)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

STEPS = 9  # calls of `step`: 8 of the ladder, 1 inversion


class Agree:
    """Call `step` until `done`; then `secret` holds 32 bytes. `public` left out gives our own public key."""

    def __init__(self, secret: "Readable", public: "Readable" = _BASE) -> None:
        if len(secret) != SIZE or len(public) != SIZE:
            raise LocalError("x25519: keys of 32 bytes")
        scalar = int.from_bytes(bytes(secret), "little")
        self._scalar = scalar & ((1 << 255) - 8) | 1 << 254  # RFC 7748 §5, decodeScalar25519
        self._x1 = int.from_bytes(bytes(public), "little") & ((1 << 255) - 1)
        self._x2, self._z2, self._x3, self._z3 = 1, 0, self._x1, 1
        self._swap = 0
        self._at = _BITS
        self.done = False
        self.secret = b""

    def step(self) -> None:
        """One bounded slice. The last raises RemoteError when the secret is all zero."""
        if self.done:
            raise LocalError("x25519: done already")
        if self._at:
            self._climb()
            return
        self.done = True
        # The inverse is one `pow`, the only call here that cannot be sliced.
        value = self._x2 * pow(self._z2, _P - 2, _P) % _P
        self._scalar = self._x2 = self._z2 = self._x3 = self._z3 = 0
        if value == 0:
            raise RemoteError(OUT_OF_RANGE)
        self.secret = value.to_bytes(SIZE, "little")

    def _climb(self) -> None:
        x1, x2, z2, x3, z3, swap = self._x1, self._x2, self._z2, self._x3, self._z3, self._swap
        for _ in range(min(_SLICE, self._at)):
            self._at -= 1
            bit = self._scalar >> self._at & 1
            swap ^= bit
            dx = swap * (x2 ^ x3)
            dz = swap * (z2 ^ z3)
            x2, x3, z2, z3 = x2 ^ dx, x3 ^ dx, z2 ^ dz, z3 ^ dz
            swap = bit
            a = x2 + z2
            aa = a * a % _P
            b = x2 - z2
            bb = b * b % _P
            e = aa - bb
            da = (x3 - z3) * a % _P
            cb = (x3 + z3) * b % _P
            x3 = da + cb
            x3 = x3 * x3 % _P
            z3 = da - cb
            z3 = x1 * (z3 * z3 % _P) % _P
            x2 = aa * bb % _P
            z2 = e * (aa + _A24 * e) % _P
        if self._at == 0 and swap:
            x2, x3, z2, z3 = x3, x2, z3, z2
        self._x2, self._z2, self._x3, self._z3, self._swap = x2, z2, x3, z3, swap


def agree(secret: "Readable", public: "Readable" = _BASE) -> bytes:
    """All steps at once, for callers who may hold the loop."""
    machine = Agree(secret, public)
    while not machine.done:
        machine.step()
    return machine.secret
