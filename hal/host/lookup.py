"""Host names to addresses beside the polled world: the system's resolver blocks, so it runs on a thread of its own.

At most one thread per name: while the resolver hangs, asking again waits for the same answer. For host tools only; the
agent's own names are resolved by its sans-io client.
"""

import socket
import threading

Address = tuple[socket.AddressFamily, tuple[str, int]]
"""Family, and host and port in numbers."""


def numeric(host: str, port: int) -> list[Address] | None:
    """The address itself when `host` is one, else None. Asks nobody."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (socket.gaierror, UnicodeError):
        return None
    return [(family, (str(address[0]), port)) for family, _, _, _, address in found]


def ask_system(host: str, port: int) -> list[Address]:
    """What the system's resolver says, [] when it knows nothing. Blocks."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return [(family, (str(address[0]), port)) for family, _, _, _, address in found]


class Lookup:
    """One name's addresses, asked for again on every `start`."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._thread: threading.Thread | None = None
        self._found = numeric(host, port)
        self._fixed = self._found is not None

    def start(self) -> None:
        """Forgets the last answer and asks anew, unless a question is still out."""
        if self._fixed or (self._thread is not None and self._thread.is_alive()):
            return
        self._found = None
        self._thread = threading.Thread(target=self._run, daemon=True)  # a hung resolver must not hold up the exit
        self._thread.start()

    def addresses(self) -> list[Address] | None:
        """None while the answer is out, [] when the name is unknown."""
        return self._found

    def wait(self, seconds: float) -> None:
        """For callers that may wait: until the answer is there, `seconds` at most."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        self._found = ask_system(self._host, self._port)
