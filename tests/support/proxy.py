"""A wire that fails on purpose, between a client under test and a broker.

It can swallow what one side says while the connection stays open (a half-open link), or cut every connection.
"""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Proxy:
    """`with Proxy(broker.port) as wire:` listens on `wire.port` and passes bytes on, each way, until told otherwise."""

    def __init__(self, upstream: int) -> None:
        self.upstream = upstream  # port of the broker that the next connection reaches
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.deaf_upward = False  # True: what the client says never reaches the broker
        self.deaf_downward = False  # True: what the broker says never reaches the client
        self.swallowed = bytearray()  # every byte that was not passed on
        self._news = threading.Condition()
        self._ends = [self._listener]
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        self._spawn(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _shut(self._listener)
        self.cut()
        for thread in self._threads:
            thread.join(10)
        for end in self._ends:  # only now: a number closed earlier could be another socket's by the time a thread reads
            end.close()

    def cut(self) -> None:
        """Ends every connection that exists now, both ways."""
        for end in self._ends[1:]:
            _shut(end)

    def expect_swallowed(self, wanted: bytes) -> None:
        """Waits until `wanted` is among the swallowed bytes."""
        with self._news:
            found = self._news.wait_for(lambda: wanted in self.swallowed, timeout=10)
        assert found, f"{wanted!r} was never swallowed: {bytes(self.swallowed)!r}"

    def _spawn(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.upstream))
            except OSError:
                _shut(near)
                self._ends.append(near)
                continue
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else each small packet waits 40 ms
            self._ends += [near, far]
            self._spawn(self._pump, near, far, True)
            self._spawn(self._pump, far, near, False)

    def _pump(self, source: socket.socket, sink: socket.socket, upward: bool) -> None:
        try:
            while data := source.recv(4096):
                if self.deaf_upward if upward else self.deaf_downward:
                    with self._news:
                        self.swallowed += data
                        self._news.notify_all()
                else:
                    sink.sendall(data)
        except OSError:
            pass  # the other direction or `cut` ended it
        _shut(source)
        _shut(sink)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):  # already over
        end.shutdown(socket.SHUT_RDWR)
