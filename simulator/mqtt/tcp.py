"""The broker on a real port: TCP, and TLS with the caller's `ssl.SSLContext`. The only file here that does I/O.

`Listener` is polled by whoever owns the time: the simulator between two steps, or `Server`, a thread in real time.
Refuses connections beyond the broker's limit, and closes those whose TLS handshake fails.
"""

import contextlib
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from types import TracebackType
from typing import Self

from simulator.mqtt.broker import Broker
from simulator.mqtt.connection import Connection
from simulator.mqtt.tls import PIECE, Plain, Tls


def milliseconds() -> int:
    """The real clock: monotonic, never wraps."""
    return time.monotonic_ns() // 1_000_000


class _Peer:
    """One socket, its TLS, and its connection to the broker."""

    def __init__(self, end: socket.socket, coat: Plain | Tls, conn: Connection) -> None:
        self.end = end
        self.conn = conn
        self.gone = False
        self._coat = coat
        self._unsent = b""

    def read(self, now: int) -> None:
        try:
            data = self.end.recv(PIECE)
            if not data:
                raise ConnectionError("the peer hung up")
        except BlockingIOError:
            return
        except OSError:
            self.conn.close(now)
            return
        self.conn.feed(self._coat.inward(data), now)
        if self._coat.over:
            self.conn.close(now)

    def write(self, now: int) -> bool:
        """Sends what there is; True while something is left over. Further bytes stay with the broker until then.

        Once the broker has ended the connection, one attempt has to do: sockets of clients that do not read would pile up.
        """
        try:
            self._unsent = self._unsent or self._coat.outward(self.conn.take())
            while self._unsent:
                sent = self.end.send(self._unsent)
                self._unsent = self._unsent[sent:] or self._coat.outward(self.conn.take())
        except BlockingIOError:
            pass
        except OSError:  # ssl.SSLError is one
            self.conn.close(now)
        self.gone = self.conn.closed
        return bool(self._unsent)

    def hang_up(self) -> None:
        with contextlib.suppress(OSError):  # the peer was faster
            self.end.shutdown(socket.SHUT_RDWR)
        self.end.close()


class Listener:
    """Accepts MQTT clients on `port` (0 picks a free one). OSError when it is taken.

    `clock` gives the `now` of every call into the broker. `timed=False` when that clock is not the clients': they are
    then not judged by their keep alive.
    """

    def __init__(
        self,
        broker: Broker,
        clock: Callable[[], int] = milliseconds,
        host: str = "127.0.0.1",
        port: int = 0,
        context: ssl.SSLContext | None = None,
        timed: bool = True,
    ) -> None:
        self.broker = broker
        self._clock = clock
        self._context = context
        self._timed = timed
        self._socket = socket.create_server((host, port), backlog=128)
        self._socket.setblocking(False)
        self.port: int = self._socket.getsockname()[1]
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._socket, selectors.EVENT_READ)
        self._peers: dict[int, _Peer] = {}
        self._count = 0

    def poll(self, timeout_s: float = 0.0) -> None:
        """Waits up to `timeout_s` for sockets, then moves every byte that can be moved."""
        self.move(self.wait(timeout_s))

    def wait(self, timeout_s: float | None) -> list[int]:
        """The sockets that can be read, or written again; None waits for ever. Touches no broker."""
        return [key.fd for key, _ in self._selector.select(timeout_s)]

    def move(self, ready: list[int]) -> None:
        now = self._clock()
        for number in ready:
            if number == self._socket.fileno():
                self._accept(now)
            elif number in self._peers:
                self._peers[number].read(now)
        self.flush()

    def flush(self) -> None:
        """Sends what the broker has for its clients, and hangs up where it has ended."""
        now = self._clock()
        for number, peer in list(self._peers.items()):
            left = peer.write(now)
            if peer.gone:
                self._selector.unregister(peer.end)
                peer.hang_up()
                del self._peers[number]
            else:
                self._selector.modify(peer.end, selectors.EVENT_READ | (selectors.EVENT_WRITE if left else 0))

    def watch(self, end: socket.socket) -> None:
        """Lets `end` interrupt `wait` too."""
        self._selector.register(end, selectors.EVENT_READ)

    def close(self) -> None:
        """Hangs up on everybody; wills are published, to nobody."""
        for peer in self._peers.values():
            peer.conn.close(self._clock())
            peer.hang_up()
        self._peers.clear()
        self._selector.close()
        self._socket.close()

    def _accept(self, now: int) -> None:
        try:
            end, _ = self._socket.accept()
        except OSError:  # it hung up before we came
            return
        end.setblocking(False)
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._count += 1
        coat = Tls(self._context) if self._context else Plain()
        conn = self.broker.connect(f"tcp-{self._count}", now, self._timed)
        self._peers[end.fileno()] = _Peer(end, coat, conn)
        self._selector.register(end, selectors.EVENT_READ)


class Server:
    """`with Server(broker) as server:` serves real clients on `server.port`, from a thread, in real time.

    Meanwhile the broker is touched only inside `with server.hold() as broker:`.
    """

    def __init__(
        self, broker: Broker, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None
    ) -> None:
        self._listener = Listener(broker, milliseconds, host, port, context)
        self.port = self._listener.port
        self._lock = threading.Lock()
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._listener.watch(self._ear)
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending = True
        self._bell.send(b"!")
        self._thread.join()
        self._listener.close()
        self._bell.close()
        self._ear.close()

    @contextlib.contextmanager
    def hold(self) -> Generator[Broker]:
        """The broker, to read or to change; what it has to send goes out afterwards."""
        with self._lock:
            yield self._listener.broker
        self._bell.send(b"!")

    def _run(self) -> None:
        broker = self._listener.broker
        while not self._ending:
            with self._lock:
                due = broker.deadline()
            ready = self._listener.wait(None if due is None else max(due - milliseconds(), 0) / 1000)
            if self._ear.fileno() in ready:
                self._ear.recv(PIECE)
            with self._lock:
                broker.on_time(milliseconds())
                self._listener.move(ready)
