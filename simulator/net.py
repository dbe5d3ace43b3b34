"""Sockets in memory: the map of who listens where, and datagrams. Device syntax. Streams are stream.py's, their far sides peer.py's.

Refuses a datagram longer than MAX_DATAGRAM (False) and an address that is not numeric (OSError). What finds no room, or
nobody, is lost without a word: that is what datagrams are.
"""

import errno

from micropython import const

from simulator.peer import Listener
from simulator.stream import Stream, is_numeric

_TYPING = const(False)
if _TYPING:
    from hal.ports import Buffer, Tls

INBOX = 4  # datagrams that wait at either side
MAX_DATAGRAM = 1472  # an Ethernet frame without the headers of IPv4 and UDP


class Far:
    """A datagram peer: what it got and the world has not cleared, at most INBOX, and an answer to the last sender."""

    def __init__(self) -> None:
        self.got: "list[bytes]" = []
        self._sender: "Datagram | None" = None

    def receive(self, data: bytes, sender: "Datagram") -> None:
        if len(self.got) < INBOX:
            self.got.append(data)
            self._sender = sender

    def answer(self, data: bytes) -> None:
        if self._sender is not None:
            self._sender.receive(data)


class Datagram:
    """hal.ports.Datagram."""

    def __init__(self, fars: "dict[tuple[str, int], Far]", host: str, port: int) -> None:
        if not is_numeric(host):
            raise OSError(errno.EINVAL)
        self._fars = fars
        self._open = True
        self._address = (host, port)
        self._inbox: "list[bytes]" = []

    def send(self, buf: "Buffer", n: int) -> bool:
        if not self._open or n > MAX_DATAGRAM:
            return False
        far = self._fars.get(self._address)
        if far is not None:
            far.receive(bytes(buf[:n]), self)
        return True

    def readinto(self, buf: "Buffer") -> int:
        if not self._inbox:
            return 0
        data = self._inbox.pop(0)[: len(buf)]
        buf[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._open = False
        self._inbox = []

    def receive(self, data: bytes) -> None:
        if self._open and len(self._inbox) < INBOX:
            self._inbox.append(data)


class Net:
    """hal.ports.Net, and the map of who listens where."""

    def __init__(self) -> None:
        self._listeners: "dict[tuple[str, int], Listener]" = {}
        self._fars: "dict[tuple[str, int], Far]" = {}

    def stream(self, host: str, port: int, tls: "Tls | None") -> Stream:
        return Stream(self._listeners, host, port, tls)

    def datagram(self, host: str, port: int) -> Datagram:
        return Datagram(self._fars, host, port)

    def listen(self, host: str, port: int, name: str = "", authority: bytes = b"") -> Listener:
        made = self._listeners[(host, port)] = Listener(name, authority)
        return made

    def deafen(self, host: str, port: int) -> None:
        """Nobody listens there any more; open streams stay."""
        self._listeners.pop((host, port), None)

    def listen_datagrams(self, host: str, port: int) -> Far:
        made = self._fars[(host, port)] = Far()
        return made
