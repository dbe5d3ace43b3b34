"""Sessions, redelivery and wills, asked of ours and of mosquitto in the same bytes."""

from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Will,
)
from tests.contract.broker.conftest import Place


def test_a_clean_session_ends_with_its_connection(place: Place) -> None:
    """§3.1.2.4."""
    phone = place.wire("phone")
    phone.subscribe(("t", 1))
    phone.send(Disconnect())
    assert phone.expect_end() == []
    place.wire("bike").publish("t", b"missed")
    again = place.wire()
    assert again.open(Connect("phone", clean=False)) is False
    assert again.drain() == []


def test_a_stored_session_keeps_subscriptions_and_messages_in_order(place: Place) -> None:
    """QoS 1 and 2 wait for the client in the order in which they were sent (§4.6); QoS 0 does not."""
    phone = place.wire("phone", clean=False)
    phone.subscribe(("t", 2))
    phone.send(Disconnect())
    phone.expect_end()
    bike = place.wire("bike")
    for number in range(60):
        bike.publish("t", bytes((number,)), number % 3)
    again = place.wire()
    assert again.open(Connect("phone", clean=False)) is True
    assert [payload[0] for _, payload in again.texts()] == [number for number in range(60) if number % 3]


def test_a_clean_connect_erases_the_stored_session(place: Place) -> None:
    """MQTT-3.1.2-6: the agent drops withdrawn messages this way."""
    phone = place.wire("phone", clean=False)
    phone.subscribe(("t", 1))
    phone.send(Disconnect())
    phone.expect_end()
    place.wire("bike").publish("t", b"withdrawn")
    again = place.wire()
    assert again.open(Connect("phone", clean=True)) is False
    assert again.drain() == []
    again.send(Disconnect())
    again.expect_end()
    assert place.wire().open(Connect("phone", clean=False)) is False


def test_the_second_connection_of_an_id_ends_the_first(place: Place) -> None:
    """MQTT-3.1.4-2; with a stored session the second one goes on where the first was."""
    first = place.wire("phone", clean=False)
    first.subscribe(("t", 1))
    second = place.wire()
    assert second.open(Connect("phone", clean=False)) is True
    assert first.expect_end() == []
    place.wire("bike").publish("t", b"1")
    assert second.texts() == [("t", b"1")]


def test_clients_without_an_id_do_not_meet(place: Place) -> None:
    """MQTT-3.1.3-6: each gets an id of its own; two equal ones would throw each other out."""
    wires = [place.wire() for _ in range(3)]
    for wire in wires:
        assert wire.open(Connect("")) is False
    for wire in wires:
        wire.expect_pong()


# Quality of service


def test_what_was_not_acknowledged_comes_again_with_dup(place: Place) -> None:
    """MQTT-4.4.0-1 and -3.3.1-1: same identifiers, same order, and nothing that was acknowledged."""
    phone = place.wire("phone", clean=False)
    phone.subscribe(("t", 1))
    bike = place.wire("bike")
    for number in range(3):
        bike.publish("t", bytes((number,)))
    first = phone.drain()
    assert first == [Publish("t", bytes((number,)), 1, packet_id=number + 1) for number in range(3)]
    phone.send(Puback(2))
    phone.expect_pong()
    phone.cut()
    again = place.wire()
    assert again.open(Connect("phone", clean=False)) is True
    assert again.drain() == [Publish("t", bytes((number,)), 1, False, True, number + 1) for number in (0, 2)]


def test_an_unfinished_qos_2_message_goes_on_where_it_stopped(place: Place) -> None:
    """§4.3.3: after PUBREC the message is never sent again, PUBREL is."""
    phone = place.wire("phone", clean=False)
    phone.subscribe(("t", 2))
    bike = place.wire("bike")
    bike.publish("t", b"1", 2)
    bike.publish("t", b"2", 2)
    phone.expect(Publish("t", b"1", 2, packet_id=1), Publish("t", b"2", 2, packet_id=2))
    phone.send(Pubrec(1))
    phone.expect(Pubrel(1))
    phone.cut()
    again = place.wire()
    again.open(Connect("phone", clean=False))
    assert sorted(again.drain(), key=repr) == [Publish("t", b"2", 2, False, True, 2), Pubrel(1)]
    again.send(Pubcomp(1), Pubrec(2))
    again.expect(Pubrel(2))
    again.send(Pubcomp(2))
    assert again.drain() == []


def test_a_repeated_qos_2_publish_is_passed_on_once(place: Place) -> None:
    """Exactly once, also when the sender's connection breaks between PUBREC and PUBREL."""
    phone = place.wire("phone")
    phone.subscribe(("t", 2))
    bike = place.wire("bike", clean=False)
    bike.send(Publish("t", b"1", 2, packet_id=5), Publish("t", b"1", 2, dup=True, packet_id=5))
    bike.expect(Pubrec(5), Pubrec(5))
    bike.cut()
    again = place.wire()
    assert again.open(Connect("bike", clean=False)) is True
    again.send(Publish("t", b"1", 2, dup=True, packet_id=5))
    again.expect(Pubrec(5))
    assert phone.drain() == []  # both pass it on at PUBREL (§4.3.3, method A)
    again.send(Pubrel(5), Pubrel(5))
    again.expect(Pubcomp(5), Pubcomp(5))
    assert phone.texts() == [("t", b"1")]


def test_a_dup_publish_of_qos_1_is_a_message_like_any_other(place: Place) -> None:
    """MQTT-3.3.1-3: the DUP of the sender is not the DUP of the receiver, and at least once may be twice."""
    phone = place.wire("phone")
    phone.subscribe(("t", 1))
    bike = place.wire("bike")
    bike.send(Publish("t", b"1", 1, packet_id=5), Publish("t", b"1", 1, dup=True, packet_id=5))
    bike.expect(Puback(5), Puback(5))
    assert [(message.payload, message.dup) for message in phone.messages()] == [(b"1", False)] * 2


def test_late_and_foreign_acknowledgements_do_no_harm(place: Place) -> None:
    """After a resend an old PUBACK may still be on its way."""
    wire = place.wire("bike")
    wire.send(Puback(5), Pubcomp(5))
    assert wire.drain() == []
    wire.send(Pubrel(5))
    wire.expect(Pubcomp(5))
    wire.expect_pong()


def test_twenty_messages_may_be_unacknowledged_and_the_next_waits(place: Place) -> None:
    """The window is the broker's own; ours equals mosquitto's, so that a client meets the same burst everywhere.

    Choice WINDOW: ours then sends one message for each PUBACK; mosquitto 2.0.11 sends up to twenty.
    """
    phone = place.wire("phone")
    phone.subscribe(("t", 1))
    bike = place.wire("bike")
    for number in range(25):
        bike.publish("t", bytes((number,)))
    assert len(phone.drain()) == 20
    phone.send(Puback(1), Puback(2))
    following = [packet.payload for packet in phone.drain() if isinstance(packet, Publish)]
    assert following[:2] == [b"\x14", b"\x15"]
    assert len(following) == 2 or not place.is_ours


# Wills


def _sees_will(place: Place, connect: Connect, ending: bytes | None) -> list[tuple[str, bytes]]:
    """What a watcher receives when a client says `ending` (None: its wire is cut). A second client marks the end."""
    watcher = place.wire("watcher")
    watcher.subscribe(("w/#", 1))
    wire = place.wire()
    wire.open(connect)
    if ending is None:
        wire.cut()
    else:
        wire.send(ending)
        wire.expect_end()
    _wait_until_gone(place, connect.client_id)
    return watcher.texts()


def _wait_until_gone(place: Place, client_id: str) -> None:
    """A takeover of the same id: after it nothing of the old connection can still happen."""
    place.wire(client_id)


def test_the_will_is_published_unless_the_client_said_goodbye(place: Place) -> None:
    """MQTT-3.1.2-8 and -3.14.4-3: presence rests on this."""
    connect = Connect("bike", will=Will("w/bike", b"gone", 1, retain=True))
    assert _sees_will(place, connect, b"\xe0\x00") == []
    assert place.wire("late").subscribe(("w/#", 1)) == []
    assert _sees_will(place, connect, None) == [("w/bike", b"gone")]
    assert len(place.wire("late").subscribe(("w/#", 1))) == 1


def test_the_will_is_published_after_a_protocol_error(place: Place) -> None:
    """MQTT-3.1.2-8, "the Server closes the Network Connection because of a protocol error"."""
    connect = Connect("bike", will=Will("w/bike", b"gone"))
    assert _sees_will(place, connect, b"\xf0\x00") == [("w/bike", b"gone")]


def test_a_takeover_publishes_the_old_will(place: Place) -> None:
    """A will with a clean session: the old connection has ended without DISCONNECT."""
    watcher = place.wire("watcher")
    watcher.subscribe(("w/#", 1))
    old = place.wire("bike", will=Will("w/bike", b"old"))
    place.wire("bike", will=Will("w/bike", b"new"))
    old.expect_end()
    assert watcher.texts() == [("w/bike", b"old")]


def test_a_takeover_of_a_stored_session(place: Place) -> None:
    """Choice TAKEOVER_WILL: when the session goes on, ours still publishes the old connection's will, because MQTT-3.1.2-8
    makes no exception; mosquitto 2.0.11 drops it, as MQTT 5 does."""
    watcher = place.wire("watcher")
    watcher.subscribe(("w/#", 1))
    old = place.wire("bike", clean=False, will=Will("w/bike", b"old"))
    place.wire("bike", clean=False)
    old.expect_end()
    assert watcher.texts() == ([("w/bike", b"old")] if place.is_ours else [])


def test_silence_ends_a_connection_and_publishes_its_will(place: Place) -> None:
    """MQTT-3.1.2-24 with real seconds: amqtt never noticed. The time itself is checked in virtual time."""
    watcher = place.wire("watcher")
    watcher.subscribe(("w/#", 1))
    silent = place.wire("bike", keepalive_s=1, will=Will("w/bike", b"silent"))
    assert silent.expect_end() == []
    assert watcher.texts() == [("w/bike", b"silent")]


def test_connack_is_the_first_packet_even_when_messages_wait(place: Place) -> None:
    """MQTT-3.2.0-1; the takeover publishes a will that the client itself subscribes to."""
    first = place.wire("bike", clean=False, will=Will("w/bike", b"old", 1))
    first.subscribe(("w/#", 1), ("t", 1))
    place.wire("other").publish("t", b"1")
    again = place.wire()
    again.send(Connect("bike", clean=False))
    assert again.next() == Connack(session_present=True)
