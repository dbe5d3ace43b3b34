"""What the worlds of the laptop ports share: a folder, ptys, and what must be closed after a check."""

import contextlib
import os
import pty
import select
import termios
import tty
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_BAUDS = {termios.B9600: 9_600, termios.B38400: 38_400, termios.B115200: 115_200}


@dataclass
class Bench:
    """A folder, and what must be closed after a check."""

    folder: Path
    stack: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)
    worlds: int = 0

    def place(self) -> Path:
        """A fresh folder: one check may ask for several worlds."""
        self.worlds += 1
        path = self.folder / str(self.worlds)
        path.mkdir()
        return path

    def pty(self) -> tuple[int, str]:
        """The far end of a serial line, and the name of ours."""
        far, near = pty.openpty()
        tty.setraw(near)
        self.stack.callback(os.close, far)
        self.stack.callback(os.close, near)
        return far, os.ttyname(near)


def available(read: Callable[[], bytes]) -> bytes:
    data = b""
    while piece := read():
        data += piece
    return data


class Far:
    """The far end of a pty or a socket, by its descriptor."""

    def __init__(self, source: int, sink: int) -> None:
        self._source = source
        self._sink = sink
        self._sent = b""

    def receive(self, data: bytes) -> None:
        os.write(self._sink, data)

    def sent(self) -> bytes:
        self._sent += available(lambda: os.read(self._source, 4096) if self._talks() else b"")
        return self._sent

    def _talks(self) -> bool:
        return bool(select.select([self._source], [], [], 0)[0])
