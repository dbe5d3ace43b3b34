"""One real mosquitto per test, on a free loopback port, with its own configuration and its log at hand.

Waiting is for a line of the log, never for a time: a broker is ready once it says so (4 to 7 ms).
"""

import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import Identity

_RUNNING = r"mosquitto version \S+ running"
_PATIENCE_S = 10.0  # a busy machine; a wait that succeeds takes milliseconds


def free_port() -> int:
    """A loopback port that nobody held a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """`with Mosquitto(program, tmp_path) as broker:` runs one. TLS when `identity` is given, else plain TCP.

    `program` is the path of mosquitto (the `mosquitto` fixture). `lines` are further lines of its configuration; with
    any line about passwords or access, give `anonymous=False`. Persistence is off: a restarted broker knows nothing.
    """

    def __init__(
        self,
        program: Path,
        folder: Path,
        identity: Identity | None = None,
        lines: Iterable[str] = (),
        anonymous: bool = True,
    ) -> None:
        self.port = free_port()
        self._program = program
        self._folder = folder
        self._identity = identity
        self._lines = list(lines)
        self._anonymous = anonymous
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._log: list[str] = []
        self._ended = False
        self._news = threading.Condition()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Starts it, on the same port as before when it was stopped; returns once it takes connections."""
        for attempt in range(5):
            starts = self.count(_RUNNING)
            self._launch()
            try:
                self.expect(_RUNNING, starts + 1)
                return
            except AssertionError:
                taken = "Address already in use" in self.log()
                self.stop()
                if not taken or attempt == 4:
                    raise
                self.port = free_port()  # another program took it between our look and mosquitto's

    def stop(self) -> None:
        """Ends it like a power cut: no DISCONNECT to anybody, no file written."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        assert self._reader is not None
        assert process.stderr is not None
        self._reader.join(_PATIENCE_S)
        process.stderr.close()

    def log(self) -> str:
        """Everything it has said since it was first started."""
        with self._news:
            return "\n".join(self._log)

    def count(self, pattern: str) -> int:
        """Lines of the log so far that match a regular expression."""
        with self._news:
            return sum(re.search(pattern, line) is not None for line in self._log)

    def expect(self, pattern: str, times: int = 1) -> None:
        """Waits until `times` lines match `pattern`; AssertionError with the log when that does not happen."""
        end = time.monotonic() + _PATIENCE_S
        with self._news:
            while self.count(pattern) < times:
                left = end - time.monotonic()
                waits = left > 0 and not self._ended
                assert waits, f"no {pattern!r} in mosquitto's log:\n{self.log()}"
                self._news.wait(left)

    def _launch(self) -> None:
        self._ended = False
        path = self._folder / f"mosquitto-{self.port}.conf"
        path.write_text(self._configuration())
        command = [str(self._program), "-c", str(path)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self._reader = threading.Thread(target=self._read, args=(self._process,), daemon=True)
        self._reader.start()

    def _configuration(self) -> str:
        lines = [
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'true' if self._anonymous else 'false'}",
            "log_dest stderr",
            "log_type all",
            "connection_messages true",
        ]
        if os.geteuid() == 0:
            lines.append("user root")  # else it drops to a user who cannot read the test's folder
        if self._identity is not None:
            certificate, key = self._identity.save(self._folder)
            lines += [f"certfile {certificate}", f"keyfile {key}"]
        return "\n".join(lines + self._lines) + "\n"

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            with self._news:
                self._log.append(line.decode(errors="replace").rstrip())
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()
