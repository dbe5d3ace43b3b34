"""What a broker must not take, and what it may refuse, asked of ours and of mosquitto in the same bytes."""

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode, remaining_length
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Will,
)
from tests.contract.broker.conftest import Place
from tests.support.mqtt_malformed import MALFORMED, raw_connect

TOLERATED = (
    "PUBACK with flags",
    "PINGREQ with flags",
    "PINGREQ with a body",
    "PUBACK of three bytes",
    "DUP with QoS 0",
    "level 3",  # MQTT 3.1
    "level 5",  # MQTT 5, whose other fields it then waits for
    "another protocol",  # MQIsdp, the name of MQTT 3.1
)
"""Choice TOLERANT: mosquitto 2.0.11 lets these pass or answers them otherwise; the standard wants, or allows, an end."""


_ANSWERS = {
    "empty id, stored session": [Connack(False, 2)],
    "level 3": [Connack(False, 1)],
    "level 5": [Connack(False, 1)],
}
"""What comes before the end (§3.2.2.3); every other packet gets no answer (MQTT-3.1.4-1)."""


def test_malformed_packets_end_the_connection(place: Place) -> None:
    """MQTT-4.8.0-1, each packet of the codec's own list; the broker lives on."""
    for what, data, _ in MALFORMED:
        if what in TOLERATED and not place.is_ours:
            continue
        wire = place.wire() if data[0] >> 4 == 1 else place.wire("bad")
        wire.send(data)
        assert wire.expect_end() == _ANSWERS.get(what, []), what
    place.wire("good").expect_pong()


def test_a_refusal_that_has_a_code_is_answered_with_it(place: Place) -> None:
    """MQTT-3.1.2-2 and -3.1.3-8. Level 6 does not exist, so that mosquitto refuses it too."""
    for data, code in ((raw_connect(2, level=6), 1), (raw_connect(0, "0000"), 2)):
        wire = place.wire()
        wire.send(data)
        assert wire.expect_end() == [Connack(False, code)]


def test_connect_comes_first_and_once(place: Place) -> None:
    """MQTT-3.1.0-1 and -2."""
    cases: list[list[Packet]] = [[Pingreq()], [Publish("t")], [Disconnect()], [Connect("a"), Connect("a")]]
    for packets in cases:
        wire = place.wire()
        wire.send(*packets)
        assert wire.expect_end() == [Connack()] * (len(packets) - 1)


def test_nothing_after_disconnect_is_read(place: Place) -> None:
    """MQTT-3.14.4-2: the client has ended, whatever still follows."""
    watcher = place.wire("watcher")
    watcher.subscribe(("t", 0))
    wire = place.wire("bike")
    wire.send(Disconnect(), Publish("t", b"late"))
    assert wire.expect_end() == []
    assert watcher.texts() == []


def test_a_conversation_byte_by_byte_is_the_same_conversation(place: Place) -> None:
    """TCP has no packet borders."""
    wire = place.wire()
    packets = Connect("slow", will=Will("w", b"x")), Subscribe(3, (("t", 1),)), Publish("t", bytes(200), 1, packet_id=4)
    for packet in packets:
        for byte in encode(packet):
            wire.send(bytes((byte,)))
    answers = [wire.next() for _ in range(4)]
    assert answers[:2] == [Connack(), Suback(3, (1,))]
    assert sorted(answers[2:], key=repr) == [Puback(4), Publish("t", bytes(200), 1, packet_id=1)]


def test_a_packet_at_the_limit_passes_and_one_above_ends_the_connection(place: Place) -> None:
    """The limit is ours; mosquitto is given the same one. A packet that is announced too long need not even come."""
    limits = Limits()
    wire = place.wire("big")
    longest = Publish("t" * limits.topic, bytes(limits.payload), 1, packet_id=1)
    assert len(encode(longest)) == 1 + 3 + limits.remaining
    wire.send(longest)
    wire.expect(Puback(1))
    wire.send(b"\x30" + remaining_length(limits.remaining + 1))
    assert wire.expect_end() == []


def test_a_packet_of_256_megabytes_is_refused_at_its_header(place: Place) -> None:
    """security.md fault 54."""
    wire = place.wire("huge")
    wire.send(b"\x30\xff\xff\xff\x7f")
    assert wire.expect_end() == []


def test_a_length_in_more_bytes_than_needed_is_read(place: Place) -> None:
    """Choice LENGTH: 3.1.1 does not ask for the shortest form (§2.2.3), MQTT 5 does; both brokers read it."""
    wire = place.wire("long")
    wire.send(b"\xc0\x80\x00")
    wire.expect(Pingresp())


def test_topics_have_a_largest_depth(place: Place) -> None:
    """Choice DEPTH: 200 slashes in both; the standard names no limit but 65,535 bytes."""
    wire = place.wire("deep")
    wire.publish("/" * 200)
    wire.send(Publish("/" * 201))
    assert wire.expect_end() == []


def test_a_topic_of_1025_bytes(place: Place) -> None:
    """Choice TOPIC: ours ends the connection, since no topic of the product has more than 128; mosquitto takes 65,535."""
    wire = place.wire("wide")
    wire.publish("t" * 1024)
    wire.send(Publish("t" * 1025, b"", 1, packet_id=1))
    if place.is_ours:
        assert wire.expect_end() == []
    else:
        wire.expect(Puback(1))


def test_a_full_queue_drops_the_newest(start: Callable[..., Place]) -> None:
    """Choice QUEUE: which message goes is the broker's own; ours does as mosquitto does."""
    place = start(Broker(Limits(queue=5)), ["max_queued_messages 5"])
    phone = place.wire("phone", clean=False)
    phone.subscribe(("t", 1))
    phone.send(Disconnect())
    phone.expect_end()
    bike = place.wire("bike")
    for number in range(7):
        bike.publish("t", bytes((number,)))
    again = place.wire("phone", clean=False)
    assert [payload[0] for _, payload in again.texts()] == [0, 1, 2, 3, 4]
    for number in range(27):  # a client that is there, but acknowledges nothing: the window, then the queue
        bike.publish("t", bytes((number,)))
    assert [payload[0] for _, payload in again.texts()] == list(range(25))


def test_topics_of_sys_are_the_brokers_own(place: Place) -> None:
    """§4.7.2, and Choice DOLLAR: other `$` topics pass from client to client in both."""
    phone = place.wire("phone")
    phone.subscribe(("$SYS/forged", 0), ("$other/#", 0))
    place.wire("bike").publish("$SYS/forged", b"1")
    place.wire("bike").publish("$other/a", b"2")
    assert phone.texts() == [("$other/a", b"2")]


def test_a_shared_subscription(place: Place) -> None:
    """Choice SHARE: `$share` is MQTT 5's. To ours it is a topic like any other; mosquitto shares in 3.1.1 as well."""
    phone = place.wire("phone")
    phone.subscribe(("$share/g/t", 0))
    place.wire("bike").publish("t", b"1")
    assert phone.texts() == ([] if place.is_ours else [("t", b"1")])


# Who may do what


def _password_line(user: str, password: str) -> str:
    """One line of mosquitto's password file: PBKDF2 with SHA-512."""
    salt = b"0123456789ab"
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, 101)
    return f"{user}:$7$101${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}\n"


def test_a_wrong_password_is_refused_with_code_5(start: Callable[..., Place], tmp_path: Path) -> None:
    """Choice CODE: for a wrong password the standard has 4 and 5; mosquitto says 5, and ours what its hook says."""
    (tmp_path / "users").write_text(_password_line("bike", "right"))
    known = {"bike": b"right"}
    broker = Broker(login=lambda connect: 0 if known.get(connect.username or "", b"") == connect.password else 5)
    place = start(broker, [f"password_file {tmp_path / 'users'}"], anonymous=False)
    for connect in (
        Connect("a", username="bike", password=b"wrong"),
        Connect("a", username="x", password=b"right"),
        Connect("a"),
    ):
        wire = place.wire()
        wire.send(connect)
        assert wire.expect_end() == [Connack(False, 5)]
    place.wire("a", username="bike", password=b"right").expect_pong()


def test_an_acl_is_held_at_each_delivery(start: Callable[..., Place], tmp_path: Path) -> None:
    """A forbidden message is acknowledged and goes nowhere (MQTT-3.3.5-2); a wide filter brings only what is allowed."""
    (tmp_path / "acl").write_text("topic readwrite open/#\n")
    broker = Broker(acl=lambda client_id, action, topic: action == "subscribe" or topic.startswith("open/"))
    place = start(broker, [f"acl_file {tmp_path / 'acl'}"])
    bike, guest = place.wire("bike", will=Will("shut/w", b"4")), place.wire("guest")
    bike.publish("shut/kept", b"0", retain=True)
    assert guest.subscribe(("#", 1), ("+/+", 1)) == []
    bike.publish("shut/a", b"1")
    bike.publish("open/a", b"2")
    bike.publish("shut/b", b"3")
    bike.cut()
    place.wire("bike")
    assert guest.texts() == [("open/a", b"2")]
