"""A serial line at the other end of a TCP connection: `socket://host:port`, as ser2net and GNSS servers offer it.

Own, because pyserial's waits up to 5 s to open and sleeps 0.3 s to close. `open_line`, called before anything runs, may
wait as long; opening the line again takes 50 ms at most.
"""

import errno
import select
import socket
from urllib.parse import urlsplit

from .dial import is_ready

_PATIENCE_S = 5.0  # for the first connection
_REOPEN_MS = 50  # a network across the room answers in one


class TcpLine:
    """Bytes both ways; a rate means nothing here. OSError once the other end is gone."""

    def __init__(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self._sock = sock
        self._family = sock.family
        self._peer = sock.getpeername()

    def read_into(self, buf: memoryview) -> int:
        try:
            n = self._sock.recv_into(buf)
        except BlockingIOError:
            return 0
        if n == 0 and len(buf) > 0:
            raise OSError(errno.EIO, "the other end of the line is gone")
        return n

    def write(self, data: memoryview) -> int:
        try:
            return self._sock.send(data)
        except BlockingIOError:
            return 0

    def rate(self) -> int:
        return 0

    def set_rate(self, rate: int) -> None:
        """The far end of the wire keeps the rate it was given there."""

    def close(self) -> None:
        self._sock.close()

    def reopen(self) -> None:
        """Connects again. Whatever takes longer goes on by itself; until then nothing is read and nothing taken."""
        self._sock = socket.socket(self._family, socket.SOCK_STREAM)
        self._sock.setblocking(False)
        code = self._sock.connect_ex(self._peer)
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "the line cannot be opened again")
        is_ready(self._sock, select.POLLOUT, _REOPEN_MS)


def open_line(url: str) -> TcpLine:
    """Connects and waits for it; ValueError with one line for a person when that fails."""
    parts = urlsplit(url)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or not port or parts.path not in ("", "/"):
        raise ValueError(f"the serial URL {url!r} is not of the form socket://host:port")
    try:
        return TcpLine(socket.create_connection((host, port), _PATIENCE_S))
    except OSError as error:
        raise ValueError(f"nobody answers at {url}: {error}; start what serves the line, or name another") from None
