"""Ours and mosquitto under paho-mqtt, the client that host programs use: what it sees must be the same."""

import queue
import socket
import ssl
from pathlib import Path

import paho.mqtt.client as paho
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from simulator.mqtt.broker import Broker
from simulator.mqtt.faults import Fault
from simulator.mqtt.packets import Will
from simulator.mqtt.tcp import Server
from tests.contract.broker.conftest import Place
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto

_PATIENCE_S = 10.0  # a busy machine; a wait that succeeds takes milliseconds


class Paho:
    """A paho client with its callbacks in queues."""

    def __init__(self, client_id: str, clean: bool = True) -> None:
        self.client = paho.Client(CallbackAPIVersion.VERSION2, client_id, clean_session=clean)
        self.client.max_queued_messages_set(0)
        self.connected: queue.SimpleQueue[tuple[int, bool]] = queue.SimpleQueue()
        self.gone: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self.granted: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        self.acknowledged: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.inbox: queue.SimpleQueue[tuple[str, bytes, int, bool]] = queue.SimpleQueue()
        client = self.client
        client.on_connect = lambda c, u, flags, code, p: self.connected.put((code.value, flags.session_present))
        client.on_disconnect = lambda c, u, flags, code, p: self.gone.put(True)
        client.on_subscribe = lambda c, u, mid, codes, p: self.granted.put([code.value for code in codes])
        client.on_publish = lambda c, u, mid, code, p: self.acknowledged.put(mid)
        client.on_message = lambda c, u, m: self.inbox.put((m.topic, bytes(m.payload), m.qos, m.retain))

    def open(self, port: int) -> bool:
        """Connects; whether a session was present."""
        self.client.connect("localhost", port)
        self.client.loop_start()
        code, present = self.connected.get(timeout=_PATIENCE_S)
        assert code == 0
        return present

    def close(self) -> None:
        self.client.disconnect()
        self.gone.get(timeout=_PATIENCE_S)
        self.client.loop_stop()

    def subscribe(self, topic: str, qos: int) -> None:
        self.client.subscribe(topic, qos)
        assert self.granted.get(timeout=_PATIENCE_S) == [qos]

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool = False) -> None:
        """Returns once it is acknowledged."""
        self.client.publish(topic, payload, qos, retain).wait_for_publish(_PATIENCE_S)

    def take(self) -> tuple[str, bytes, int, bool]:
        return self.inbox.get(timeout=_PATIENCE_S)


def test_messages_of_every_quality_and_size_arrive(place: Place) -> None:
    """300 kB is larger than any socket buffer's first bite."""
    bike, phone = Paho("bike"), Paho("phone")
    bike.open(place.port)
    phone.open(place.port)
    phone.subscribe("t/#", 2)
    for qos in (0, 1, 2):
        for size in (0, 1, 300_000):
            bike.publish("t/x", bytes(size), qos)
            assert phone.take() == ("t/x", bytes(size), qos, False)
    bike.close()
    phone.close()


def test_a_stored_session_gives_300_messages_in_order(place: Place) -> None:
    """The phone was away while the bike reported."""
    bike, phone = Paho("bike"), Paho("phone", clean=False)
    bike.open(place.port)
    assert phone.open(place.port) is False
    phone.subscribe("t", 1)
    phone.close()
    for number in range(300):
        bike.client.publish("t", str(number), 1)
    for _ in range(300):
        bike.acknowledged.get(timeout=_PATIENCE_S)
    phone = Paho("phone", clean=False)
    assert phone.open(place.port) is True
    assert [phone.take()[1] for _ in range(300)] == [str(number).encode() for number in range(300)]
    bike.close()
    phone.close()


def test_a_retained_will_tells_who_is_there_and_who_comes_later(place: Place) -> None:
    """Presence as the apps see it: one hears of it now, the other finds it retained."""
    here, late = Paho("here"), Paho("late")
    here.open(place.port)
    here.subscribe("d/#", 1)
    bike = place.wire("bike", will=Will("d/presence", b"gone", 1, True))
    bike.publish("d/presence", b"here", retain=True)
    assert here.take() == ("d/presence", b"here", 1, False)
    bike.cut()
    assert here.take() == ("d/presence", b"gone", 1, False)
    late.open(place.port)
    late.subscribe("d/#", 1)
    assert late.take() == ("d/presence", b"gone", 1, True)
    here.close()
    late.close()


@pytest.mark.parametrize("ours", [True, False])
def test_tls_carries_the_same_and_a_goodbye_in_its_last_segment(ours: bool, tmp_path: Path, mosquitto: Path) -> None:
    """DISCONNECT and TLS's close_notify come together: a broker that drops the first publishes a will in error."""
    authority = Authority()
    identity = authority.issue("localhost")
    ca = str(authority.save(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*identity.save(tmp_path))
    with Server(Broker(), context=context) if ours else Mosquitto(mosquitto, tmp_path, identity) as server:
        bike, phone = Paho("bike"), Paho("phone")
        for each in (bike, phone):
            each.client.tls_set(ca)
        with socket.create_connection(("localhost", server.port)) as plain, pytest.raises(ssl.SSLCertVerificationError):
            ssl.create_default_context().wrap_socket(
                plain, server_hostname="localhost"
            )  # trusts the system's, not ours
        bike.client.will_set("t/will", b"gone")
        phone.open(server.port)
        phone.subscribe("t/#", 1)
        bike.open(server.port)
        bike.publish("t/x", bytes(300_000), 1)
        assert phone.take() == ("t/x", bytes(300_000), 1, False)
        bike.close()
        phone.publish("t/end", b"", 1)
        assert phone.take()[0] == "t/end"  # and no will before it
        phone.close()


def test_paho_resends_what_a_fault_left_unacknowledged() -> None:
    """The fault script works on a real client: PUBACK lost with its connection, then the same message with DUP."""
    broker = Broker()
    seen: list[bytes] = []
    broker.on_publish = lambda client_id, topic, payload, qos, retain, now: seen.append(payload)
    broker.faults.add(Fault("drop", "PUBACK", "bike"))
    with Server(broker) as server:
        bike = Paho("bike", clean=False)
        bike.client.reconnect_delay_set(1, 1)
        bike.open(server.port)
        bike.publish("t", b"alarm", 1)
        assert bike.gone.get(timeout=_PATIENCE_S)
        bike.close()
        with server.hold() as held:
            assert [fired.packet for fired in held.faults.fired] == ["PUBACK"]
    assert seen == [b"alarm", b"alarm"]  # at least once
