"""The file to replay, in pieces: read once, streamed, watched. Refuses what cannot be opened; any content is welcome."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from rich.progress import Progress

from tools.console import err
from tools.errors import Problem

_PIECE = 1 << 16
_STRAY = re.compile(rb"^[^$!\s]", re.MULTILINE)


class Source:
    def __init__(self, name: str) -> None:
        """`name` is a path, or - for standard input."""
        self._name = name
        self._file, self._size = _opened(name)
        self.stray_lines = 0
        """Lines that begin with something else than a sentence does ($, or ! of AIS)."""

    def pieces(self) -> Iterator[bytes]:
        """The whole content; a bar on standard error where that is a terminal and standard output is none."""
        fresh = True
        watched = err.is_terminal and not sys.stdout.isatty()
        with self._file as file, Progress(console=err, transient=True, disable=not watched) as bar:
            task = bar.add_task(self._name, total=self._size or None)
            while piece := self._read(file):
                self.stray_lines += len(_STRAY.findall(piece)) - (not fresh and _STRAY.match(piece) is not None)
                fresh = piece.endswith(b"\n")
                yield piece
                bar.advance(task, len(piece))

    def _read(self, file: BinaryIO) -> bytes:
        try:
            return file.read(_PIECE)
        except OSError as error:
            raise _problem(self._name, error) from error


def _opened(name: str) -> tuple[BinaryIO, int]:
    if name == "-":
        return sys.stdin.buffer, 0
    try:
        path = Path(name)
        file = path.open("rb")
        return file, path.stat().st_size
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        raise _problem(name, error) from error


def _problem(name: str, error: OSError | ValueError) -> Problem:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(f"the file cannot be read: {reason}", name, "Name an NMEA file, or - for standard input")
