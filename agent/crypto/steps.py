"""Long arithmetic in slices, so that no signature holds the loop: the machine all of them share, and the numbers beneath two of them.

Refuses nothing: it knows no keys. What is here takes a time that depends on its numbers, so it is for public ones only.
"""

from micropython import const

WIDTH = 5  # of a window: 8 odd multiples a point
_DIGITS = const(257)  # of a 256-bit number in signed windows

_TYPING = const(False)
if _TYPING:
    from collections.abc import Iterator


class Stepped:
    """`step()` does a slice of at most about 0.5 ms on the 32-bit machine, until `done`. The number of slices depends on sizes alone.

    Nothing here is private: what ships shortens private names file by file, and machines in other files inherit these.
    """

    def __init__(self) -> None:
        self.done = False
        self.left = self.work()

    def step(self) -> None:
        for _ in self.left:
            return
        self.done = True

    def finish(self) -> None:
        """All that is left, for a caller that holds no loop."""
        while not self.done:
            self.step()

    def work(self) -> "Iterator[None]":
        """The work, which yields after each slice."""
        yield


def inverse(a: int, m: int) -> int:
    """1/a modulo the prime m, 0 < a < m, by Euclid's algorithm: six times faster than a power (measured)."""
    u, v = a, m
    x, y = 1, 0
    while u != 1:
        q = v // u
        u, v = v - q * u, u
        x, y = y - q * x, x
    return x % m


def signed_windows(k: int) -> bytearray:
    """The digits of k, 0 <= k < 2**256, least first: each is 0 or odd, -15..15 modulo 256, and after one come four zeros (w-NAF)."""
    digits = bytearray(_DIGITS)
    i = 0
    while k:
        if k & 1:
            digit = k & 31
            if digit > 15:
                digit -= 32
            k -= digit
            digits[i] = digit & 0xFF
        k >>= 1
        i += 1
    return digits
