"""Sockets on any MicroPython. Hosts are numeric addresses; a name is the resolver's matter (dns.py)."""

import errno
import socket

from micropython import const

from .stream import Stream, is_numeric

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, Tls


class Datagram:
    def __init__(self, host: str, port: int) -> None:
        if not is_numeric(host):
            raise OSError(errno.EINVAL)
        self._socket: "socket.socket | None" = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        # Connecting a UDP socket asks nobody: it makes the system drop what others send.
        self._socket.connect(socket.getaddrinfo(host, port)[0][-1])

    def send(self, buf: "Buffer", n: int) -> bool:
        if self._socket is None:
            return False
        try:
            return self._socket.send(memoryview(buf)[:n]) == n
        except OSError:
            return False  # no room, or nobody there: a datagram may be lost anyway

    def readinto(self, buf: "Buffer") -> int:
        if self._socket is None:
            return 0
        try:
            data = self._socket.recv(len(buf))  # one datagram; `readinto` would join several
        except OSError:
            return 0  # nothing there, or word that nobody listens
        buf[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None


class Net:
    def stream(self, host: str, port: int, tls: "Tls | None") -> Stream:
        return Stream(host, port, tls)

    def datagram(self, host: str, port: int) -> Datagram:
        return Datagram(host, port)
