"""The other side of a laptop's serial lines, consoles and sockets, for the contract suites."""

import os
import pty
import select
import socket
import termios
import tty

from hal.host.console import FdConsole, PtyConsole, UartConsole
from hal.host.net import HostNet, HostStream
from hal.host.uart import SerialUart
from tests.contract.host_bench import Bench, Far, available
from tests.contract.portable.suite import World

_BAUDS = {termios.B9600: 9_600, termios.B38400: 38_400, termios.B115200: 115_200}


def serial_uart(bench: Bench) -> tuple[SerialUart, object]:
    far, name = bench.pty()
    port = SerialUart(name, 9_600)
    bench.stack.callback(port.close)

    class _World(Far):
        def rate(self) -> int:
            return _BAUDS[termios.tcgetattr(far)[4]]

    return port, _World(far, far)


def socket_uart(bench: Bench) -> tuple[SerialUart, object]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = SerialUart(f"socket://127.0.0.1:{server.getsockname()[1]}")
        far, _ = server.accept()
    bench.stack.callback(port.close)
    bench.stack.callback(far.close)
    return port, Far(far.fileno(), far.fileno())


def pty_console(bench: Bench) -> tuple[PtyConsole, object]:
    port = PtyConsole()
    bench.stack.callback(port.close)
    near = os.open(port.name, os.O_RDWR | os.O_NOCTTY)

    class _World(Far):
        def vanish(self) -> None:
            os.close(near)

    return port, _World(near, near)


def pipe_console(bench: Bench) -> tuple[FdConsole, object]:
    (source, say), (hear, sink) = os.pipe(), os.pipe()
    open_ends = [source, say, hear, sink]
    bench.stack.callback(lambda: [os.close(end) for end in open_ends])

    class _World(Far):
        def vanish(self) -> None:
            for end in (say, hear):
                os.close(end)
                open_ends.remove(end)

    return FdConsole(source, sink), _World(hear, say)


def uart_console(bench: Bench) -> tuple[UartConsole, object]:
    far, near = pty.openpty()
    tty.setraw(near)
    uart = SerialUart(os.ttyname(near), 115_200)
    bench.stack.callback(uart.close)
    open_ends = [far, near]
    bench.stack.callback(lambda: [os.close(end) for end in open_ends])

    class _World(Far):
        def vanish(self) -> None:
            os.close(far)  # the adapter is pulled out: the line reports a hang-up
            open_ends.remove(far)

    return UartConsole(uart), _World(far, far)


class _NetWorld(World):
    """A TCP peer and a UDP peer on the loopback, each used by one check."""

    virtual = False

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self._bench = bench
        self._server = self._open(socket.create_server(("127.0.0.1", 0)))
        self._server.settimeout(10)
        self._udp = self._open(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.bind(("127.0.0.1", 0))
        self._peer: socket.socket | None = None
        self._heard = b""
        self._from: object = None

    def _open(self, sock: socket.socket) -> socket.socket:
        self._bench.stack.callback(sock.close)
        return sock

    def listen(self) -> tuple[str, int]:
        return self._server.getsockname()

    def deaf_port(self) -> tuple[str, int]:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            return closed.getsockname()

    def _end(self) -> socket.socket:
        if self._peer is None:
            self._peer = self._open(self._server.accept()[0])
        return self._peer

    def say(self, data: bytes) -> None:
        self._end().sendall(data)

    def heard(self) -> bytes:
        peer = self._end()
        self._heard += available(lambda: peer.recv(4096) if select.select([peer], [], [], 0)[0] else b"")
        return self._heard

    def hang_up(self) -> None:
        self._end().close()

    def echo(self) -> tuple[str, int]:
        return self._udp.getsockname()

    def datagrams(self) -> list[bytes]:
        found: list[bytes] = []
        while select.select([self._udp], [], [], 0)[0]:
            data, self._from = self._udp.recvfrom(4096)
            found.append(data)
        return found

    def answer(self, data: bytes) -> None:
        self._udp.sendto(data, self._from)  # pyright: ignore - an address, whatever its family

    def pause(self) -> None:
        pass  # the loopback delivers before the call that sent returns


def net(bench: Bench) -> tuple[HostNet, _NetWorld]:
    class _Closing(HostNet):
        """No check needs to close what it opened: this closes it afterwards."""

        def stream(self, host: str, port: int, tls: None) -> HostStream:
            stream = super().stream(host, port, tls)
            bench.stack.callback(stream.close)
            return stream

    return _Closing(), _NetWorld(bench)
