"""Milliseconds that wrap at 2**30. Every intermediate result is a small int on 32 bit, so nothing here allocates.

Differences are right up to 2**29 ms (6.2 days); `FAR` is the longest wait anybody may ask for.
"""

from micropython import const

_HALF = const(1 << 29)
FAR = 86_400_000  # one day: `asyncio.sleep` over 6.2 days overflows on 32 bit


def add(t: int, ms: int) -> int:
    """`t` advanced by `ms`, 0 <= ms < 2**29."""
    s = t - _HALF + ms  # in [-2**29, 2**30)
    return s - _HALF if s >= _HALF else s + _HALF


def diff(a: int, b: int) -> int:
    """Signed `a - b` in [-2**29, 2**29)."""
    d = a - b
    if d >= _HALF:
        return d - _HALF - _HALF
    if d < -_HALF:
        return d + _HALF + _HALF
    return d


def due(deadline: int, now: int) -> bool:
    """True once `now` has reached `deadline`; a deadline of -1 never comes."""
    return deadline >= 0 and diff(now, deadline) >= 0


def sooner(a: int, b: int, now: int) -> int:
    """The earlier of two deadlines, each -1 when there is none."""
    if a < 0:
        return b
    if b < 0:
        return a
    return a if diff(a, now) <= diff(b, now) else b
