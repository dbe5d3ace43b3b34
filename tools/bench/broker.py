"""A mosquitto of our own for one measurement: a free loopback port, no files, gone afterwards."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tools import fetch
from tools.errors import Problem

_PATIENCE_S = 10


@contextmanager
def broker() -> Generator[int]:
    """Yields the port of a running broker."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "mosquitto.conf")
        config.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\npersistence false\n")
        process = subprocess.Popen(
            [str(fetch.mosquitto()), "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await(port)
            yield port
        finally:
            process.terminate()
            process.wait()


def _await(port: int) -> None:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.01)  # a broker starts in some 5 ms
        else:
            return
    raise Problem("the broker did not start", f"port {port}", "Run mosquitto by hand and read what it says")
