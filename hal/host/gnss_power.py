"""A laptop cannot cut a receiver's power: it closes the line instead, and sends the commands that clear a receiver.

"Off" therefore means: no byte of the receiver is read. Whether the receiver itself runs on is up to its plug.
"""

import contextlib
from typing import Protocol

from ..parts import mediatek, ublox

_CFG, _RST = 0x06, 0x04  # u-blox CFG-RST

# All of the memory, then a restart of the receiver's GNSS side only: a whole reset would take a USB receiver off the bus.
UBX_COLD_START = ublox.message(_CFG, _RST, b"\xff\xff\x02\x00")
COLD_STARTS = UBX_COLD_START + mediatek.forget()  # each make's parser skips the other's


class PausedLine(Protocol):
    """A Uart that can be closed and opened again."""

    def write(self, buf: bytearray, n: int) -> int: ...

    def pause(self) -> None: ...

    def resume(self) -> None: ...


class LineGnssPower:
    """hal.ports.GnssPower for a receiver on `line`. Starts switched off."""

    def __init__(self, line: PausedLine) -> None:
        self._line = line
        self.on = False
        self.owes = False  # it was told to forget and could not be reached: told again before it is next listened to
        line.pause()

    def set(self, on: bool) -> None:
        """OSError when the line cannot be opened."""
        if on:
            self._line.resume()
            self._tell()
        else:
            self._line.pause()
        self.on = on

    def forget(self) -> None:
        """Opens the line for it when that is closed. A receiver that is unplugged now is told once it is back."""
        self.owes = True
        with contextlib.suppress(OSError):
            self._line.resume()
            self._tell()
        if not self.on:
            self._line.pause()

    def _tell(self) -> None:
        if self.owes:
            self.owes = self._line.write(bytearray(COLD_STARTS), len(COLD_STARTS)) != len(COLD_STARTS)
