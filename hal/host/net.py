"""Sockets of the laptop that never wait. Hosts are numeric addresses: a name gets error 4, nobody is asked about it.

A stream keeps at most 4,096 bytes it was given and the network has not taken. `close` forgets those; what the system's
own buffer holds is still sent, as on the device.
"""

import errno
import socket
import ssl
from typing import TYPE_CHECKING

from .dial import Dial, Socket
from .lookup import numeric
from .numbers import CERTIFICATE, DOWN, OPENING, RESET, UP, stream_error
from .trust import context

if TYPE_CHECKING:
    from ..ports import Buffer, Tls

ROOM = 4096  # bytes taken by `write` and not yet by the network


class HostNet:
    def stream(self, host: str, port: int, tls: "Tls | None") -> "HostStream":
        return HostStream(host, port, tls)

    def datagram(self, host: str, port: int) -> "HostDatagram":
        """OSError when `host` is no numeric address, or its network cannot be reached at all."""
        return HostDatagram(host, port)


class HostStream:
    """hal.ports.Stream over TCP, or TLS with certificate and name checked."""

    def __init__(self, host: str, port: int, tls: "Tls | None") -> None:
        self.state = OPENING
        self.error = 0
        self._sock: Socket | None = None
        self._out = bytearray()
        self._dial: Dial | None = None
        try:
            trust = None if tls is None else context(tls.ca)
        except ssl.SSLError:  # no authority can be read: nobody is to be trusted
            self._end(CERTIFICATE)
            return
        self._dial = Dial(numeric(host, port) or [], trust, "" if tls is None else tls.name)

    def poll(self, now: int) -> None:
        if self._dial is not None:
            self._open(self._dial, now)
        if self._sock is not None:
            self._flush(self._sock)

    def write(self, buf: "Buffer", start: int, stop: int) -> int:
        if self._sock is None:
            return 0
        n = min(stop - start, ROOM - len(self._out))
        self._out += buf[start : start + n]
        self._flush(self._sock)
        return n

    def readinto(self, buf: "Buffer") -> int:
        if self._sock is None:
            return 0
        try:
            n = self._sock.recv_into(buf)
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return 0
        except OSError as error:
            self._end(stream_error(error))
            return 0
        if n == 0 and len(buf) > 0:
            self._end(RESET)  # the peer said goodbye
        return n

    def close(self) -> None:
        self._end(0)

    def _open(self, dial: Dial, now: int) -> None:
        dial.poll(now)
        if dial.state == DOWN:
            self._end(dial.error)
        elif dial.state == UP:
            self._sock = dial.take()
            self._dial = None
            self.state = UP

    def _flush(self, sock: Socket) -> None:
        try:
            while self._out:
                # A TLS write that had no room must be repeated with the same bytes (OpenSSL SSL_write(3)): they are in _out.
                del self._out[: sock.send(self._out)]
        except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
            return
        except OSError as error:
            self._end(stream_error(error))

    def _end(self, error: int) -> None:
        for part in (self._dial, self._sock):
            if part is not None:
                part.close()
        self._dial = self._sock = None
        self._out[:] = bytes(len(self._out))  # what was not sent is nobody's any more
        self._out.clear()
        self.state = DOWN
        self.error = error


class HostDatagram:
    """hal.ports.Datagram: a connected UDP socket, so that the system drops what others send."""

    def __init__(self, host: str, port: int) -> None:
        found = numeric(host, port)
        if not found:
            raise OSError(errno.EADDRNOTAVAIL, "a datagram needs a numeric address")
        family, address = found[0]
        self._sock = socket.socket(family, socket.SOCK_DGRAM)
        self._sock.setblocking(False)
        try:
            self._sock.connect(address)
        except OSError:
            self._sock.close()
            raise

    def send(self, buf: "Buffer", n: int) -> bool:
        try:
            self._sock.send(buf[:n])
        except OSError:  # no room, no route, or an ICMP refusal of an earlier one: UDP promises nothing
            return False
        return True

    def readinto(self, buf: "Buffer") -> int:
        try:
            return self._sock.recv_into(buf)  # what exceeds `buf` is cut off by the system
        except OSError:
            return 0

    def close(self) -> None:
        self._sock.close()
