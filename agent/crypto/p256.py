"""ECDSA over P-256 with SHA-256 (FIPS 186-5 §6.4.2), verifying only, in slices: a phone's secure hardware often has this curve alone.

Refuses: a key off the curve, r or s outside 1..n-1, and s above n/2. The last is stricter than the standard: of the two forms
of every signature a broker could send either, and a chain of records must have one (measured: the mauled form verifies).
Not constant time: key, message and signature are all public.
"""

import hashlib

from micropython import const

from ..base.errors import LocalError

SIZE = 64  # of a signature, r || s, and of a key, x || y

# SP 800-186 §3.2.1.3
_P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5

_PAIRS = const(128)  # digits of two bits in a scalar
_SLICE = const(8)  # of them in one step: 0.4 ms on the 32-bit machine
_COORDINATE = const(32)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    Point = tuple[int, int, int]  # Jacobian: x = X / Z², y = Y / Z³; Z = 0 is the point at infinity

STEPS = 19  # calls of `step` a verification takes that is not refused at once: 1 inversion, 2 tables, 16 slices


class Verify:
    """Feed the message with `update`, then call `step` until `done`; `ok` is the verdict."""

    def __init__(self, public: bytes, signature: bytes) -> None:
        self.done = False
        self.ok = False
        self._hash = hashlib.sha256()
        self._x, self._y = _pair(public)
        self._r, self._s = _pair(signature)
        self._u = self._v = 0  # the two scalars, as bytes once they are known
        self._table: "list[Point]" = []
        self._sum = (1, 1, 0)
        self._at = _PAIRS
        curve = (self._x * self._x - 3) * self._x + _B
        if (
            len(public) != SIZE
            or len(signature) != SIZE
            or self._x >= _P
            or self._y >= _P
            or (self._y * self._y - curve) % _P
            or not 0 < self._r < _N
            or not 0 < self._s <= _N >> 1
        ):
            self.done = True

    def update(self, part: "Readable") -> None:
        self._hash.update(part)

    def step(self) -> None:
        """One bounded slice of the work."""
        if self.done:
            raise LocalError("p256: decided already")
        if not self._u and not self._v:
            self._scalars()
        elif len(self._table) < 16:
            self._prepare()
        else:
            self._walk()
            if self._at == 0:
                self._decide()

    def _scalars(self) -> None:
        """u = e / s, v = r / s (mod n). The inverse is one `pow`, the only call here that cannot be sliced."""
        inverse = pow(self._s, _N - 2, _N)
        self._u = int.from_bytes(self._hash.digest(), "big") * inverse % _N
        self._v = self._r * inverse % _N

    def _prepare(self) -> None:
        """table[4 * i + j] = i·G + j·Q, half of it in a step."""
        table = self._table
        if not table:
            base = (_GX, _GY, 1)
            table.append((1, 1, 0))
            table.append((self._x, self._y, 1))
            table.append(_double(table[1]))
            table.append(_add(table[2], table[1]))
            table.append(base)
            for k in range(1, 4):
                table.append(_add(table[k], base))
        else:
            twice = _double(table[4])
            for k in range(4):
                table.append(_add(table[k], twice))
            for k in range(4):
                table.append(_add(table[8 + k], table[4]))

    def _walk(self) -> None:
        """Eight digits of both scalars at once (Straus)."""
        point = self._sum
        table = self._table
        for _ in range(_SLICE):
            self._at -= 1
            shift = 2 * self._at
            digit = (self._u >> shift & 3) << 2 | self._v >> shift & 3
            point = _double(_double(point))
            if digit:
                point = _add(point, table[digit])
        self._sum = point

    def _decide(self) -> None:
        """Whether the sum's x is r modulo n, without an inversion: X = r·Z², or (r + n)·Z² where that is below p."""
        x, _, z = self._sum
        square = z * z % _P
        r = self._r
        self.ok = z != 0 and ((r * square - x) % _P == 0 or (r + _N < _P and ((r + _N) * square - x) % _P == 0))
        self.done = True
        self._table = []


def _pair(data: bytes) -> "tuple[int, int]":
    return int.from_bytes(data[:_COORDINATE], "big"), int.from_bytes(data[_COORDINATE:SIZE], "big")


def _double(point: "Point") -> "Point":
    """dbl-2001-b of the Explicit-Formulas Database, for a = -3. Infinity and nothing else doubles to infinity: n is odd."""
    x, y, z = point
    delta = z * z % _P
    gamma = y * y % _P
    beta = x * gamma % _P
    alpha = 3 * (x - delta) * (x + delta) % _P
    x3 = (alpha * alpha - 8 * beta) % _P
    return x3, (alpha * (4 * beta - x3) - 8 * gamma * gamma) % _P, 2 * y * z % _P


def _add(p: "Point", q: "Point") -> "Point":
    """add-1998-cmo-2, with the cases the formula leaves out: infinity, the same point, its opposite."""
    x1, y1, z1 = p
    x2, y2, z2 = q
    if z1 == 0:
        return q
    if z2 == 0:
        return p
    s1 = z1 * z1 % _P
    s2 = z2 * z2 % _P
    u1 = x1 * s2 % _P
    h = (x2 * s1 - u1) % _P
    t1 = y1 * s2 % _P * z2 % _P
    r = (y2 * s1 % _P * z1 - t1) % _P
    if h == 0:
        return _double(p) if r == 0 else (1, 1, 0)
    square = h * h % _P
    cube = h * square % _P
    v = u1 * square % _P
    x3 = (r * r - cube - 2 * v) % _P
    return x3, (r * (v - x3) - t1 * cube) % _P, h * z1 % _P * z2 % _P
