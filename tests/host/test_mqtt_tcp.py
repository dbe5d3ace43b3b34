"""The broker's real sockets: what the contract suite cannot see from outside."""

import contextlib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import Connack, Connect, Disconnect, Packet, Puback, Publish, Suback, Subscribe, Will
from simulator.mqtt.tcp import Listener, Server
from tests.support.certificates import Authority
from tests.support.mqtt_wire import Wire


class Pumped:
    """A listener that this thread polls, with a clock the test moves."""

    def __init__(self, broker: Broker, timed: bool = True, context: ssl.SSLContext | None = None) -> None:
        self.now = 0
        self.listener = Listener(broker, lambda: self.now, timed=timed, context=context)

    def dial(self) -> socket.socket:
        end = socket.create_connection(("127.0.0.1", self.listener.port), timeout=10)
        self.listener.poll(10)
        return end

    def say(self, end: socket.socket, *packets: Packet) -> None:
        end.sendall(b"".join(map(encode, packets)))
        self.listener.poll(10)

    def hear(self, end: socket.socket) -> list[Packet]:
        """What has been sent so far; loopback delivers at once."""
        decoder = Decoder(from_client=False)
        end.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while data := end.recv(65_536):
                decoder.feed(data)
        end.setblocking(True)
        return list(decoder.packets())


@contextlib.contextmanager
def _pumped(broker: Broker | None = None, timed: bool = True) -> Iterator[Pumped]:
    pumped = Pumped(broker or Broker(), timed)
    with contextlib.closing(pumped.listener):
        yield pumped


def test_a_listener_moves_bytes_only_when_polled_and_at_its_owners_time() -> None:
    """The simulator's clock stands still while it computes: no thread may publish into its second."""
    seen: list[tuple[bytes, int]] = []
    broker = Broker()
    broker.on_publish = lambda client_id, topic, payload, qos, retain, now: seen.append((payload, now))
    with _pumped(broker) as pumped, pumped.dial() as end:
        pumped.say(end, Connect("a"))
        pumped.now = 7_000
        end.sendall(encode(Publish("t", b"1", 1, packet_id=1)))
        assert seen == []
        pumped.listener.poll(10)
        assert seen == [(b"1", 7_000)]
        assert pumped.hear(end) == [Connack(), Puback(1)]


def test_what_the_simulation_publishes_goes_out_with_flush() -> None:
    """A real phone beside a virtual bike."""
    with _pumped() as pumped, pumped.dial() as end:
        pumped.say(end, Connect("phone"), Subscribe(1, (("t", 1),)))
        pumped.hear(end)
        pumped.listener.broker.publish("t", b"1", 0, False, 0)
        assert pumped.hear(end) == []
        pumped.listener.flush()
        assert pumped.hear(end) == [Publish("t", b"1")]


def test_real_clients_are_not_judged_by_a_clock_that_runs_faster() -> None:
    """At sixtyfold speed a keep alive of 60 s would be one real second."""
    for timed in (True, False):
        with _pumped(timed=timed) as pumped, pumped.dial() as end:
            pumped.say(end, Connect("phone", keepalive_s=60))
            pumped.now = 10**8
            pumped.listener.broker.on_time(pumped.now)
            pumped.listener.flush()
            assert pumped.listener.broker.clients() == ([] if timed else ["phone"])


def test_a_closed_port_is_said_at_once() -> None:
    """Two demos on one port: the second must say so, not hang."""
    with _pumped() as pumped, pytest.raises(OSError, match="in use"):
        Listener(Broker(), port=pumped.listener.port)


def test_a_client_that_does_not_read_costs_only_its_own_messages() -> None:
    """QoS 0 beyond the limit is dropped; what was accepted arrives whole once the client reads again."""
    limits = Limits(output=100_000)
    broker = Broker(limits)
    with _pumped(broker) as pumped, pumped.dial() as end:
        pumped.say(end, Connect("phone"), Subscribe(1, (("t", 0),)))
        for number in range(200):
            broker.publish("t", bytes((number,)) * 50_000, 0, False, 0)
            pumped.listener.flush()
        assert broker.dropped > 0
        decoder = Decoder(from_client=False)
        wanted = 202 - broker.dropped
        found: list[Packet] = []
        while len(found) < wanted:
            decoder.feed(end.recv(1_000_000))
            found += decoder.packets()
            if ready := pumped.listener.wait(0.01):  # the socket says by itself that it has room again
                pumped.listener.move(ready)
        assert found[:2] == [Connack(), Suback(1, (0,))]
        firsts = [packet.payload[0] for packet in found if isinstance(packet, Publish)]
        assert firsts == sorted(firsts)
        assert len(firsts) + broker.dropped == 200


def test_connections_beyond_the_limit_are_hung_up_on() -> None:
    """At the limit and one above; a place that becomes free is given again."""
    with _pumped(Broker(Limits(connections=1))) as pumped, pumped.dial() as first:
        with pumped.dial() as second:
            assert second.recv(1) == b""
        pumped.say(first, Connect("a"))
        assert pumped.hear(first) == [Connack()]
        first.close()
        pumped.listener.poll(10)
        with pumped.dial() as third:
            pumped.say(third, Connect("b"))
            assert pumped.hear(third) == [Connack()]


def test_a_half_open_link_stays_open_on_the_real_socket_too() -> None:
    """`swallow` must look like a dead radio, not like a closed door."""
    with _pumped() as pumped, pumped.dial() as end:
        pumped.say(end, Connect("bike", keepalive_s=1))
        assert pumped.hear(end) == [Connack()]
        pumped.listener.broker.swallow("bike")
        pumped.say(end, Publish("t", b"", 1, packet_id=1))
        pumped.now = 10_000
        pumped.listener.broker.on_time(pumped.now)
        pumped.listener.flush()
        assert pumped.listener.broker.clients() == []
        assert pumped.hear(end) == []
        end.setblocking(False)
        with pytest.raises(BlockingIOError):
            end.recv(1)


def test_held_changes_reach_real_clients() -> None:
    """`with server.hold() as broker` is how a test or the demo speaks into a running server."""
    with Server(Broker()) as server, Wire(server.port) as wire:
        wire.open(Connect("phone"))
        wire.subscribe(("t", 0))
        with server.hold() as broker:
            broker.publish("t", b"1", 0, False, 0)
        wire.expect(Publish("t", b"1"))


def _context(tmp_path: Path, authority: Authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.issue("localhost").save(tmp_path))
    return context


def test_noise_on_a_tls_port_ends_that_connection_only(tmp_path: Path) -> None:
    """A port scan, a plain MQTT client, a client that trusts somebody else."""
    authority = Authority()
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    patient = Broker(Limits(connect_ms=3_600_000))  # so that it is TLS that ends them
    with Server(patient, context=_context(tmp_path, authority)) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as plain:
            plain.sendall(encode(Connect("plain")))
            while plain.recv(1000):  # an alert, then the end
                pass
        with socket.create_connection(("127.0.0.1", server.port)) as raw, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")
        with (
            socket.create_connection(("127.0.0.1", server.port)) as raw,
            trusting.wrap_socket(raw, server_hostname="localhost") as end,
        ):
            end.sendall(encode(Connect("good")))
            assert end.recv(4) == encode(Connack())


def test_a_disconnect_in_the_same_bytes_as_tls_goodbye_counts(tmp_path: Path) -> None:
    """Otherwise every polite TLS client would leave its will behind."""
    authority = Authority()
    pumped = Pumped(Broker(), context=_context(tmp_path, authority))
    wills: list[bytes] = []
    pumped.listener.broker.on_publish = lambda client_id, topic, payload, qos, retain, now: wills.append(payload)
    inward, outward = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context(cadata=authority.pem.decode()).wrap_bio(
        inward, outward, server_hostname="localhost"
    )
    with contextlib.closing(pumped.listener), pumped.dial() as end:

        def exchange() -> None:
            end.sendall(outward.read())
            pumped.listener.poll(10)
            inward.write(end.recv(65_536))

        with contextlib.suppress(ssl.SSLWantReadError):
            tls.do_handshake()
        exchange()
        tls.do_handshake()
        tls.write(encode(Connect("bike", will=Will("w", b"gone"))))
        exchange()
        assert tls.read(100) == encode(Connack())
        tls.write(encode(Disconnect()))
        with contextlib.suppress(ssl.SSLWantReadError):
            tls.unwrap()
        end.sendall(outward.read())
        pumped.listener.poll(10)
        assert pumped.listener.broker.clients() == []
    assert wills == []
