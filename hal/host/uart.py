"""The GNSS receiver's serial line on a laptop: a device path, a pty, or any pyserial URL; `socket://` is our own.

Never waits once it is open. `pause` closes the line, so that a receiver nobody may listen to is not listened to.
"""

import errno
import select
from typing import TYPE_CHECKING, Protocol

import serial

from . import tcp_line

if TYPE_CHECKING:
    from ..ports import Buffer

MAX_URL = 256  # characters
RATES = (300, 4_000_000)  # baud, lowest and highest

_WRITE = 256  # bytes handed to the system at once: a tty with room takes as many without waiting


class _Line(Protocol):
    def read_into(self, buf: memoryview) -> int: ...

    def write(self, data: memoryview) -> int: ...

    def rate(self) -> int: ...

    def set_rate(self, rate: int) -> None: ...

    def close(self) -> None: ...

    def reopen(self) -> None: ...


class SerialUart:
    """hal.ports.Uart. ValueError with one line for a person when `url` cannot be opened at `baud`."""

    def __init__(self, url: str, baud: int = 9_600) -> None:
        if not 0 < len(url) <= MAX_URL:
            raise ValueError(f"a serial port's name has 1 to {MAX_URL} characters, this one {len(url)}")
        if not RATES[0] <= baud <= RATES[1]:
            raise ValueError(f"{baud} baud is no rate between {RATES[0]} and {RATES[1]}")
        self._line: _Line = tcp_line.open_line(url) if url.startswith("socket:") else _PySerialLine(url, baud)
        self._paused = False

    def readinto(self, buf: "Buffer") -> int:
        return 0 if self._paused else self._line.read_into(memoryview(buf))

    def write(self, buf: "Buffer", n: int) -> int:
        return 0 if self._paused or n == 0 else self._line.write(memoryview(buf)[: min(n, _WRITE)])

    def baud(self, rate: int) -> None:
        if not RATES[0] <= rate <= RATES[1]:
            raise OSError(errno.EINVAL, f"{rate} baud is no rate between {RATES[0]} and {RATES[1]}")
        self._line.set_rate(rate)

    def rate(self) -> int:
        """The present rate in baud, 0 where the line has none."""
        return self._line.rate()

    def pause(self) -> None:
        """Closes the line; what waits in it is never read."""
        if not self._paused:
            self._paused = True
            self._line.close()

    def resume(self) -> None:
        """Opens it again. OSError when the receiver was unplugged meanwhile."""
        if self._paused:
            self._line.reopen()
            self._paused = False

    def close(self) -> None:
        self.pause()


class _PySerialLine:
    """pyserial's reads and writes with a timeout of 0. Its errors have a text where OSError has a number."""

    def __init__(self, url: str, baud: int) -> None:
        try:
            # exclusive: two programs reading one receiver would each get half a sentence
            self._port = serial.serial_for_url(url, baud, timeout=0, write_timeout=0, exclusive=True)
        except (ValueError, OSError) as error:
            raise ValueError(
                f"the serial port {url!r} cannot be opened: {error}; name a port that exists and is free"
            ) from None

    def read_into(self, buf: memoryview) -> int:
        try:
            data = self._port.read(len(buf))
        except OSError as error:
            raise OSError(errno.EIO, str(error)) from None
        buf[: len(data)] = data
        return len(data)

    def write(self, data: memoryview) -> int:
        try:
            if not self._has_room():
                return 0  # pyserial would try again and again until there is
            return self._port.write(bytes(data)) or 0
        except OSError as error:
            raise OSError(errno.EIO, str(error)) from None

    def rate(self) -> int:
        return self._port.baudrate

    def set_rate(self, rate: int) -> None:
        try:
            self._port.baudrate = rate
        except (ValueError, OSError) as error:  # a rate this hardware lacks
            raise OSError(errno.EINVAL, str(error)) from None

    def close(self) -> None:
        self._port.close()

    def reopen(self) -> None:
        try:
            self._port.open()  # empties the buffer: nothing from before counts
        except OSError as error:
            raise OSError(errno.EIO, str(error)) from None

    def _has_room(self) -> bool:
        try:
            number = self._port.fileno()
        except OSError:  # io.UnsupportedOperation: loop:// and the like have no descriptor and take everything
            return True
        return bool(select.select([], [number], [], 0)[1])
