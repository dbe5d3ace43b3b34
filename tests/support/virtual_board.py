"""A board for the real mpremote: a MicroPython machine on a pty, with an image file as its flash."""

import os
import pty
import subprocess
import tty
from pathlib import Path
from typing import Self

_REPL = Path(__file__).resolve().parent / "raw_repl.py"


class VirtualBoard:
    """`port` is what mpremote connects to. `image` is a LittleFS image; it holds afterwards what the board wrote."""

    def __init__(self, machine: Path, image: Path) -> None:
        self._command = [machine, _REPL, image]

    def __enter__(self) -> Self:
        self._ours, theirs = pty.openpty()
        tty.setraw(theirs)  # bytes pass as they are
        self.port = os.ttyname(theirs)
        self._process = subprocess.Popen(self._command, stdin=self._ours, stdout=self._ours, stderr=subprocess.PIPE)
        self._theirs = theirs  # kept open, or the machine would read an end when mpremote closes it
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        os.close(self._theirs)
        os.close(self._ours)
