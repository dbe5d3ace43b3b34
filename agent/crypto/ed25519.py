"""Ed25519 (RFC 8032 §5.1) in slices: checks the owner's signature, makes the device's.

Refuses a public key that is no canonical point or has a small order (under it one signature fits every message), s >= L, and
an R that is not the canonical encoding of the point it must be: R is computed and compared, never decoded.
Checking takes a time that depends on its input, which is public. Signing neither branches on secret bits nor skips a zero
digit, and inverts by a power of fixed length; big integers and table look-ups still take time that depends on values.
"""

from micropython import const

from ..base.errors import LocalError
from .sha512 import Sha512
from .steps import Stepped, inverse, signed_windows

MAX = 2048  # bytes of a message
_KEY = const(32)
_BLOCK = const(128)  # bytes hashed in a slice: one block of SHA-512
_SLICE = const(16)  # doublings in a slice
_TOP = const(256)
_P = (1 << 255) - 19
_L = (1 << 252) + 27742317777372353535851937790883648493
_D = 37095705934669439343138083508754565189542113879843219016388785533085940283555
_ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752  # of -1
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 46316835694926478169428394003475163141307993866256225615783033603165251855960

_TYPING = const(False)
if _TYPING:
    from collections.abc import Generator, Iterator

    from hal.ports import Readable

    Point = tuple[int, int, int, int]
    # x = X/Z, y = Y/Z, T = XY/Z (Hisil, Wong, Carter, Dawson 2008), or cached for adding: Y-X, Y+X, 2Z, 2dT


def _base() -> "Point":
    return _BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P


def _cached(point: "Point") -> "Point":
    x, y, z, t = point
    return y - x, y + x, 2 * z, 2 * _D * t % _P


def _double(point: "Point", with_t: bool) -> "Point":
    """T costs a multiplication, and only an addition reads it."""
    x, y, z, _ = point
    p = _P
    a = x * x % p
    b = y * y % p
    e = 2 * x * y % p
    g = b - a
    f = (g - 2 * z * z) % p
    h = -a - b
    return e * f % p, g * h % p, f * g % p, e * h % p if with_t else 0


def _add(point: "Point", minus: int, plus: int, z2: int, t2: int) -> "Point":
    x, y, z, t = point
    p = _P
    a = (y - x) * minus % p
    b = (y + x) * plus % p
    c = t * t2 % p
    d = z * z2 % p
    e = b - a
    f = d - c
    g = d + c
    h = b + a
    return e * f % p, g * h % p, f * g % p, e * h % p


def _odd_multiples(point: "Point") -> "list[Point]":
    """1, 3, … 15 times the point, cached."""
    twice = _cached(_double(point, True))
    found = [_cached(point)]
    for _ in range(7):
        point = _add(point, *twice)
        found.append(_cached(point))
    return found


def _signed_add(point: "Point", table: "list[Point]", digit: int) -> "Point":
    if digit < 128:
        return _add(point, *table[digit >> 1])
    minus, plus, z2, t2 = table[(256 - digit) >> 1]
    return _add(point, plus, minus, z2, -t2)


def _squared(z: int, times: int) -> int:
    p = _P
    for _ in range(times):
        z = z * z % p
    return z


def _power_p58(z: int) -> int:
    """z**((p-5)/8) by 11 multiplications and 251 squarings."""
    p = _P
    a = z * z % p  # exponent 2
    b = _squared(a, 2) * z % p  # 9
    a = a * b % p  # 11
    b = a * a % p * b % p  # 2**5 - 1
    c = _squared(b, 5) * b % p  # 2**10 - 1
    d = _squared(c, 10) * c % p  # 2**20 - 1
    d = _squared(d, 20) * d % p  # 2**40 - 1
    c = _squared(d, 10) * c % p  # 2**50 - 1
    d = _squared(c, 50) * c % p  # 2**100 - 1
    d = _squared(d, 100) * d % p  # 2**200 - 1
    d = _squared(d, 50) * c % p  # 2**250 - 1
    return _squared(d, 2) * z % p


def _decoded(raw: "Readable") -> "Point | None":
    """RFC 8032 §5.1.3. None for what no encoder writes, and for the eight points of small order."""
    sign = raw[31] >> 7
    y = int.from_bytes(raw, "little") - (sign << 255)
    p = _P
    if y >= p:
        return None
    u = (y * y - 1) % p
    v = (_D * y * y + 1) % p
    x = u * v * v * v * _power_p58(u * v**7 % p) % p
    found = v * x * x % p
    if found != u:
        if found != p - u:
            return None
        x = x * _ROOT % p
    if x & 1 != sign:
        x = p - x
    eighth: "Point" = (x, y, 1, x * y % p)
    for _ in range(3):
        eighth = _double(eighth, False)
    return None if eighth[0] == 0 else (x, y, 1, x * y % p)


def _encoded(point: "Point", z_inverse: int) -> bytes:
    x = point[0] * z_inverse % _P
    y = point[1] * z_inverse % _P
    return (y | (x & 1) << 255).to_bytes(_KEY, "little")


class _Message(Stepped):
    """Collects a message; hashes it a block a slice."""

    def __init__(self) -> None:
        super().__init__()
        self._message = bytearray()

    def feed(self, part: "Readable") -> None:
        """The message's next part. All of it before the first step."""
        if len(self._message) + len(part) > MAX:
            raise LocalError("ed25519: a longer message")
        self._message.extend(part)

    def _hash(self, prefix: bytes) -> "Iterator[None]":
        """SHA-512 of prefix and message, as a number modulo L, into `_scalar`."""
        whole = Sha512()
        whole.update(prefix)
        for at in range(0, len(self._message), _BLOCK):
            whole.update(self._message[at : at + _BLOCK])
            yield
        digest = whole.digest()
        yield
        self._scalar = int.from_bytes(digest, "little") % _L


class Verify(_Message):
    """`ok` tells, once `done`, whether `signature` (64 bytes) is by `public` (32 bytes) over what was fed."""

    def __init__(self, public: "Readable", signature: "Readable") -> None:
        super().__init__()
        self.ok = False
        self._public = bytes(public)
        self._signature = bytes(signature)

    def work(self) -> "Iterator[None]":
        """R must be [s]B - [h]A: one chain of doublings for both (Straus), in signed windows."""
        r = self._signature[:_KEY]
        s = int.from_bytes(self._signature[_KEY:], "little")
        if len(self._public) != _KEY or len(self._signature) != 2 * _KEY or s >= _L:
            return
        point = _decoded(self._public)
        if point is None:
            return
        yield
        yield from self._hash(r + self._public)
        x, y, z, t = point
        ours = _odd_multiples((_P - x, y, z, _P - t))
        yield
        base = _odd_multiples(_base())
        yield
        h_digits = signed_windows(self._scalar)
        yield
        s_digits = signed_windows(s)
        point = (0, 1, 1, 0)
        for i in range(_TOP, -1, -1):
            if i % _SLICE == 0:
                yield
            h_digit = h_digits[i]
            s_digit = s_digits[i]
            point = _double(point, bool(h_digit or s_digit))
            if h_digit:
                point = _signed_add(point, ours, h_digit)
            if s_digit:
                point = _signed_add(point, base, s_digit)
        self.ok = _encoded(point, inverse(point[2], _P)) == r


def _secret(seed: bytes) -> "tuple[int, bytes]":
    """RFC 8032 §5.1.5: the secret scalar, and what the nonce is made of."""
    if len(seed) != _KEY:
        raise LocalError("ed25519: seed of 32 bytes")
    whole = Sha512()
    whole.update(seed)
    digest = whole.digest()
    return int.from_bytes(digest[:_KEY], "little") & (1 << 254) - 8 | 1 << 254, digest[_KEY:]


def _times_base(k: int) -> "Generator[None, None, bytes]":
    """k times B, 0 <= k < 2**256, encoded: four doublings and one addition for every half byte, a zero too."""
    base = _cached(_base())
    point: "Point" = (0, 1, 1, 0)
    table = [_cached(point)]
    for _ in range(15):
        point = _add(point, *base)
        table.append(_cached(point))
    point = (0, 1, 1, 0)
    for i in range(_TOP - 4, -1, -4):
        if i % _SLICE == 0:
            yield
        for with_t in (False, False, False, True):
            point = _double(point, with_t)
        point = _add(point, *table[k >> i & 15])
    yield
    return _encoded(point, pow(point[2], _P - 2, _P))


class Sign(_Message):
    """Once `done`, `signature` (64 bytes) is the seed's over what was fed, and `public` its public key.

    The public key is made anew each time: under a wrong one handed in, a signature would tell the secret.
    """

    def __init__(self, seed: bytes) -> None:
        super().__init__()
        self.public = self.signature = b""
        self._seed = seed

    def work(self) -> "Iterator[None]":
        """RFC 8032 §5.1.6."""
        secret, prefix = _secret(self._seed)
        yield
        self.public = yield from _times_base(secret)
        yield
        yield from self._hash(prefix)
        nonce = self._scalar
        r = yield from _times_base(nonce)
        yield
        yield from self._hash(r + self.public)
        self.signature = r + ((nonce + self._scalar * secret) % _L).to_bytes(_KEY, "little")


def public_of(seed: bytes) -> bytes:
    """The 32 bytes others know the seed's signatures by. In one go: half a signature's time."""
    made = Sign(seed)
    while not made.public:
        made.step()
    return made.public
