"""One rig a port, also for ports the system cannot lock (socket://). The lock dies with its process."""

import fcntl
import hashlib
import os

from tools.errors import Problem
from tools.places import cache


class PortLock:
    def __init__(self, url: str) -> None:
        """Raises Problem when another rig holds the same port, by whatever name."""
        name = hashlib.sha256(os.path.realpath(url).encode()).hexdigest()[:16] if os.path.exists(url) else None
        folder = cache() / "locks"
        folder.mkdir(exist_ok=True)
        path = folder / (name or hashlib.sha256(url.encode()).hexdigest()[:16])
        self._file = path.open("a+")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._file.close()
            raise Problem("another rig holds the port", url, "Wait for it to end") from None

    def release(self) -> None:
        self._file.close()
