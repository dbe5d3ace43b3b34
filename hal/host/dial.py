"""One outgoing connection, made without waiting: TCP, then TLS if asked. Out comes an open socket or a number.

Refuses a peer whose certificate or name does not hold; that ends the attempt, other addresses are not tried. Gives up
10 s after the first poll. A poll costs microseconds, with TLS a millisecond of arithmetic; it never waits for the network.
"""

import errno
import select
import socket
import ssl

from .lookup import Address
from .numbers import CERTIFICATE, DOWN, NAME_UNKNOWN, OPENING, TIMED_OUT, UP, stream_error
from .ticks import since

TOTAL_MS = 10_000  # security.md §8 row 3
_EACH_MS = 3_000  # for one of several addresses, so that a dead IPv6 route leaves time for IPv4

Socket = socket.socket | ssl.SSLSocket


def is_ready(sock: socket.socket, event: int, milliseconds: int = 0) -> bool:
    """Whether `sock` has `event` (select.POLLIN, select.POLLOUT) or an error to report."""
    poller = select.poll()
    poller.register(sock, event)
    return bool(poller.poll(milliseconds))


def _can_be_certified(name: str) -> bool:
    """Whether a certificate can carry `name` at all. Python would notice only after it took the socket, and lose it."""
    try:
        return bool(name) and "\0" not in name and bool(name.encode("idna"))
    except UnicodeError:
        return False


class Dial:
    """`state` and `error` are those of hal.ports.Stream. `name` is what the certificate must carry."""

    def __init__(self, addresses: list[Address], context: ssl.SSLContext | None, name: str = "") -> None:
        self.state = OPENING
        self.error = 0
        self._left = list(addresses)
        self._context = context
        self._name = name
        self._plain: socket.socket | None = None
        self._secure: ssl.SSLSocket | None = None
        self._wants = select.POLLOUT
        self._start = -1
        self._tried = 0
        if not addresses:
            self._fail(NAME_UNKNOWN)
        elif context is not None and not _can_be_certified(name):
            self._fail(CERTIFICATE)

    def poll(self, now: int) -> None:
        if self.state != OPENING:
            return
        if self._start < 0:
            self._start = self._tried = now
        if since(now, self._start) >= TOTAL_MS:
            self._fail(TIMED_OUT)
        elif self._secure is not None:
            self._shake(self._secure)
        elif self._plain is not None:
            self._connected(self._plain, now)
        else:
            self._next(now)

    def connection(self) -> Socket | None:
        """What to wait on, for callers that may wait."""
        return self._secure or self._plain

    def wants(self) -> int:
        """The event to wait for: select.POLLIN or select.POLLOUT."""
        return self._wants

    def take(self) -> Socket:
        """Hands the open socket over; the caller closes it."""
        sock = self.connection()
        assert sock is not None
        self._plain = self._secure = None
        return sock

    def close(self) -> None:
        for sock in (self._plain, self._secure):
            if sock is not None:
                sock.close()
        self._plain = self._secure = None
        self.state = DOWN

    def _fail(self, error: int) -> None:
        self.close()
        self.error = error

    def _next(self, now: int) -> None:
        family, address = self._left.pop(0)
        self._tried = now
        self._wants = select.POLLOUT
        try:
            self._plain = socket.socket(family, socket.SOCK_STREAM)
            self._plain.setblocking(False)
            code = self._plain.connect_ex(address)
        except OSError as error:  # a family this system lacks
            self._another(stream_error(error))
            return
        if code not in (0, errno.EINPROGRESS):
            self._another(stream_error(OSError(code, "")))

    def _another(self, error: int) -> None:
        """This address failed: the next poll tries the next one, if there is one."""
        if not self._left:
            self._fail(error)
        elif self._plain is not None:
            self._plain.close()
            self._plain = None

    def _connected(self, sock: socket.socket, now: int) -> None:
        if not is_ready(sock, select.POLLOUT):
            if self._left and since(now, self._tried) >= _EACH_MS:
                self._another(TIMED_OUT)
            return
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._another(stream_error(OSError(code, "")))
            return
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # messages are small and wanted at once
        if self._context is None:
            self.state = UP
            return
        try:
            self._secure = self._context.wrap_socket(sock, server_hostname=self._name, do_handshake_on_connect=False)
        except OSError as error:
            self._fail(stream_error(error))
            return
        self._plain = None  # wrap_socket took its descriptor
        self._shake(self._secure)

    def _shake(self, sock: ssl.SSLSocket) -> None:
        try:
            sock.do_handshake()
        except ssl.SSLWantReadError:
            self._wants = select.POLLIN
        except ssl.SSLWantWriteError:
            self._wants = select.POLLOUT
        except OSError as error:
            self._fail(stream_error(error))
        else:
            self.state = UP
