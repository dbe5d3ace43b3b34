"""When a connection ends, by whom, and what follows: wills, keep alive, protocol errors."""

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode
from simulator.mqtt.errors import MqttError
from simulator.mqtt.events import Acked, Message, Pong
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import Connack, Connect, Disconnect, Pingreq, Publish, Will
from tests.support.mqtt_memory import Bench, talk


def test_the_will_is_published_unless_the_client_said_goodbye() -> None:
    """The will is the presence purpose at work: MQTT-3.1.2-8 and -3.14.4-3."""
    will = Will("d/1/presence", b"gone", 1, retain=True)
    bench = Bench()
    phone = bench.client("phone")
    phone.subscribe(("d/+/presence", 1))
    bike = bench.client("bike", will=will)
    bike.disconnect()
    assert phone.inbox() == []
    bike.connect(will=will)
    bike.break_wire()
    assert phone.inbox() == [Message("d/1/presence", b"gone", 1, False, False)]
    assert bench.broker.retained["d/1/presence"].payload == b"gone"
    bike.connect(will=will)
    assert bike.conn is not None
    bike.conn.feed(b"\xff", 0)  # a protocol error
    bench.settle()
    assert len(phone.inbox()) == 1
    bike.connect(will=will)
    bike.session.lost()
    bike.connect(will=None)  # a takeover ends the old connection, so its will is due
    assert len(phone.inbox()) == 1
    bike.break_wire()
    assert phone.inbox() == []


def test_silence_is_noticed_at_one_and_a_half_keep_alives() -> None:
    """MQTT-3.1.2-24, to the millisecond; a PINGREQ starts the time anew, half a packet does not."""
    bench = Bench()
    phone = bench.client("phone", keepalive_s=0)
    phone.subscribe(("#", 0))
    conn = bench.broker.connect("raw", 0)
    conn.feed(encode(Connect("raw", keepalive_s=10, will=Will("w"))), 0)
    assert bench.broker.deadline() == 15_000
    conn.feed(encode(Pingreq()), 12_000)
    conn.feed(encode(Pingreq())[:1], 20_000)
    bench.broker.on_time(26_999)
    assert not conn.closed
    bench.broker.on_time(27_000)
    assert (conn.closed, conn.why) == (True, "silent")
    bench.settle()
    assert phone.texts() == [("w", b"")]


def test_a_keep_alive_of_zero_waits_for_ever() -> None:
    """§3.1.2.10."""
    broker = Broker()
    conn = broker.connect("raw", 0)
    conn.feed(encode(Connect("raw")), 0)
    assert broker.deadline() is None
    broker.on_time(10**9)
    assert not conn.closed


def test_a_connection_that_never_says_connect_is_ended() -> None:
    """§3.1: half-open ports must not pile up."""
    broker = Broker(Limits(connect_ms=500))
    conn = broker.connect("mute", 100)
    broker.on_time(599)
    assert not conn.closed
    broker.on_time(600)
    assert (conn.closed, conn.why) == (True, "late")


def test_a_client_of_another_clock_may_stay_silent() -> None:
    """A real client beside a clock that runs sixtyfold would be thrown out for being real."""
    broker = Broker()
    conn = broker.connect("real", 0, timed=False)
    broker.on_time(10**6)
    conn.feed(encode(Connect("real", keepalive_s=1)), 10**6)
    broker.on_time(10**9)
    assert not conn.closed
    assert broker.deadline() is None


def test_sessions_ping_in_time_to_stay() -> None:
    """The client side of keep alive (MQTT-3.1.2-23)."""
    bench = Bench()
    bike = bench.client("bike", keepalive_s=60)
    bench.pass_time(3_600_000)
    assert bike.is_up
    assert bike.events.count(Pong()) == 120


def test_what_may_not_come_ends_the_connection() -> None:
    """MQTT-3.1.0-1 and -2."""
    broker = Broker()
    assert talk(broker, Pingreq()) == ([], "protocol")
    assert talk(broker, Connect("a"), Connect("a")) == ([Connack()], "protocol")


def test_nothing_after_the_end_is_read() -> None:
    """MQTT-3.14.4-2, and the same after an error: the bytes were already here, the client was not."""
    for end in (encode(Disconnect()), encode(Connect("a"))):
        broker = Broker()
        conn = broker.connect("raw", 0)
        conn.feed(encode(Connect("a")) + end + encode(Publish("t", b"late", retain=True)), 0)
        assert broker.retained == {}


def test_a_refusal_that_has_a_code_is_answered_before_the_end() -> None:
    """MQTT-3.1.2-2 and -3.1.3-8; everything else ends without a CONNACK (MQTT-3.1.4-1)."""
    cases = [
        ("100d 0004 4d515454 05 02 0000 0001 61", "20020001"),
        ("100c 0004 4d515454 04 00 0000 0000", "20020002"),
        ("100d 0004 4d515454 04 03 0000 0001 61", ""),
    ]
    for sent, answer in cases:
        conn = Broker().connect("raw", 0)
        conn.feed(bytes.fromhex(sent), 0)
        assert conn.take().hex() == answer
        late = Broker().connect("raw", 0)
        late.feed(encode(Connect("raw")) + bytes.fromhex(sent), 0)
        assert late.take() == encode(Connack())  # a second CONNECT is never answered
        assert (conn.closed, conn.why) == (True, "protocol")
        assert isinstance(conn.error, MqttError)


def test_the_broker_never_lets_a_client_speak_for_sys() -> None:
    """§4.7.2: topics of $SYS are the server's own; nobody else's $ topics are special."""
    bench = Bench()
    phone = bench.client("phone")
    phone.subscribe(("$SYS/#", 1), ("$a/#", 1), ("#", 1))
    packet_id = phone.publish("$SYS/x", b"forged", 1)
    assert Acked(packet_id) in phone.events
    phone.publish("$a/x", b"", 1)
    bench.broker.publish("$SYS/x", b"true", 0, False, 0)
    bench.settle()
    assert phone.texts() == [("$a/x", b""), ("$SYS/x", b"true")]
