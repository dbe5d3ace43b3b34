"""ECDSA over P-256 with SHA-256 (FIPS 186-5 §6.4.2) in slices: checks a signature of a phone's secure hardware.

Refuses a public key off the curve, r or s outside 1..n-1, and s above n/2: of the two signatures that everybody can make of
one, only the low one counts, or a broker could fork a chain over the bytes.
It takes a time that depends on its input, which is public. Nothing is signed here.
"""

import hashlib

from micropython import const

from .steps import Stepped, inverse, signed_windows

_SIZE = const(32)
_SLICE = const(16)  # doublings in a slice
_TOP = const(256)
_P = (1 << 256) - (1 << 224) + (1 << 192) + (1 << 96) - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
_GX = 0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296
_GY = 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5

_TYPING = const(False)
if _TYPING:
    from collections.abc import Iterator

    from hal.ports import Readable

    Point = tuple[int, int, int]  # x = X/Z**2, y = Y/Z**3; Z = 0 is the point at infinity
    Cached = tuple[int, int, int, int, int]  # X, Y, Z, Z**2, Z**3


def _cached(point: "Point") -> "Cached":
    x, y, z = point
    z2 = z * z % _P
    return x, y, z, z2, z * z2 % _P


def _double(point: "Point") -> "Point":
    """dbl-2001-b of the Explicit-Formulas Database, for a = -3. Infinity stays infinity."""
    x, y, z = point
    p = _P
    z2 = z * z % p
    y2 = y * y % p
    b = 4 * x * y2 % p
    a = 3 * (x - z2) * (x + z2) % p
    x3 = (a * a - 2 * b) % p
    return x3, (a * (b - x3) - 8 * y2 * y2) % p, 2 * y * z % p


def _add(point: "Point", x2: int, y2: int, z2: int, zz2: int, zzz2: int) -> "Point":
    """add-2007-bl's shape with the other point's powers of Z at hand; its exceptions are what a forger would look for."""
    x1, y1, z1 = point
    if z1 == 0:
        return x2, y2, z2
    p = _P
    zz1 = z1 * z1 % p
    u = x1 * zz2 % p
    h = (x2 * zz1 - u) % p
    s = y1 * zzz2 % p
    r = (y2 * zz1 * z1 - s) % p
    if h == 0:
        return _double(point) if r == 0 else (1, 1, 0)
    hh = h * h % p
    hhh = h * hh % p
    v = u * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s * hhh) % p, z1 * z2 % p * h % p


def _odd_multiples(x: int, y: int) -> "list[Cached]":
    """1, 3, … 15 times the point. None of them is infinity: the group's order is a prime."""
    point: "Point" = (x, y, 1)
    twice = _cached(_double(point))
    found = [_cached(point)]
    for _ in range(7):
        point = _add(point, *twice)
        found.append(_cached(point))
    return found


def _signed_add(point: "Point", table: "list[Cached]", digit: int) -> "Point":
    if digit < 128:
        return _add(point, *table[digit >> 1])
    x, y, z, zz, zzz = table[(256 - digit) >> 1]
    return _add(point, x, _P - y, z, zz, zzz)


class Verify(Stepped):
    """`ok` tells, once `done`, whether `signature` (r and s, 64 bytes) is by `public` (x and y, 64 bytes) over what was fed."""

    def __init__(self, public: "Readable", signature: "Readable") -> None:
        super().__init__()
        self.ok = False
        self._public = bytes(public)
        self._signature = bytes(signature)
        self._hash = hashlib.sha256()

    def feed(self, part: "Readable") -> None:
        """The message's next part. All of it before the first step."""
        self._hash.update(part)

    def work(self) -> "Iterator[None]":
        """The point [e/s]G + [r/s]Q must have r for x: one chain of doublings for both (Straus), in signed windows."""
        e = int.from_bytes(self._hash.digest(), "big")
        r = int.from_bytes(self._signature[:_SIZE], "big")
        s = int.from_bytes(self._signature[_SIZE:], "big")
        x = int.from_bytes(self._public[:_SIZE], "big")
        y = int.from_bytes(self._public[_SIZE:], "big")
        if len(self._public) != 2 * _SIZE or len(self._signature) != 2 * _SIZE:
            return
        if not (0 < r < _N and 0 < s <= _N >> 1 and x < _P and y < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0):
            return
        w = inverse(s, _N)
        yield
        g_digits = signed_windows(e * w % _N)
        yield
        q_digits = signed_windows(r * w % _N)
        yield
        base = _odd_multiples(_GX, _GY)
        yield
        theirs = _odd_multiples(x, y)
        point: "Point" = (1, 1, 0)
        for i in range(_TOP, -1, -1):
            if i % _SLICE == 0:
                yield
            point = _double(point)
            if g_digits[i]:
                point = _signed_add(point, base, g_digits[i])
            if q_digits[i]:
                point = _signed_add(point, theirs, q_digits[i])
        self.ok = _has_x(point, r)


def _has_x(point: "Point", r: int) -> bool:
    """Whether x, modulo n, is r: x may be r or, in one case of 2**128, r + n. Never for infinity."""
    x, _, z = point
    zz = z * z % _P
    return z != 0 and (x == r * zz % _P or (r + _N < _P and x == (r + _N) * zz % _P))
