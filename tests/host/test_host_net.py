"""Sockets where the contract ends: TLS against a real server, full buffers, names, and peers that break off."""

import socket
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from hal.host.net import ROOM, HostNet, HostStream
from tests.support.certificates import Authority, Identity
from tests.support.mosquitto import Mosquitto
from tests.support.peer import CONNACK, Peer

CLOSED, OPENING, OPEN = 0, 1, 2
REFUSED, RESET, TIMED_OUT, NAME_UNKNOWN, CERTIFICATE, OTHER = 1, 2, 3, 4, 5, 6
CONNECT = b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04bike"


@dataclass
class Tls:
    """hal.ports.Tls."""

    ca: bytes
    name: str


def _until(stream: HostStream, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not done() and time.monotonic() < end:
        stream.poll(0)
    return done()


def _outcome(port: int, tls: Tls | None) -> tuple[int, int]:
    stream = HostNet().stream("127.0.0.1", port, tls)
    assert stream.state == OPENING or stream.error == CERTIFICATE
    assert _until(stream, lambda: stream.state != OPENING)
    outcome = stream.state, stream.error
    stream.close()
    return outcome


def test_a_tls_stream_trusts_by_certificate_and_name(mosquitto: Path, tmp_path: Path) -> None:
    """The agent connects by address and checks the name: DNS may lie, the certificate may not."""
    authority, stranger = Authority(), Authority()
    cases: list[tuple[str, Identity, Tls, tuple[int, int]]] = [
        ("right", authority.issue("broker.example"), Tls(authority.pem, "broker.example"), (OPEN, 0)),
        ("DER", authority.issue("broker.example"), Tls(authority.der, "broker.example"), (OPEN, 0)),
        ("name", authority.issue("other.example"), Tls(authority.pem, "broker.example"), (CLOSED, CERTIFICATE)),
        ("no name", authority.issue("broker.example"), Tls(authority.pem, ""), (CLOSED, CERTIFICATE)),
        ("zero", authority.issue("broker.example"), Tls(authority.pem, "a\0b"), (CLOSED, CERTIFICATE)),
        ("dot", authority.issue("broker.example"), Tls(authority.pem, ".example"), (CLOSED, CERTIFICATE)),
        ("authority", stranger.issue("broker.example"), Tls(authority.pem, "broker.example"), (CLOSED, CERTIFICATE)),
        ("expired", authority.issue("b.example", age_days=3), Tls(authority.pem, "b.example"), (CLOSED, CERTIFICATE)),
        ("no authority", authority.issue("b.example"), Tls(b"", "b.example"), (CLOSED, CERTIFICATE)),
        ("garbage", authority.issue("b.example"), Tls(b"\x30\x03abc", "b.example"), (CLOSED, CERTIFICATE)),
    ]
    for name, identity, tls, expected in cases:
        with Mosquitto(mosquitto, tmp_path, identity) as broker:
            assert _outcome(broker.port, tls) == expected, name


def test_bytes_pass_through_tls(mosquitto: Path, tmp_path: Path) -> None:
    """A broker's greeting, byte by byte, as the agent's own MQTT client will read it."""
    authority = Authority()
    with Mosquitto(mosquitto, tmp_path, authority.issue("broker.example")) as broker:
        stream = HostNet().stream("127.0.0.1", broker.port, Tls(authority.pem, "broker.example"))
        assert _until(stream, lambda: stream.state == OPEN)
        assert stream.write(bytearray(b"??" + CONNECT), 2, 2 + len(CONNECT)) == len(CONNECT)
        got = bytearray()
        one = bytearray(1)
        assert _until(stream, lambda: got.extend(one[: stream.readinto(one)]) or got == CONNACK)
        stream.close()


def test_a_peer_that_speaks_no_tls_is_no_certificate_problem() -> None:
    """A captive portal: told apart from an impostor."""
    with Peer() as peer:
        stream = HostNet().stream("127.0.0.1", peer.port, Tls(Authority().pem, "broker.example"))
        stream.poll(0)
        stream.poll(0)
        peer.accept()
        peer.say(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        assert _until(stream, lambda: stream.state == CLOSED)
        assert stream.error == OTHER


def test_a_connection_has_ten_seconds(tmp_path: Path) -> None:
    """Whether TCP or the handshake hangs: the deadline is one, in ticks, across their wrap."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stream = HostNet().stream("127.0.0.1", silent.getsockname()[1], Tls(Authority().pem, "a"))
        start = (1 << 30) - 5_000
        for ms in range(0, 10_000, 500):
            begun = time.monotonic()
            stream.poll((start + ms) % (1 << 30))
            assert time.monotonic() - begun < 0.05
            assert stream.state == OPENING
        stream.poll(start + 10_000 - (1 << 30))
        assert (stream.state, stream.error) == (CLOSED, TIMED_OUT)


def test_nobody_is_asked_about_names() -> None:
    """The system's resolver blocks: the agent resolves by itself and connects to addresses."""
    for host in ("localhost", "broker.example", "", "127.0.0.1.", "::g"):
        stream = HostNet().stream(host, 1883, None)
        stream.poll(0)
        assert (stream.state, stream.error) == (CLOSED, NAME_UNKNOWN), host
        with pytest.raises(OSError, match="numeric"):
            HostNet().datagram(host, 53)


def test_a_stream_takes_what_it_has_room_for() -> None:
    """A full network is 0, not a wait; and closing forgets what was taken and not sent."""
    with Peer(receive_buffer=4_096) as peer:
        stream = HostNet().stream("127.0.0.1", peer.port, None)
        assert _until(stream, lambda: stream.state == OPEN)
        peer.accept()
        buf = bytearray(b"x" * (ROOM + 1))
        taken = stream.write(buf, 0, ROOM + 1)
        assert taken == ROOM
        while n := stream.write(buf, 0, ROOM):
            taken += n
        begun = time.monotonic()
        assert stream.write(buf, 0, 1) == 0
        assert time.monotonic() - begun < 0.05
        kept = next(value for value in vars(stream).values() if isinstance(value, bytearray))
        with memoryview(kept) as memory:
            assert bytes(memory) == b"x" * ROOM
        stream.close()
        assert not kept
        count, _ = peer.hear_all()
        assert count == taken - ROOM


def test_everything_taken_arrives_in_order_through_tls() -> None:
    """A TLS write that had no room is repeated with the same bytes, or the peer reads garbage."""
    authority = Authority()
    with socket.create_server(("127.0.0.1", 0)) as server:
        stream = HostNet().stream("127.0.0.1", server.getsockname()[1], Tls(authority.pem, "a.example"))
        stream.poll(0)
        stream.poll(0)
        plain, _ = server.accept()
        with _server_side(plain, authority) as peer:
            while stream.state != OPEN:
                stream.poll(0)
                _shake(peer)
            data = bytes(range(256)) * 8_192  # 2 MB: far more than the buffers between
            got = bytearray()
            at = 0
            while len(got) < len(data):
                n = stream.write(bytearray(data[at : at + ROOM]), 0, min(ROOM, len(data) - at))
                at += n
                if not n or at == len(data):
                    got += _take(peer)
                stream.poll(0)
            assert got == data
            stream.close()


def _server_side(plain: socket.socket, authority: Authority) -> ssl.SSLSocket:
    import tempfile

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = authority.issue("a.example").save(Path(folder))
        context.load_cert_chain(certificate, key)
    plain.setblocking(False)
    return context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)


def _shake(peer: ssl.SSLSocket) -> None:
    try:
        peer.do_handshake()
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return


def _take(peer: ssl.SSLSocket) -> bytes:
    try:
        return peer.recv(65_536)
    except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
        return b""


def test_a_reset_and_a_goodbye_both_end_the_stream() -> None:
    """2 either way: the peer is gone, the agent backs off."""
    for impolite in (False, True):
        with Peer() as peer:
            stream = HostNet().stream("127.0.0.1", peer.port, None)
            assert _until(stream, lambda: stream.state == OPEN)  # noqa: B023 - used within this turn only
            peer.accept()
            if impolite:
                stream.write(bytearray(b"unread"), 0, 6)
                peer.hang_up()  # unread bytes make it a reset (RFC 1122 §4.2.2.13)
            else:
                peer.hang_up()
            assert _until(stream, lambda: stream.readinto(bytearray(4)) == 0 and stream.state == CLOSED)  # noqa: B023 - likewise
            assert stream.error == RESET
            assert stream.write(bytearray(b"late"), 0, 4) == 0


def test_a_datagram_to_nobody_is_no_error() -> None:
    """An ICMP refusal comes with a later call: UDP promises nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    datagram = HostNet().datagram("127.0.0.1", port)
    for _ in range(3):
        assert datagram.send(bytearray(b"hello"), 5) in (True, False)
        assert datagram.readinto(bytearray(16)) == 0
    datagram.close()


def test_a_strangers_datagram_is_not_read() -> None:
    """Tied to one peer: a DNS answer from elsewhere is a forgery."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
    ):
        peer.bind(("127.0.0.1", 0))
        datagram = HostNet().datagram("127.0.0.1", peer.getsockname()[1])
        datagram.send(bytearray(b"?"), 1)
        _, ours = peer.recvfrom(16)
        stranger.sendto(b"forged", ours)
        peer.sendto(b"answer", ours)
        buf = bytearray(16)
        assert datagram.readinto(buf) == 6
        assert buf[:6] == b"answer"
        assert datagram.readinto(buf) == 0
        datagram.close()
