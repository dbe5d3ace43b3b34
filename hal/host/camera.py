"""Stills on a laptop: a JPEG file read anew for every capture, or a generated test picture. No real camera is opened.

Refuses a file that is no JPEG or has over 256 KiB: the capture fails, as with a broken sensor.
"""

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING

from . import picture

if TYPE_CHECKING:
    from ..ports import Buffer

MAX_FRAME = 256 << 10  # bytes: what the agent takes at most

_SOI = b"\xff\xd8"  # T.81 B.1.1.3
_EOI = b"\xff\xd9"
_OFF = 0
_WORKING = 1
_READY = 2
_FAILED = 3


class HostCamera:
    """hal.ports.Camera. The frame lies in one buffer, which `forget` and switching off overwrite with zeros."""

    def __init__(self, source: Path | None = None) -> None:
        self.state = _OFF
        self.powered = False
        self._source = source
        self._frame = bytearray()

    def power(self, on: bool) -> None:
        self.powered = on
        if not on:
            self.forget()

    def capture(self) -> None:
        """Fails without power, at the next poll like any other failure."""
        self.forget()
        self.state = _WORKING

    def poll(self, now: int) -> None:
        if self.state == _WORKING:
            self.state = _READY if self.powered and self._expose() else _FAILED

    def size(self) -> int:
        return len(self._frame)

    def copy(self, start: int, buf: "Buffer", at: int, n: int) -> None:
        """OSError outside the frame or the buffer, with nothing copied."""
        if min(start, at, n) < 0 or start + n > len(self._frame) or at + n > len(buf):
            raise OSError(errno.EINVAL, "outside the frame")
        buf[at : at + n] = self._frame[start : start + n]

    def forget(self) -> None:
        self._frame[:] = bytes(len(self._frame))
        self._frame = bytearray()
        self.state = _OFF

    def _expose(self) -> bool:
        """Reads straight into the one buffer: an intermediate `bytes` could not be overwritten."""
        if self._source is None:
            self._frame = bytearray(picture.draw())
            return True
        try:
            with self._source.open("rb", buffering=0) as file:
                size = os.fstat(file.fileno()).st_size
                if size > MAX_FRAME:
                    return False
                self._frame = bytearray(size)
                whole = file.readinto(self._frame) == size
        except OSError:
            return False
        if whole and self._frame.startswith(_SOI) and self._frame.endswith(_EOI):
            return True
        self.forget()
        return False
