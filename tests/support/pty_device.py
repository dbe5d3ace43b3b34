"""A device behind a real pty, as the rig meets a board: real time, bytes only, a power-on message, and it can be made to crash.

Inside runs the whole agent (simulator/stepper.py). What no agent does by itself is done on words: `!guru`, `!trace`, `!gone`.
"""

import os
import select
import threading
import tty
from pathlib import Path
from types import TracebackType

from simulator.device import InProcess
from tools.rig.stepped import SteppedWire

BOOT = b"ets Jul 29 2019 12:21:46\r\nrst:0x1 (POWERON_RESET),boot:0x13\r\n"
WORDS = {
    b"!guru": b"Guru Meditation Error: Core 1 panic'ed (LoadProhibited). Exception was unhandled.\r\n",
    b"!trace": b'Traceback (most recent call last):\r\n  File "agent/core.py", line 1, in pump\r\nValueError: 7\r\n',
    b"!reset": b"rst:0xc (SW_CPU_RESET),boot:0x13\r\n",
}
_TICK_S = 0.02


class PtyDevice:
    """A context: `name` is the path a rig opens. `deaf` answers nothing, as a board without a console does. With `link` the port is
    the board's own USB: a symbolic link there that leads nowhere for `away_s` after each restart."""

    def __init__(self, deaf: bool = False, link: Path | None = None, away_s: float = 0.3) -> None:
        self._deaf = deaf
        self._link = link
        self._away_s = away_s
        self._fds: tuple[int, ...] = ()
        self._plug_in()
        self.name = str(link) if link is not None else os.ttyname(self._fds[1])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _plug_in(self) -> None:
        self._fds = os.openpty()
        tty.setraw(self._fds[1])
        if self._link is not None:
            self._link.symlink_to(os.ttyname(self._fds[1]))

    def _unplug(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds = ()
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def _run(self) -> None:
        wire = SteppedWire("pty", InProcess())
        os.write(self._fds[0], BOOT)
        while not self._stop.is_set():
            master = self._fds[0]
            ready = select.select([master], [], [], _TICK_S)[0]
            data = os.read(master, 4096) if ready else b""
            for word, answer in WORDS.items():
                if word in data:
                    os.write(master, answer)
            if b"!gone" in data:
                self._unplug()
                return
            if not self._deaf:
                boots = wire.boots
                wire.write(data)
                wire.pass_time(20)
                os.write(master, wire.read(0))
                if wire.boots > boots:
                    self._restarted()

    def _restarted(self) -> None:
        if self._link is not None:
            self._stop.wait(_TICK_S)  # the last answer is on its way
            self._unplug()
            self._stop.wait(self._away_s)
            self._plug_in()
        os.write(self._fds[0], BOOT)

    def __enter__(self) -> "PtyDevice":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._unplug()
