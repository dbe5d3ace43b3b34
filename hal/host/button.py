"""A button pressed by a program or a key: `press` and `release` from outside, `read` by the agent."""

from .ticks import since

LONG_MS = 5_000

_STEADY_MS = 30  # contacts bounce for some 10 ms
_NOTHING = 0
_SHORT = 1
_LONG = 2


class HostButton:
    """A long press is reported while the button is still held, a short one when it has been let go."""

    def __init__(self) -> None:
        self._down = False  # as it is now
        self._was = False  # as the last read saw it
        self._changed = 0  # when a read saw it change
        self._held = False  # as it is once it has been steady
        self._since = 0  # when the steady press began
        self._told = False
        self._taps: list[int] = []

    def press(self) -> None:
        self._down = True

    def release(self) -> None:
        self._down = False

    def tap(self, is_long: bool = False) -> None:
        """A whole press at once, for a program that does not want to hold a button for 5 s."""
        self._taps.append(_LONG if is_long else _SHORT)

    def read(self, now: int) -> int:
        if self._taps:
            return self._taps.pop(0)
        if self._down != self._was:
            self._was = self._down
            self._changed = now
        if self._was != self._held and since(now, self._changed) >= _STEADY_MS:
            return self._settle()
        if self._held and not self._told and since(now, self._since) >= LONG_MS:
            self._told = True
            return _LONG
        return _NOTHING

    def _settle(self) -> int:
        """The contacts came to rest in the other position."""
        self._held = self._was
        if self._held:
            self._since = self._changed
            self._told = False
            return _NOTHING
        if self._told:
            return _NOTHING
        return _LONG if since(self._changed, self._since) >= LONG_MS else _SHORT
