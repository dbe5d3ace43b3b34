"""When to try again: 1 s doubling to 300 s with full jitter, forgotten only after 60 s of success (security.md §5)."""

from micropython import const

from ..base import ticks

_MOST_S = const(300)
STABLE_MS = 60_000

_TYPING = const(False)
if _TYPING:
    from hal.ports import Entropy


class Backoff:
    def __init__(self, entropy: "Entropy", purpose: int) -> None:
        self._entropy = entropy
        self._purpose = purpose
        self._draw = bytearray(2)
        self._since = -1  # tick of the last success
        self.step_s = 1
        self.at = -1  # tick of the next try, -1 at once

    def ready(self, now: int) -> bool:
        """Asked in every tick: a time that has come is forgotten, before the ticks wrap around to before it."""
        if ticks.due(self.at, now):
            self.at = -1
        return self.at < 0

    def failed(self, now: int) -> None:
        if self._since >= 0 and not 0 <= ticks.diff(now, self._since) < STABLE_MS:  # negative: longer than 6.2 days
            self.step_s = 1
        self._since = -1
        self._entropy.fill(self._purpose, self._draw)
        share = self._draw[0] << 8 | self._draw[1]
        # step_s <= 300, share < 2**16: the product is below 2**25. A tenth of a second at least, so that nothing spins.
        self.at = ticks.add(now, 100 + (self.step_s * share >> 16) * 1000 + (share & 0x1FF))
        self.step_s = min(_MOST_S, self.step_s * 2)

    def succeeded(self, now: int) -> None:
        self.at = -1
        self._since = now
