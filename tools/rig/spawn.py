"""A device that is a process on a pty: started as a board is powered, started again whenever it ends, as a board resets.

The process gets the master as stdin and stdout, the rig opens the slave by its path, like any serial port. Its state lies in a
folder that can be emptied: such a device can be had fresh from the factory. What it prints to stderr is log, too.
"""

import os
import shutil
import subprocess
import tempfile
import threading
import tty
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.rig.reset import NoReset
from tools.rig.serial import BAUD, SerialWire

_PAUSE_S = 0.05  # between an end and the next start: a process that cannot start must not burn the machine


class Process:
    """`command` finds the folder of its state in $AMACE_STATE; `path` is what a rig opens."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self.state = Path(tempfile.mkdtemp(prefix="amace-device-"))
        self._command = list(command)
        self._environment = {**os.environ, **environment, "AMACE_STATE": str(self.state)}
        self._folder = folder
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._process = self._start()
        self._keeper = threading.Thread(target=self._keep, daemon=True)
        self._keeper.start()

    def _start(self) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdin=self._master,
            stdout=self._master,
            stderr=self._master,
        )

    def _keep(self) -> None:
        """The power supply: what ended is started again."""
        while not self._closing.is_set():
            self._process.wait()
            self._closing.wait(_PAUSE_S)
            with self._lock:
                if not self._closing.is_set() and self._process.poll() is not None:
                    self._process = self._start()

    def reset(self) -> None:
        """As a reset button does: no goodbye."""
        self._process.kill()

    def clear(self) -> None:
        """Stops it, empties its state, starts it."""
        with self._lock:
            self._process.kill()
            self._process.wait()
            shutil.rmtree(self.state)
            self.state.mkdir(mode=0o700)

    def close(self) -> None:
        self._closing.set()
        with self._lock:
            self._process.kill()
        self._keeper.join()
        self._process.wait()
        os.close(self._master)
        os.close(self._slave)
        shutil.rmtree(self.state, ignore_errors=True)


class SpawnedWire(SerialWire):
    """The rig's end of such a process."""

    def __init__(self, name: str, process: Process) -> None:
        super().__init__(process.path, BAUD, NoReset())
        self.name = name
        self.features = frozenset({"factory", "reset"})
        self._process = process

    def reset(self) -> None:
        self._process.reset()

    def factory(self) -> None:
        self._process.clear()

    def close(self) -> None:
        super().close()
        self._process.close()
