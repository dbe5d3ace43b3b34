"""Differences of ticks that wrap at 2**30, for hal/host alone: hal never imports agent."""

WRAP = 1 << 30
_HALF = 1 << 29


def since(now: int, then: int) -> int:
    """Milliseconds from `then` to `now`, signed, in [-2**29, 2**29)."""
    return (now - then + _HALF) % WRAP - _HALF
