"""The unix board in a real MicroPython process, on a pty as its serial line and another as its receiver's."""

import os
import subprocess
import threading
import time
import tty
from pathlib import Path
from types import TracebackType
from typing import Self

from tools import mpy
from tools.boards import load
from tools.places import ROOT
from tools.rig.client import Rig
from tools.rig.log import DeviceLog
from tools.rig.reset import NoReset
from tools.rig.serial import BAUD, SerialWire


def _line() -> tuple[int, int]:
    """Both ends of a pty that passes bytes as they are: the device's and the world's."""
    near, far = os.openpty()
    tty.setraw(far)
    return near, far


class UnixBoard:
    """`with UnixBoard(vm, umqtt, tmp_path) as board:` starts it anew whenever it ends, as a supervisor would.

    `starts` counts its lives; `feed` is what its receiver says. The heap is the board's budget on a 32-bit machine, and
    twice that where words are twice as long.
    """

    def __init__(self, vm: Path, umqtt: Path, folder: Path) -> None:
        heap = f"{load(ROOT / 'boards' / 'unix').budgets['heap_kb'] * (1 if '32' in vm.name else 2)}k"
        self._command = [str(vm), "-X", f"heapsize={heap}", "-m", "boards.unix.main"]
        self._console = _line()
        self._gps = _line()
        self._environment = os.environ | {
            "MICROPYPATH": f"{mpy.compiled()}:{umqtt}:.frozen",
            "AMACE_STATE": str(folder / "state"),
            "AMACE_GPS": os.ttyname(self._gps[1]),
        }
        self._log = DeviceLog(folder / "device.log")
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep)
        self._over = False
        self.starts = 0
        self.codes: list[int] = []

    def __enter__(self) -> Self:
        self._keeper.start()
        self.rig = Rig(SerialWire(os.ttyname(self._console[1]), BAUD, NoReset()), self._log)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over = True
        while self._keeper.is_alive():  # one that was just being started anew is ended, too
            if self._process is not None:
                self._process.kill()
            self._keeper.join(0.1)
        self.rig.close()
        for end in (*self._console, *self._gps):
            os.close(end)
        self._log.close()

    def feed(self, data: bytes) -> None:
        os.write(self._gps[0], data)

    def log(self) -> str:
        return self._log.tail()

    def _keep(self) -> None:
        while not self._over:
            self.starts += 1
            near = self._console[0]
            self._process = subprocess.Popen(self._command, stdin=near, stdout=near, stderr=near, env=self._environment)
            self.codes.append(self._process.wait())
            if self.codes[-1]:
                time.sleep(0.2)  # a start that fails at once must not fill the log
