"""A button pressed by a program or a key: `press` and `release` from outside, `read` by the agent."""

from ..parts.button import LONG, SHORT, Button


class HostButton:
    """hal.ports.Button. What it takes for a press is decided by the same part as on a board."""

    def __init__(self) -> None:
        self._down = False
        self._button = Button(lambda: self._down)
        self._taps: list[int] = []

    def press(self) -> None:
        self._down = True

    def release(self) -> None:
        self._down = False

    def tap(self, is_long: bool = False) -> None:
        """A whole press at once, for a program that does not want to hold a button for 5 s."""
        self._taps.append(LONG if is_long else SHORT)

    def read(self, now: int) -> int:
        return self._taps.pop(0) if self._taps else self._button.read(now)
