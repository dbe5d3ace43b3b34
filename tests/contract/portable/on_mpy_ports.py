"""hal/mpy, the ports of any MicroPython, held to their contracts on a machine: over loopback sockets and files."""

import asyncio
import os
import select
import socket
import time

from hal.mpy import flash
from hal.mpy.clock import Clock
from hal.mpy.console import Console
from hal.mpy.entropy import Entropy
from hal.mpy.later import later
from hal.mpy.line import Receiver, Uart
from hal.mpy.net import Net
from hal.mpy.secrets import Secrets
from hal.mpy.wired import Wired, name_servers
from tests.contract.portable import (
    contract_clock,
    contract_console,
    contract_entropy,
    contract_flash,
    contract_net,
    contract_secrets,
    contract_uart,
    suite,
)

_FILE = "on_mpy_ports.bin"


def _remove() -> None:
    try:
        os.remove(_FILE)
    except OSError:
        pass  # the first check of a suite finds none


class _Pair:
    """Two ends of one loopback connection: the port's is `near`."""

    def __init__(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        port = _bind(listener)
        listener.listen(1)
        self.near = socket.socket()
        self.near.connect(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        self._far = listener.accept()[0]
        self._far.setblocking(False)
        listener.close()
        self._port = None

    def receive(self, data: bytes) -> None:
        self._far.write(data)

    def sent(self) -> bytes:
        return self._far.read() or b""

    def vanish(self) -> None:
        self._far.close()

    def rate(self) -> int:
        return self._port.rate


def _bind(sock: "socket.socket") -> int:
    """A free port: this machine's `socket` cannot tell which one it was given."""
    for _ in range(50):
        port = 20_000 + int.from_bytes(os.urandom(2), "big") % 40_000
        try:
            sock.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
            return port
        except OSError:
            continue  # taken
    raise OSError


class _SentOnce(_Pair):
    """`sent` of the contract is everything so far; a socket gives each byte once."""

    def __init__(self) -> None:
        super().__init__()
        self._all = b""

    def sent(self) -> bytes:
        self._all += super().sent()
        return self._all


def test_a_uart_on_a_stream_keeps_the_contract() -> None:
    """The unix board's receiver is such a line."""

    def make() -> tuple:
        world = _SentOnce()
        world._port = Uart(world.near, world.near)
        return world._port, world

    suite.hold(suite.checks(contract_uart), make)


def test_a_console_on_a_stream_keeps_the_contract() -> None:
    """The rig's frames are binary, and the rig may leave."""

    def make() -> tuple:
        world = _SentOnce()
        return Console(world.near, world.near), world

    suite.hold(suite.checks(contract_console), make)


def test_a_receiver_whose_power_is_not_ours_is_not_listened_to() -> None:
    """What it said while nobody had a right to hear is thrown away, not kept for the next grant."""
    world = _Pair()
    receiver = Receiver(world.near)
    buf = bytearray(32)
    world.receive(b"before the grant")
    time.sleep_ms(5)
    assert receiver.readinto(buf) == 0
    receiver.set(True)
    assert receiver.readinto(buf) == 0
    world.receive(b"after it")
    time.sleep_ms(5)
    assert receiver.readinto(buf) == 8
    world.receive(b"under way")
    time.sleep_ms(5)
    receiver.set(False)
    receiver.set(True)
    assert receiver.readinto(buf) == 0


def test_later_calls_once_and_only_while_the_loop_waits() -> None:
    """A receiver that forgets must not do so in the middle of a decision."""
    called = []

    async def main() -> None:
        later(5, lambda: called.append("later"))
        called.append("deciding")
        await asyncio.sleep_ms(40)

    later(1, lambda: called.append("before the loop"))
    assert not called
    asyncio.run(main())
    assert called == ["deciding", "before the loop", "later"]


def test_a_wired_network_is_up_when_it_is_joined() -> None:
    """The computer's own: no name, no password, no signal to lose."""
    wifi = Wired()
    assert (wifi.state, wifi.rssi()) == (0, 0)
    wifi.join(b"any", b"")
    wifi.poll(0)
    assert (wifi.state, wifi.error) == (2, 0)
    assert wifi.rssi() < 0
    wifi.leave()
    assert (wifi.state, wifi.rssi()) == (0, 0)
    assert type(name_servers()) is list


class _Time:
    fresh = False  # this computer has a clock

    def advance(self, ms: int) -> None:
        time.sleep_ms(ms)


def test_the_clock_keeps_the_contract() -> None:
    """Ticks of the 64-bit machine do not wrap by themselves."""
    suite.hold(suite.checks(contract_clock), lambda: (Clock(), _Time()))


class _Chance:
    def again(self) -> None:
        return None


def test_entropy_keeps_the_contract() -> None:
    """Nonces come from here."""
    suite.hold(suite.checks(contract_entropy), lambda: (Entropy(), _Chance()))


class _Storage:
    def restart(self) -> Secrets:
        return Secrets(_FILE)


def test_secrets_in_a_file_keep_the_contract() -> None:
    """Keys of a device without NVS."""

    def make() -> tuple:
        _remove()
        return Secrets(_FILE), _Storage()

    suite.hold(suite.checks(contract_secrets), make)


def test_a_damaged_file_of_secrets_is_told_and_kept() -> None:
    """Taking it for "never enrolled" would open the console to anybody."""
    _remove()
    secrets = Secrets(_FILE)
    secrets.put("device_id", b"0123456789abcdef")
    with open(_FILE, "r+b") as file:
        file.seek(20)
        file.write(b"X")
    assert suite.refuses(secrets.get, "device_id")
    assert suite.refuses(secrets.put, "epoch", b"\1")
    with open(_FILE, "wb") as file:
        file.write(b"")
    assert suite.refuses(secrets.get, "device_id")


class _Chip:
    def reopen(self) -> "flash.Region":
        return flash.Region(_FILE, 4096, 3 * 4096)


def test_flash_in_a_file_keeps_the_contract() -> None:
    """The unix board's regions: a store proved on it is proved for NOR."""

    def make() -> tuple:
        _remove()
        flash.create(_FILE, 8 * 4096)
        world = _Chip()
        return world.reopen(), world

    suite.hold(suite.checks(contract_flash), make)


def test_regions_of_one_file_leave_each_other_alone() -> None:
    """The next region holds keys."""
    _remove()
    flash.create(_FILE, 4 * 4096)
    a, b = flash.Region(_FILE, 0, 8192), flash.Region(_FILE, 8192, 8192)
    b.program(0, b"keys")
    a.program(8188, b"\0\0\0\0")
    a.erase(1)
    buf = bytearray(4)
    b.read(0, buf)
    assert buf == b"keys"
    flash.create(_FILE, 4 * 4096)
    b.read(0, buf)
    assert buf == b"keys", "an existing flash is not created again"


class _Peers(suite.World):
    """Real sockets of this process. Time is real, and short."""

    virtual = False

    def __init__(self) -> None:
        super().__init__()
        self._listener = None
        self._peer = None
        self._heard = bytearray()
        self._udp = None
        self._datagrams: list = []
        self._from = None

    def step(self, port) -> None:
        self.pause()
        super().step(port)

    def pause(self) -> None:
        time.sleep_ms(1)
        if self._listener is not None and self._peer is None and _ready(self._listener):
            self._peer = self._listener.accept()[0]
            self._peer.setblocking(False)
        if self._peer is not None:
            self._heard += self._peer.read() or b""
        while self._udp is not None and _ready(self._udp):
            data, self._from = self._udp.recvfrom(600)
            self._datagrams.append(data)

    def listen(self) -> tuple:
        self._listener = socket.socket()
        port = _bind(self._listener)
        self._listener.listen(1)
        return "127.0.0.1", port

    def deaf_port(self) -> tuple:
        sock = socket.socket()
        port = _bind(sock)
        sock.close()
        return "127.0.0.1", port

    def say(self, data: bytes) -> None:
        self.pause()
        self._peer.write(data)

    def heard(self) -> bytes:
        return bytes(self._heard)

    def hang_up(self) -> None:
        self._peer.close()
        self._peer = self._listener = None

    def echo(self) -> tuple:
        self._udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        return "127.0.0.1", _bind(self._udp)

    def datagrams(self) -> list:
        return self._datagrams

    def answer(self, data: bytes) -> None:
        self._udp.sendto(data, self._from)


def _ready(sock) -> bool:
    poller = select.poll()
    poller.register(sock, select.POLLIN)
    return bool(poller.poll(0))


def test_sockets_keep_the_contract_of_net() -> None:
    """No byte of the link passes anything else."""
    suite.hold(suite.checks(contract_net), lambda: (Net(), _Peers()))


def test_a_stream_asks_no_resolver() -> None:
    """The system's own would hold the agent for ten seconds: 4 is "name unknown"."""
    for host in ("broker.example", "localhost", "256.0.0.1", "1.2.3", "1.2.3.4.5", "", "::1"):
        stream = Net().stream(host, 1883, None)
        assert (stream.state, stream.error) == (0, 4), host
        assert suite.refuses(Net().datagram, host, 53), host


def test_a_connection_that_nobody_answers_times_out() -> None:
    """A full backlog is silence: the SYN is dropped, as by a firewall."""
    listener = socket.socket()
    port = _bind(listener)
    listener.listen(0)
    kept = [Net().stream("127.0.0.1", port, None) for _ in range(4)]
    stream = Net().stream("127.0.0.1", port, None)
    now = (1 << 30) - 5_000
    while stream.state == 1 and now != 20_000:
        stream.poll(now)
        now = (now + 500) % (1 << 30)
    assert (stream.state, stream.error) == (0, 3)
    assert kept
