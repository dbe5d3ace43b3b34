"""A board's ROM loader, asked and told through esptool: one process a question, its last words when it fails.

After the first answer the port is known to be there: a board whose USB is its own vanishes for a second after each reset, so
later calls try to open it again for a while. Refuses another chip than the board's.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools.errors import Problem
from tools.image import lines, partitions
from tools.image.lines import Line
from tools.image.partitions import Partition
from tools.image.target import SIZES, Target

_OPENINGS = "ESPTOOL_OPEN_PORT_ATTEMPTS"  # read by esptool: ten a second
_AGAIN = 50
_STDERR = 2  # results go to stdout, progress does not
_SIZE = re.compile(r"Detected flash size: (\d+)MB")
_CHIP = re.compile(r"This chip is ([\w-]+),")
_FATAL = re.compile(r"A (?:fatal|serial exception) error occurred: (.*)", re.DOTALL)


class Loader:
    def __init__(self, target: Target, port: str) -> None:
        self._target = target
        self._port = port
        self._known = False  # the port was open once

    def check_chip(self) -> None:
        """Refuses a chip of another family, and a flash smaller than the map."""
        said = self._ask(lines.esptool(self._target, self._port, "flash-id"))
        found = _SIZE.search(said)
        size = int(found[1]) << 20 if found else 0
        if size < SIZES[self._target.flash]:
            known = f"{found[1]} MB" if found else "an unknown size"
            raise Problem(f"the flash has {known}", self._port, f"{self._target.name} needs {self._target.flash}")

    def table(self) -> list[Partition] | None:
        """The partitions the device has now; empty when erased, None when what lies there is no table."""
        with tempfile.TemporaryDirectory() as scratch:
            copy = Path(scratch, "table.bin")
            place = (f"{partitions.OFFSET:#x}", f"{partitions.SIZE:#x}")
            self._ask(lines.esptool(self._target, self._port, "read-flash", *place, str(copy)))
            try:
                return partitions.decode(copy.read_bytes(), self._port)
            except Problem:
                return None

    def run(self, line: Line) -> None:
        """Runs one line with its progress on stderr."""
        done = subprocess.run(_command(line), env=self._environment(), stdout=_STDERR, check=False)
        if done.returncode:
            mend = "Start again: what it wrote is checked. A bad cable may want --baud 115200"
            raise Problem("esptool could not finish, see above", self._port, mend)

    def _ask(self, line: Line) -> str:
        done = subprocess.run(
            _command(line),
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise self._problem(done.stdout)
        self._known = True
        return done.stdout

    def _environment(self) -> dict[str, str]:
        # Plain text without wrapping, whatever the terminal: it is read by a program.
        quiet = {"NO_COLOR": "1", "COLUMNS": "1000"}
        return {**os.environ, **quiet, _OPENINGS: str(_AGAIN if self._known else 1)}

    def _problem(self, said: str) -> Problem:
        other = _CHIP.search(said)
        if other:
            return Problem(f"the chip is {other[1]}", self._port, f"{self._target.name} has {self._target.chip}")
        fatal = _FATAL.search(said)
        why = (fatal[1] if fatal else said).strip().splitlines()
        return Problem(
            f"the board's loader does not answer: {why[0] if why else 'esptool says nothing'}",
            self._port,
            "Hold BOOT, press RESET, let go; close other programs on the port",
        )


def _command(line: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", *line]
