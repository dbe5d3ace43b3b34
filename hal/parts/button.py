"""A push button that is polled: contacts that bounce become presses. No I/O: `is_down` is asked."""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

NOTHING = 0
SHORT = 1
LONG = 2

_BOUNCE_MS = const(30)  # a level counts once it has held this long
_LONG_MS = const(5_000)
_MASK = const(0x3FFFFFFF)  # ticks wrap at 2**30


class Button:
    def __init__(self, is_down: "Callable[[], bool]") -> None:
        self._is_down = is_down
        self._level = is_down()
        self._down = self._level  # held at start: not a press, it began in another life
        self._reported = True
        self._changed = -1  # when the level last changed; -1 until the first read
        self._since = 0  # when the press began

    def read(self, now: int) -> int:
        level = self._is_down()
        if self._changed < 0 or level != self._level:
            if self._changed >= 0 and level and not self._down:
                self._since = now
            self._level = level
            self._changed = now
        settled = (now - self._changed) & _MASK >= _BOUNCE_MS
        if settled and level and not self._down:
            self._down = True
            self._reported = False
        if self._down and level and not self._reported and (now - self._since) & _MASK >= _LONG_MS:
            self._reported = True
            return LONG
        if settled and not level and self._down:
            self._down = False
            if not self._reported:
                self._reported = True
                return SHORT
        return NOTHING
