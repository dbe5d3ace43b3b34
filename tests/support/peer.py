"""A scripted broker: says exactly these bytes, right or wrong, and keeps what it heard. One thread: the test's own."""

import select
import socket
from types import TracebackType
from typing import Self

CONNACK = b"\x20\x02\x00\x00"
SUBACK = b"\x90\x03\x00\x01\x01"  # to packet id 1, the first a client uses


class Peer:
    """`with Peer() as peer:` listens on `peer.port`; `accept` takes the next connection."""

    def __init__(self, receive_buffer: int = 0) -> None:
        self._server = socket.socket()
        if receive_buffer:  # before listen: accepted sockets inherit it (tcp(7))
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._server.bind(("127.0.0.1", 0))
        self._server.listen()
        self._server.settimeout(10)
        self.port: int = self._server.getsockname()[1]
        self._sockets = [self._server]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in self._sockets:
            sock.close()

    def accept(self) -> None:
        """Waits for the next connection and turns to it."""
        sock, _ = self._server.accept()
        sock.settimeout(10)
        self._sockets.append(sock)

    def say(self, data: bytes) -> None:
        self._sockets[-1].sendall(data)

    def hear(self) -> bytes:
        """What has arrived by now."""
        data = b""
        while select.select([self._sockets[-1]], [], [], 0)[0] and (piece := self._sockets[-1].recv(65_536)):
            data += piece
        return data

    def hear_some(self) -> bytes:
        """Waits for bytes, b"" at the end; ConnectionResetError."""
        return self._sockets[-1].recv(65_536)

    def arrived(self) -> bool:
        """Whether there is something to hear."""
        return bool(select.select([self._sockets[-1]], [], [], 0)[0])

    def has_caller(self) -> bool:
        """Whether a connection waits to be accepted."""
        return bool(select.select([self._server], [], [], 0)[0])

    def hear_all(self) -> tuple[int, bool]:
        """Waits for the end: how many bytes came, and whether it was a reset (True) or a goodbye (False)."""
        count = 0
        try:
            while piece := self._sockets[-1].recv(65_536):
                count += len(piece)
        except ConnectionResetError:
            return count, True
        return count, False

    def hang_up(self) -> None:
        self._sockets.pop().close()


def publish(topic: bytes, payload: bytes = b"", qos: int = 0) -> bytes:
    """A PUBLISH packet, packet id 5 where it has one (MQTT 3.1.1 §3.3)."""
    body = len(topic).to_bytes(2, "big") + topic + (b"\x00\x05" if qos else b"") + payload
    return bytes([0x30 | qos << 1]) + _remaining_length(len(body)) + body


def _remaining_length(n: int) -> bytes:
    """MQTT 3.1.1 §2.2.3."""
    out = bytearray()
    while True:
        n, digit = divmod(n, 128)
        out.append(digit | (0x80 if n else 0))
        if not n:
            return bytes(out)
