"""A laptop cannot cut a receiver's power: it closes the line instead, and sends the commands that clear a receiver.

"Off" therefore means: no byte of the receiver is read. Whether the receiver itself runs on is up to its plug.
"""

from typing import Protocol

PMTK_FULL_COLD_START = b"$PMTK104*37\r\n"  # MediaTek: time, position, almanac, ephemeris and settings go
UBX_COLD_START = bytes.fromhex("b562 0604 0400 ffff 0200 0e61")  # u-blox CFG-RST: all of the memory, GNSS restarts
_COLD_STARTS = UBX_COLD_START + PMTK_FULL_COLD_START  # each maker's parser skips the other's


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
        line.pause()

    def set(self, on: bool) -> None:
        self.on = on
        if on:
            self._line.resume()
        else:
            self._line.pause()

    def forget(self) -> None:
        """OSError when the line does not take the whole command: then nothing may be believed to be forgotten."""
        self._line.resume()
        try:
            taken = self._line.write(bytearray(_COLD_STARTS), len(_COLD_STARTS))
        finally:
            if not self.on:
                self._line.pause()
        if taken != len(_COLD_STARTS):
            raise OSError(5, "the receiver did not take the command to forget")
