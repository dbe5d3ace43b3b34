"""The broker in virtual time: retained messages, sessions and quality of service."""

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode
from simulator.mqtt.events import Message
from simulator.mqtt.faults import Fault
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Pingreq,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Subscribe,
)
from tests.support.mqtt_memory import Bench, Client, talk


def test_retained_messages_go_only_to_matching_subscriptions() -> None:
    """amqtt handed a retained position to anybody who subscribed to anything."""
    bench = Bench()
    bench.client("bike").publish("d/1/location", b"home", 1, retain=True)
    stranger, phone = bench.client("stranger"), bench.client("phone")
    stranger.subscribe(("d/2/location", 1), ("d/+/status", 1))
    phone.subscribe(("d/+/location", 1))
    assert stranger.inbox() == []
    assert phone.inbox() == [Message("d/1/location", b"home", 1, retain=True, dup=False)]


def test_a_retained_message_is_flagged_only_when_it_is_old() -> None:
    """§3.3.1.3: the flag tells a subscriber that the message was not sent just now."""
    bench = Bench()
    bike, phone = bench.client("bike"), bench.client("phone")
    phone.subscribe(("t", 0))
    bike.publish("t", b"1", retain=True)
    assert [message.retain for message in phone.inbox()] == [False]
    phone.subscribe(("t", 0))  # again: the retained message comes again (MQTT-3.8.4-3)
    assert [message.retain for message in phone.inbox()] == [True]


def test_an_empty_retained_message_erases_and_is_itself_passed_on() -> None:
    """Erasure of a retained topic is a promise of the policy; MQTT-3.3.1-10 and -11."""
    bench = Bench()
    bike, phone, late = bench.client("bike"), bench.client("phone"), bench.client("late")
    bike.publish("t", b"1", retain=True)
    phone.subscribe(("t", 0))
    phone.inbox()
    bike.publish("t", b"", retain=True)
    assert phone.inbox() == [Message("t", b"", 0, retain=False, dup=False)]
    late.subscribe(("#", 0))
    assert late.inbox() == []
    assert bench.broker.retained == {}


def test_retained_messages_come_in_the_order_of_their_topics() -> None:
    """An order that hangs on who published first would make two equal worlds differ."""
    bench = Bench()
    bike = bench.client("bike")
    for topic in ("c", "a", "b"):
        bike.publish(topic, b"1", retain=True)
    bike.subscribe(("#", 0))
    assert [topic for topic, _ in bike.texts()] == ["a", "b", "c"]


def test_quality_is_the_lower_of_message_and_subscription() -> None:
    """§3.8.4: a subscriber never gets more than it asked for; overlapping filters count at their highest (MQTT-3.3.5-1)."""
    bench = Bench()
    phone = bench.client("phone")
    for wanted in (0, 1, 2):
        phone.subscribe((f"q{wanted}/#", wanted))
        for sent in (0, 1, 2):
            phone.publish(f"q{wanted}/x", b"", sent)
            assert [message.qos for message in phone.inbox()] == [min(wanted, sent)]
    phone.subscribe(("q0/+", 1))
    phone.publish("q0/x", b"", 2)
    assert [message.qos for message in phone.inbox()] == [1]


def test_a_clean_session_ends_with_its_connection() -> None:
    """§3.1.2.4: nothing of it may be found later, by anybody."""
    bench = Bench()
    phone = bench.client("phone")
    phone.subscribe(("t", 1))
    phone.break_wire()
    assert not bench.broker.has_session("phone")
    bench.client("bike").publish("t", b"missed", 1)
    phone.connect(clean=False)
    assert not phone.was_present
    assert phone.inbox() == []


def test_a_stored_session_keeps_subscriptions_and_messages_in_order() -> None:
    """The phone sleeps most of its life; alarms must wait for it."""
    bench = Bench()
    phone, bike = bench.client("phone", clean=False), bench.client("bike")
    phone.subscribe(("t", 2))
    phone.disconnect()
    for number in range(30):  # more than the window of 20
        bike.publish("t", bytes((number,)), number % 3)
    phone.connect(clean=False)
    assert phone.was_present
    stored = [number for number in range(30) if number % 3]  # QoS 0 is not stored
    assert [payload[0] for _, payload in phone.texts()] == stored
    assert bench.broker.waiting("phone") == 0


def test_a_clean_connect_erases_the_stored_session() -> None:
    """MQTT-3.1.2-6; the agent withdraws a purpose this way."""
    bench = Bench()
    phone = bench.client("phone", clean=False)
    phone.subscribe(("t", 1))
    phone.disconnect()
    bench.client("bike").publish("t", b"old", 1)
    phone.connect(clean=True)
    phone.disconnect()
    phone.connect(clean=False)
    assert not phone.was_present
    assert phone.inbox() == []


def test_what_was_not_acknowledged_comes_again_with_dup_and_the_same_identifier() -> None:
    """MQTT-4.4.0-1 and -3.3.1-1."""
    broker = Broker()
    bench = Bench(broker)
    talk(broker, Connect("phone", clean=False), Subscribe(1, (("t", 1),)), Disconnect())
    bike = bench.client("bike")
    bike.publish("t", b"1", 1)
    bike.publish("t", b"2", 1)
    first, _ = talk(broker, Connect("phone", clean=False))
    assert first == [Connack(True), Publish("t", b"1", 1, packet_id=1), Publish("t", b"2", 1, packet_id=2)]
    second, _ = talk(broker, Connect("phone", clean=False), Puback(1))  # takes the connection over
    assert second == [Connack(True), *(Publish("t", bytes((48 + n,)), 1, False, True, n) for n in (1, 2))]
    third, _ = talk(broker, Connect("phone", clean=False))
    assert third == [Connack(True), Publish("t", b"2", 1, False, True, 2)]


def test_an_unfinished_qos_2_message_goes_on_where_it_stopped() -> None:
    """§4.3.3: PUBREL comes again, the message itself does not."""
    broker = Broker()
    talk(broker, Connect("phone", clean=False), Subscribe(1, (("t", 2),)), Disconnect())
    Bench(broker).client("bike").publish("t", b"1", 2)
    first, _ = talk(broker, Connect("phone", clean=False), Pubrec(1))
    assert first == [Connack(True), Publish("t", b"1", 2, packet_id=1), Pubrel(1)]
    second, _ = talk(broker, Connect("phone", clean=False), Pubcomp(1))
    assert second == [Connack(True), Pubrel(1)]
    assert broker.waiting("phone") == 0


def test_pubrels_come_again_in_the_order_of_their_pubrecs() -> None:
    """MQTT-4.6.0-4; messages keep their own order beside them."""
    broker = Broker()
    talk(broker, Connect("phone", clean=False), Subscribe(1, (("t", 2),)))
    for _ in range(3):
        broker.publish("t", b"", 2, False, 0)
    talk(broker, Connect("phone", clean=False), Pubrec(3), Pubrec(1))
    again, _ = talk(broker, Connect("phone", clean=False))
    assert again == [Connack(True), Publish("t", b"", 2, False, True, 2), Pubrel(3), Pubrel(1)]


def test_a_message_that_never_left_comes_without_dup() -> None:
    """The connection broke at CONNACK, or at the first of two messages: only what was sent is a duplicate."""
    broker = Broker()
    talk(broker, Connect("phone", clean=False), Subscribe(1, (("t", 1),)), Disconnect())
    for number in range(2):
        broker.publish("t", bytes((number,)), 1, False, 0)
    broker.faults.add(Fault("drop", "CONNACK"))
    broker.faults.add(Fault("drop", "PUBLISH"))
    assert talk(broker, Connect("phone", clean=False)) == ([], "fault")
    assert talk(broker, Connect("phone", clean=False)) == ([Connack(True)], "fault")
    answers, _ = talk(broker, Connect("phone", clean=False))
    assert answers == [
        Connack(True),
        Publish("t", b"\0", 1, dup=True, packet_id=1),
        Publish("t", b"\1", 1, packet_id=2),
    ]


def test_a_repeated_qos_2_publish_is_passed_on_once() -> None:
    """Exactly once, however often the sender repeats before it hears PUBREC or PUBCOMP, and across connections."""
    bench = Bench()
    phone = bench.client("phone")
    phone.subscribe(("t", 0))
    message = Publish("t", b"1", 2, packet_id=9)
    again = Publish("t", b"1", 2, dup=True, packet_id=9)
    talk(bench.broker, Connect("raw", clean=False), message, again)
    bench.settle()
    assert phone.inbox() == []  # not before PUBREL, as mosquitto does
    answers, _ = talk(bench.broker, Connect("raw", clean=False), again, Pubrel(9), Pubrel(9))
    assert answers == [Connack(True), Pubrec(9), Pubcomp(9), Pubcomp(9)]
    bench.settle()
    assert phone.texts() == [("t", b"1")]


def test_late_and_foreign_acknowledgements_change_nothing() -> None:
    """After a resend an old PUBACK may still be on its way."""
    broker = Broker()
    answers, why = talk(broker, Connect("a"), Puback(5), Pubcomp(5), Pubrec(5), Pubrel(5), Pingreq())
    assert answers[1:3] == [Pubrel(5), Pubcomp(5)]
    assert why == ""
    phone, bike = broker.connect("phone", 0), broker.connect("bike", 0)
    phone.feed(encode(Connect("phone")) + encode(Subscribe(1, (("t", 2),))), 0)
    bike.feed(encode(Connect("bike")) + encode(Publish("t", b"", 2, packet_id=1)) + encode(Pubrel(1)), 0)
    phone.feed(encode(Puback(1)) + encode(Pubcomp(1)), 0)  # neither fits a QoS 2 message that lacks its PUBREC
    assert broker.waiting("phone") == 1
    bike.feed(encode(Publish("t", b"", 1, packet_id=1)), 0)
    phone.feed(encode(Pubrec(2)) + encode(Pubcomp(2)), 0)  # nor these a QoS 1 message
    assert broker.waiting("phone") == 2


def test_the_second_connection_of_an_id_ends_the_first() -> None:
    """MQTT-3.1.4-2; amqtt left both alive."""
    bench = Bench()
    phone = bench.client("phone", clean=False)
    phone.subscribe(("t", 1))
    other = Client(bench, "phone")
    bench.clients.append(other)
    conn = phone.conn
    other.connect(clean=False)
    assert conn is not None
    assert (conn.closed, conn.why) == (True, "takeover")
    assert other.was_present
    other.publish("t", b"mine", 1)
    assert other.texts() == [("t", b"mine")]
    assert phone.inbox() == []


def test_an_id_nobody_gave_is_assigned_by_count() -> None:
    """MQTT-3.1.3-6; a random id would make two runs differ, and another client's id would take it over."""
    broker = Broker()
    for client in (Connect("auto-2"), Connect(""), Connect("")):
        talk(broker, client)
    assert broker.clients() == ["auto-1", "auto-2", "auto-3"]
