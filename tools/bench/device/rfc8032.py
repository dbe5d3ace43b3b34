"""Ed25519 verification as RFC 8032 §6 prints it, with SHA-512 as FIPS 180-4 prints it: the peer of agent/crypto in the bench.

Straightforward on purpose: one formula for every addition, double-and-add bit by bit, powers for every inverse and root.
"""

_P = 2**255 - 19
_Q = 2**252 + 27742317777372353535851937790883648493
_MASK = 2**64 - 1


def _inverse(x: int) -> int:
    return pow(x, _P - 2, _P)


_D = -121665 * _inverse(121666) % _P
_ROOT = pow(2, (_P - 1) // 4, _P)


def _constants() -> "tuple[list[int], list[int]]":
    """First 64 bits of the fractions of cube and square roots of the first primes (FIPS 180-4 §4.2.3, §5.3.5)."""
    primes: "list[int]" = []
    n = 2
    while len(primes) < 80:
        if all(n % prime for prime in primes):
            primes.append(n)
        n += 1
    return [_fraction(prime, 3) for prime in primes], [_fraction(prime, 2) for prime in primes[:8]]


def _fraction(n: int, root: int) -> int:
    wanted = n << 64 * root
    x = 0
    for bit in range(67, -1, -1):
        more = x | 1 << bit
        if more**root <= wanted:
            x = more
    return x & _MASK


_K, _START = _constants()


def _right(x: int, n: int) -> int:
    return (x >> n | x << (64 - n)) & _MASK


def sha512(data: bytes) -> bytes:
    data += b"\x80" + bytes(-(len(data) + 17) % 128) + (8 * len(data)).to_bytes(16, "big")
    state = list(_START)
    for at in range(0, len(data), 128):
        w = [int.from_bytes(data[i : i + 8], "big") for i in range(at, at + 128, 8)]
        for t in range(16, 80):
            s0 = _right(w[t - 15], 1) ^ _right(w[t - 15], 8) ^ w[t - 15] >> 7
            s1 = _right(w[t - 2], 19) ^ _right(w[t - 2], 61) ^ w[t - 2] >> 6
            w.append((w[t - 16] + s0 + w[t - 7] + s1) & _MASK)
        a, b, c, d, e, f, g, h = state
        for t in range(80):
            s1 = _right(e, 14) ^ _right(e, 18) ^ _right(e, 41)
            t1 = h + s1 + (e & f ^ ~e & _MASK & g) + _K[t] + w[t]
            s0 = _right(a, 28) ^ _right(a, 34) ^ _right(a, 39)
            t2 = s0 + (a & b ^ a & c ^ b & c)
            a, b, c, d, e, f, g, h = (t1 + t2) & _MASK, a, b, c, (d + t1) & _MASK, e, f, g
        state = [(x + y) & _MASK for x, y in zip(state, (a, b, c, d, e, f, g, h))]  # noqa: B905 - the device's zip has no strict
    return b"".join([x.to_bytes(8, "big") for x in state])


def _add(p: "tuple[int, int, int, int]", q: "tuple[int, int, int, int]") -> "tuple[int, int, int, int]":
    a = (p[1] - p[0]) * (q[1] - q[0]) % _P
    b = (p[1] + p[0]) * (q[1] + q[0]) % _P
    c = 2 * p[3] * q[3] * _D % _P
    d = 2 * p[2] * q[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(s: int, p: "tuple[int, int, int, int]") -> "tuple[int, int, int, int]":
    q = (0, 1, 1, 0)
    while s > 0:
        if s & 1:
            q = _add(q, p)
        p = _add(p, p)
        s >>= 1
    return q


def _recovered(y: int, sign: int) -> "int | None":
    if y >= _P:
        return None
    x2 = (y * y - 1) * _inverse(_D * y * y + 1) % _P
    if x2 == 0:
        return None if sign else 0
    x = pow(x2, (_P + 3) // 8, _P)
    if (x * x - x2) % _P:
        x = x * _ROOT % _P
    if (x * x - x2) % _P:
        return None
    return x if x & 1 == sign else _P - x


def _point(raw: bytes) -> "tuple[int, int, int, int] | None":
    y = int.from_bytes(raw, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    x = _recovered(y, sign)
    return None if x is None else (x, y, 1, x * y % _P)


_BASE = _point((4 * _inverse(5) % _P).to_bytes(32, "little"))


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    a = _point(public)
    r = _point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or _BASE is None or s >= _Q:
        return False
    h = int.from_bytes(sha512(signature[:32] + public + message), "little") % _Q
    left = _times(s, _BASE)
    right = _add(r, _times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % _P == 0 and (left[1] * right[2] - right[1] * left[2]) % _P == 0
