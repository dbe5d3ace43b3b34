"""Small named values in one file that only its owner can read. Durable when `put` returns, whole after any power cut.

Written beside the old file, flushed, then renamed over it. Refuses a file that others can read, one that is damaged
(rather than starting empty and enrolling anew), and anything past the limits. A laptop's disk may keep the old bytes
after a `drop`: use an encrypted disk where that matters; a board shreds.
"""

import errno
import json
import os
import stat
from pathlib import Path

MAX_NAME = 15  # characters: what NVS on the ESP32 takes
MAX_VALUE = 1_024  # bytes
MAX_ENTRIES = 64

_MAX_FILE = MAX_ENTRIES * (2 * MAX_VALUE + 32)  # bytes: every value in hexadecimal with its name


class FileSecrets:
    """hal.ports.Secrets. The folder of `path` must exist."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)

    def get(self, name: str) -> bytes | None:
        return self._values.get(name)

    def put(self, name: str, value: bytes | bytearray | memoryview) -> None:
        if not 0 < len(name) <= MAX_NAME or not name.isascii() or len(value) > MAX_VALUE:
            raise OSError(
                errno.EINVAL, f"a secret has 1 to {MAX_NAME} characters of name and {MAX_VALUE} bytes at most"
            )
        if name not in self._values and len(self._values) == MAX_ENTRIES:
            raise OSError(errno.ENOSPC, f"more than {MAX_ENTRIES} secrets")
        self._save(self._values | {name: bytes(value)})

    def drop(self, name: str) -> None:
        if name in self._values:
            self._save({kept: value for kept, value in self._values.items() if kept != name})

    def _save(self, values: dict[str, bytes]) -> None:
        """What is in memory changes only once the disk has it."""
        text = json.dumps({name: value.hex() for name, value in sorted(values.items())})
        draft = self._path.with_name(self._path.name + ".new")
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(fd, "w") as file:
            os.fchmod(fd, 0o600)  # a draft left by a power cut keeps its own mode
            file.write(text)
            file.flush()
            os.fsync(fd)
        draft.replace(self._path)
        _sync_folder(self._path.parent)
        self._values = values


def _sync_folder(folder: Path) -> None:
    """The rename itself must reach the disk (fsync(2): the directory entry is the folder's data)."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _read(path: Path) -> dict[str, bytes]:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        return {}
    with os.fdopen(fd, "rb") as file:
        if stat.S_IMODE(os.fstat(fd).st_mode) & 0o077:
            raise OSError(errno.EPERM, f"others can read {path}: chmod 600 it, and count what it holds as known")
        raw = file.read(_MAX_FILE + 1)
    try:
        return _values_of(raw)
    except (ValueError, TypeError, AttributeError):
        raise OSError(errno.EIO, f"{path} is damaged; restore it, or remove it and enrol again") from None


def _values_of(raw: bytes) -> dict[str, bytes]:
    found: dict[str, str] = json.loads(raw) if len(raw) <= _MAX_FILE else {}
    values = {name: bytes.fromhex(text) for name, text in found.items()}
    wrong = any(not 0 < len(name) <= MAX_NAME or len(value) > MAX_VALUE for name, value in values.items())
    if wrong or len(raw) > _MAX_FILE or len(values) > MAX_ENTRIES:
        raise ValueError
    return values
