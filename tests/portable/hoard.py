"""A heap that is nearly full, so that whatever comes next fails at its first, second or n-th allocation."""

import sys

ENDLESS = sys.implementation.name != "micropython"
"""A runtime whose heap has no end: nothing fails there, and nothing is taken."""

_PIECE = 256  # bytes
_PIECES = 3_000


def starve(left: int) -> "list[bytearray | None]":
    """All of the heap but what `left` pieces take. It is free again when the list has gone."""
    kept: "list[bytearray | None]" = [None] * _PIECES
    if ENDLESS:
        return kept
    n = 0
    try:
        while n < _PIECES:
            kept[n] = bytearray(_PIECE)
            n += 1
    except MemoryError:
        pass
    assert n < _PIECES, "this heap is larger than what is taken"
    for k in range(left):
        kept[n - 1 - k] = None
    return kept
