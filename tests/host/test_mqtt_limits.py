"""What the broker refuses by hook and by limit, at the limit and one above."""

import pytest

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode
from simulator.mqtt.errors import MqttError
from simulator.mqtt.events import Acked, Subscribed
from simulator.mqtt.faults import Fault
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import Connack, Connect, Puback, Publish, Pubrec, Suback, Subscribe, Will
from tests.support.mqtt_memory import Bench, talk


def test_a_login_hook_decides_with_the_standards_codes() -> None:
    """Wrong credentials are the commonest set-up error; the code tells which."""
    users = {"bike": b"right"}

    def login(connect: Connect) -> int:
        if connect.username is None:
            return 5
        return 0 if users.get(connect.username) == connect.password else 4

    broker = Broker(login=login)
    assert talk(broker, Connect("a")) == ([Connack(False, 5)], "refused")
    assert talk(broker, Connect("a", username="bike", password=b"wrong")) == ([Connack(False, 4)], "refused")
    assert talk(broker, Connect("a", username="bike", password=b"right")) == ([Connack(False, 0)], "")
    assert broker.clients() == ["a"]


def test_an_acl_holds_at_every_delivery_and_for_every_filter() -> None:
    """amqtt let "d/#" escape an ACL of "d/+": here the topic of each message decides, not the filter."""

    def acl(client_id: str, action: str, topic: str) -> bool:
        if action == "subscribe":
            return topic != "secret/#"
        return client_id == "bike" or topic.startswith("open/")

    bench = Bench(Broker(acl=acl))
    bike, guest = bench.client("bike", will=Will("shut/w")), bench.client("guest")
    bike.publish("shut/kept", b"1", 1, retain=True)
    guest.subscribe(("#", 1), ("secret/#", 1))
    assert Subscribed(1, (1, 0x80)) in guest.events
    bike.publish("open/a", b"2", 1)
    bike.publish("shut/b", b"3", 1)
    packet_id = guest.publish("shut/b", b"forged", 1)
    bike.break_wire()
    assert Acked(packet_id) in guest.events  # MQTT-3.3.5-2: acknowledged, not published
    assert guest.texts() == [("open/a", b"2")]
    assert bench.broker.denied == 4  # retained, "3", the forged one, the will


def test_the_observer_sees_each_accepted_message_once() -> None:
    """The report counts what left the device by this hook."""
    seen: list[tuple[str, str, bytes, int, bool, int]] = []
    bench = Bench()
    bench.broker.on_publish = lambda *arguments: seen.append(arguments)
    bench.now = 7
    bike = bench.client("bike", will=Will("w", b"gone", 0, True))
    for qos in (0, 1, 2):
        bike.publish("t", b"x", qos)
    bike.break_wire()
    assert seen == [*(("bike", "t", b"x", qos, False, 7) for qos in (0, 1, 2)), ("bike", "w", b"gone", 0, True, 7)]


def test_a_full_queue_drops_the_newest_and_counts_it() -> None:
    """As mosquitto does; a broker that grows for an absent client is no broker for a year-long run."""
    bench = Bench(Broker(Limits(queue=3)))
    phone, bike = bench.client("phone", clean=False), bench.client("bike")
    phone.subscribe(("t", 1))
    phone.disconnect()
    for number in range(4):
        bike.publish("t", bytes((number,)), 1)
    assert (bench.broker.waiting("phone"), bench.broker.dropped) == (3, 1)
    phone.connect(clean=False)
    assert [payload for _, payload in phone.texts()] == [b"\0", b"\1", b"\2"]


def test_the_window_bounds_what_is_unacknowledged() -> None:
    """Message 3 of 3 waits until one of the two before it is acknowledged."""
    broker = Broker(Limits(in_flight=2))
    conn = broker.connect("phone", 0)
    conn.feed(encode(Connect("phone")) + encode(Subscribe(1, (("t", 1),))), 0)
    conn.take()
    for number in range(3):
        broker.publish("t", bytes((number,)), 1, False, 0)
    assert conn.take() == encode(Publish("t", b"\0", 1, packet_id=1)) + encode(Publish("t", b"\1", 1, packet_id=2))
    conn.feed(encode(Puback(2)), 0)
    assert conn.take() == encode(Publish("t", b"\2", 1, packet_id=3))


def test_packet_identifiers_wrap_and_skip_those_in_use() -> None:
    """umqtt.simple waits for ever after 65,535: ours must not."""
    broker = Broker()
    conn = broker.connect("phone", 0)
    conn.feed(encode(Connect("phone")) + encode(Subscribe(1, (("t", 1),))), 0)
    broker.publish("t", b"stuck", 1, False, 0)
    conn.take()
    seen: list[int] = []
    for _ in range(65_535):
        broker.publish("t", b"", 1, False, 0)
        packet_id = int.from_bytes(conn.take()[5:7], "big")
        seen.append(packet_id)
        conn.feed(encode(Puback(packet_id)), 0)
    assert seen == [*range(2, 65_536), 2]


def test_an_unread_connection_loses_qos_0_only() -> None:
    """A client that stops reading must not take the broker's memory with it."""
    broker = Broker(Limits(output=100))
    conn = broker.connect("phone", 0)
    conn.feed(encode(Connect("phone")) + encode(Subscribe(1, (("#", 1),))), 0)
    conn.take()
    broker.publish("a", bytes(100), 0, False, 0)
    broker.publish("b", b"", 0, False, 0)
    broker.publish("c", b"", 1, False, 0)
    assert conn.take() == encode(Publish("a", bytes(100))) + encode(Publish("c", b"", 1, packet_id=1))
    assert broker.dropped == 1
    broker.faults.add(Fault("delay", "PUBLISH", ms=5))
    broker.publish("a", bytes(100), 0, False, 0)  # still inside the broker counts as well
    broker.publish("b", b"", 0, False, 0)
    assert broker.dropped == 2


def test_every_other_limit_holds_at_the_limit_and_fails_one_above() -> None:
    """Subscriptions, unreleased QoS 2 messages, retained topics, sessions and connections."""
    limits = Limits(subscriptions=1, unreleased=1, retained=1, sessions=2, connections=3)
    broker = Broker(limits)
    answers, _ = talk(broker, Connect("a"), Subscribe(1, (("x", 0), ("y", 0), ("x", 1))))
    assert answers[1] == Suback(1, (0, 0x80, 1))
    twice = [Publish("t", b"", 2, packet_id=number) for number in (1, 2)]
    again = Publish("t", b"", 2, dup=True, packet_id=1)  # the same one once more is no second one
    assert talk(broker, Connect("b"), twice[0], again)[0] == [Connack(), Pubrec(1), Pubrec(1)]
    answers, why = talk(broker, Connect("b"), *twice)
    assert answers == [Connack(), Pubrec(1)]
    assert why == "protocol"
    for topic in ("p", "q"):
        broker.publish(topic, b"1", 0, True, 0)
    assert (list(broker.retained), broker.dropped) == (["p"], 1)
    broker.publish("p", b"2", 0, True, 0)
    assert broker.retained["p"].payload == b"2"  # a known topic may change
    assert talk(broker, Connect("b")) == ([Connack()], "")
    assert talk(broker, Connect("b", clean=False)) == ([Connack()], "")
    assert talk(broker, Connect("b", clean=False)) == ([Connack(True)], "")  # a known client may come back
    assert talk(broker, Connect("c")) == ([Connack(False, 3)], "refused")
    assert broker.connect("x", 0).closed is False
    late = broker.connect("y", 0)
    assert (late.closed, late.why) == (True, "refused")
    late.feed(encode(Connect("raw")), 0)
    assert late.take() == b""


def test_the_broker_refuses_a_wildcard_topic_of_its_owner() -> None:
    """A scenario with a typing error must not run."""
    with pytest.raises(MqttError, match="wildcard"):
        Broker().publish("a/#", b"", 0, False, 0)
