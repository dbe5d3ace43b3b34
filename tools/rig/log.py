"""One device's log: what it printed between frames, always written to a file, and the rig's own marks in between.

Marks name operations, lengths and status, never a value: what crosses the wire in frames may be a secret.
"""

import os
from pathlib import Path

from tools.rig import crash

TAIL = 4096  # bytes a failing test's report shows
_KEPT = 1 << 16  # bytes in which a crash is looked for


class DeviceLog:
    """Opened before the device, so that its first words are kept. Only its owner may read the file."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab", buffering=0)
        self._recent = bytearray()
        self._fresh = bytearray()  # since the last `start`
        self._resets = 0

    def text(self, data: bytes) -> None:
        """Bytes of the device."""
        self._file.write(data)
        for kept in (self._recent, self._fresh):
            kept += data
            del kept[:-_KEPT]

    def mark(self, words: str) -> None:
        """A line of ours."""
        broken = "" if not self._recent or self._recent.endswith(b"\n") else "\n"
        line = f"{broken}[rig] {words}\n".encode()
        self._file.write(line)
        self._recent += line
        del self._recent[:-_KEPT]

    def start(self) -> None:
        """From here on a crash is the next test's."""
        self._fresh.clear()
        self._resets = 0

    def expect_reset(self) -> None:
        self._resets += 1

    def crash(self) -> str | None:
        """One line about the first crash since `start`."""
        return crash.find(self._fresh.decode(errors="replace"), self._resets)

    def tail(self) -> str:
        return bytes(self._recent[-TAIL:]).decode(errors="replace")

    def close(self) -> None:
        self._file.close()
