"""A serial line to a device: /dev/tty…, a pty's path, COM3, socket://host:port, rfc2217://host:port. Everything pyserial opens.

One rig a port: a second one is refused at once, by name. Opening leaves RTS and DTR low, because on most boards they are wired to
reset and boot mode.
"""

import contextlib
import errno
import time
from pathlib import Path
from typing import Any, cast

import serial

from tools.errors import Problem
from tools.rig.lock import PortLock
from tools.rig.reset import NoReset, Reset
from tools.rig.wire import WireGone

BAUD = 115_200
_POLL_S = 0.02
GONE_MS = 10_000  # a board's own USB takes a second or two to come back
_RETRY_S = 0.1
_PIECE = 256  # pyserial may not take all at once


class SerialWire:
    def __init__(self, url: str, baud: int, reset: Reset) -> None:
        """Raises Problem: no such port, no permission, in use, not a serial line."""
        self.name = url
        self._url = url
        self._baud = baud
        self._reset = reset
        self.features: frozenset[str] = frozenset() if isinstance(reset, NoReset) else frozenset({"reset"})
        self._lock = PortLock(url)
        self._port: Any = None  # Any: pyserial's classes differ by platform and carry no types
        try:
            self._port = self._open()
        except (OSError, ValueError) as error:  # SerialException is an OSError
            self._lock.release()
            raise _problem(url, error) from error

    def _open(self) -> Any:  # Any: as above
        port = cast(Any, serial.serial_for_url(self._url, do_not_open=True))
        port.baudrate = self._baud
        port.timeout = _POLL_S  # once: every change negotiates anew over rfc2217
        port.write_timeout = 5
        if Path(self._url).exists():
            port.exclusive = True
        port.rts = port.dtr = False
        port.open()
        return port

    def write(self, data: bytes) -> None:
        try:
            for start in range(0, len(data), _PIECE):
                piece = data[start : start + _PIECE]
                while piece:
                    piece = piece[self._port.write(piece) :]
        except OSError as error:
            raise WireGone(f"{self.name} is gone: {_words(error)}") from error

    def read(self, wait_ms: int) -> bytes:
        until = self.now_ms() + wait_ms
        try:
            while True:
                data = self._port.read(max(1, self._port.in_waiting))
                if data or self.now_ms() >= until:
                    return data
        except (OSError, TypeError) as error:  # TypeError: pyserial on a port closed under it
            raise WireGone(f"{self.name} is gone: {_words(error)}") from error

    def now_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def reset(self) -> None:
        self._reset.pulse(self._port, self.name)

    def reopen(self) -> None:
        with contextlib.suppress(OSError):
            self._port.close()
        until = self.now_ms() + GONE_MS
        while True:
            try:
                self._port = self._open()
                return
            except (OSError, ValueError) as error:
                if self.now_ms() >= until:
                    raise WireGone(f"{self.name} did not come back: {_words(error)}") from error
            time.sleep(_RETRY_S)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._port.close()
        self._lock.release()


def _words(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _problem(url: str, error: Exception) -> Problem:
    """One line that says what, where and how to mend it."""
    code = getattr(error, "errno", None)
    text = str(error)
    if code == errno.ENOENT or "No such file" in text:
        return Problem("there is no such port", url, "`amace hil doctor` lists what is connected")
    if code == errno.EACCES or "Permission denied" in text:
        return Problem(
            "the port may not be opened", url, "Join the group that owns it (on Debian: dialout), then log in again"
        )
    if code == errno.ENOTTY or "Inappropriate ioctl" in text:
        return Problem("this is no serial port", url, "Name a device, such as /dev/ttyUSB0")
    if code in (errno.EAGAIN, errno.EBUSY) or "exclusively lock" in text:
        return Problem("another program holds the port", url, "Close it (a terminal, mpremote), then try again")
    if "invalid URL" in text or isinstance(error, ValueError):
        return Problem(
            "this is no port", url, "Write sim, mp64, mp32, a port's path, socket://host:port or rfc2217://host:port"
        )
    return Problem(
        f"the port cannot be opened: {_words(error)}", url, "Is the device connected and its other end listening?"
    )
