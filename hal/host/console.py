"""The rig's line on a laptop: a pty, stdin and stdout, or a serial port. A vanished rig is silence, never an error.

Never waits: what a rig does not read is dropped once 16 KiB wait for it, and counted.
"""

import os
import pty
import select
import tty
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ports import Buffer, Uart

MAX_WAITING = 16 << 10  # bytes written and not yet taken by the rig

_PIECE = 256  # bytes handed over at once: a tty with room takes as many without waiting


class _Backlog:
    """What was written and not yet taken. `take` hands on a piece and says how much of it went."""

    def __init__(self, take: Callable[[bytearray], int]) -> None:
        self._take = take
        self._waiting = bytearray()
        self.dropped = 0  # bytes nobody took

    def write(self, buf: "Buffer", n: int) -> None:
        kept = min(n, MAX_WAITING - len(self._waiting))
        self._waiting += buf[:kept]
        self.dropped += n - kept
        self.flush()

    def flush(self) -> None:
        try:
            while self._waiting:
                taken = self._take(self._waiting[:_PIECE])
                if not taken:
                    return
                del self._waiting[:taken]
        except OSError:  # the rig is gone, and with it whoever wanted to know
            self.dropped += len(self._waiting)
            self._waiting.clear()


class FdConsole:
    """hal.ports.Console over two descriptors, which it does not own: `FdConsole(0, 1)` speaks on stdin and stdout."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._backlog = _Backlog(self._give)

    @property
    def dropped(self) -> int:
        return self._backlog.dropped

    def readinto(self, buf: "Buffer") -> int:
        self._backlog.flush()
        try:
            if not select.select([self._source], [], [], 0)[0]:
                return 0
            data = os.read(self._source, len(buf))
        except OSError:  # EIO: the last one on the pty's other side left
            return 0
        buf[: len(data)] = data
        return len(data)

    def write(self, buf: "Buffer", n: int) -> None:
        self._backlog.write(buf, n)

    def _give(self, piece: bytearray) -> int:
        return os.write(self._sink, piece) if select.select([], [self._sink], [], 0)[1] else 0


class UartConsole:
    """hal.ports.Console over a serial port: `UartConsole(SerialUart(url, 115_200))`."""

    def __init__(self, uart: "Uart") -> None:
        self._uart = uart
        self._backlog = _Backlog(lambda piece: uart.write(piece, len(piece)))

    @property
    def dropped(self) -> int:
        return self._backlog.dropped

    def readinto(self, buf: "Buffer") -> int:
        self._backlog.flush()
        try:
            return self._uart.readinto(buf)
        except OSError:  # unplugged
            return 0

    def write(self, buf: "Buffer", n: int) -> None:
        self._backlog.write(buf, n)


class PtyConsole(FdConsole):
    """A console on a pty of its own. `name` is what the rig opens; it stays openable however often rigs come and go."""

    def __init__(self) -> None:
        self._master, self._slave = pty.openpty()
        tty.setraw(self._slave)  # binary frames: no echo, no line editing, 0x03 is a byte
        self.name = os.ttyname(self._slave)
        super().__init__(self._master, self._master)

    def close(self) -> None:
        os.close(self._master)
        os.close(self._slave)
