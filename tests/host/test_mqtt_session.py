"""The small client: what it tells its owner, and what it does with a broker that misbehaves."""

import pytest

from agent.base.errors import LocalError
from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import encode
from simulator.mqtt.events import (
    Acked,
    Broken,
    Connected,
    Event,
    Lost,
    Message,
    Pong,
    Refused,
    Silent,
    Subscribed,
    Unsubscribed,
)
from simulator.mqtt.limits import MAX_ID
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from simulator.mqtt.session import DOWN, UP, Session
from tests.support.mqtt_memory import Bench


def _up(clean: bool = True, keepalive_s: int = 0, present: bool = False) -> Session:
    session = Session()
    _again(session, clean, keepalive_s, present)
    return session


def _again(session: Session, clean: bool = True, keepalive_s: int = 0, present: bool = False) -> list[Event]:
    session.connect("bike", clean, keepalive_s=keepalive_s)
    session.take()
    return _told(session, Connack(present))


def _told(session: Session, *packets: Packet, now: int = 0) -> list[Event]:
    return session.feed(b"".join(map(encode, packets)), now)


def test_a_session_reports_refusals_and_losses() -> None:
    """The simulated link turns these into the errors of hal.ports.Link."""
    bench = Bench(Broker(login=lambda connect: 5 if connect.username == "x" else 0))
    bike = bench.client("bike", username="x")
    assert bike.events == [Refused(5)]
    assert not bike.is_up
    bike.connect()
    assert bike.conn is not None
    packet_id = bike.session.publish("t", b"1", 1)
    bike.session.take()
    bike.break_wire()
    bike.connect()
    assert bike.events[-1] == Lost(packet_id)
    assert bike.session.unacknowledged() == []


def test_every_answer_becomes_one_event() -> None:
    """Requests are told apart by their packet identifiers."""
    session = _up()
    ids = [
        session.publish("t", b"1", 1),
        session.publish("t", b"2", 2),
        session.subscribe(("a", 1), ("b", 2)),
        session.unsubscribe("a"),
    ]
    assert ids == [1, 2, 3, 4]
    assert session.take() == b"".join(
        (
            encode(Publish("t", b"1", 1, packet_id=1)),
            encode(Publish("t", b"2", 2, packet_id=2)),
            encode(Subscribe(3, (("a", 1), ("b", 2)))),
            encode(Unsubscribe(4, ("a",))),
        )
    )
    assert _told(session, Unsuback(4), Suback(3, (1, 0x80)), Pubrec(2), Puback(1), Pubcomp(2), Pingresp()) == [
        Unsubscribed(4),
        Subscribed(3, (1, 0x80)),
        Acked(1),
        Acked(2),
        Pong(),
    ]
    assert session.take() == encode(Pubrel(2))
    assert session.unacknowledged() == []


def test_answers_that_fit_no_request_are_ignored() -> None:
    """A late PUBACK of an earlier send must not acknowledge a message that took its number."""
    session = _up()
    session.publish("t", b"1", 2)
    session.subscribe(("a", 1))
    session.take()
    assert _told(session, Puback(1), Pubcomp(1), Suback(1, (0,)), Unsuback(2), Puback(9)) == []
    assert session.unacknowledged() == [1]


def test_what_was_unacknowledged_goes_again_only_into_the_same_session() -> None:
    """MQTT-4.4.0-1; a broker that lost the session gets nothing by itself: the store decides, it may be withdrawn."""
    session = _up(clean=False)
    for qos in (1, 2, 2):
        session.publish("t", b"", qos)
    session.subscribe(("a", 0))
    _told(session, Pubrec(2))
    session.take()
    session.lost()
    assert _again(session, clean=False, present=True) == [Connected(True)]
    assert session.take() == b"".join(
        map(encode, (Publish("t", b"", 1, False, True, 1), Publish("t", b"", 2, False, True, 3), Pubrel(2)))
    )
    session.lost()
    assert _again(session, clean=False) == [Connected(False), Lost(1), Lost(3), Lost(2)]
    assert session.take() == b""


def test_messages_are_acknowledged_and_qos_2_comes_once() -> None:
    """Also when the broker repeats it on the next connection of the same session."""
    session = _up(clean=False)
    first = Publish("t", b"2", 2, packet_id=7)
    again = Publish("t", b"2", 2, dup=True, packet_id=7)
    assert _told(session, Publish("t", b"0"), Publish("t", b"1", 1, True, packet_id=7), first) == [
        Message("t", b"0", 0, False, False),
        Message("t", b"1", 1, True, False),
        Message("t", b"2", 2, False, False),
    ]
    assert session.take() == encode(Puback(7)) + encode(Pubrec(7))
    session.lost()
    _again(session, clean=False, present=True)
    assert _told(session, again, Pubrel(7)) == []
    assert session.take() == encode(Pubrec(7)) + encode(Pubcomp(7))
    assert _told(session, first) == [Message("t", b"2", 2, False, False)]


def test_a_new_session_receives_the_same_number_as_a_new_message() -> None:
    """Numbers belong to a session: after a lost one, 7 is not yesterday's 7."""
    session = _up(clean=False)
    _told(session, Publish("t", b"old", 2, packet_id=7))
    session.lost()
    _again(session, clean=False)
    assert _told(session, Publish("t", b"new", 2, packet_id=7)) == [Message("t", b"new", 2, False, False)]


def test_pings_go_every_half_keep_alive_and_silence_is_told() -> None:
    """MQTT-3.1.2-23; a dead link shows within one keep alive, before the broker gives up at one and a half."""
    session = _up(keepalive_s=60)
    assert session.deadline() == 30_000
    assert session.on_time(29_999) == []
    assert session.take() == b""
    assert session.on_time(30_000) == []
    assert session.take() == encode(Pingreq())
    assert session.deadline() == 60_000
    assert _told(session, Pingresp(), now=31_000) == [Pong()]
    assert session.deadline() == 60_000
    session.on_time(60_000)
    assert session.on_time(89_999) == []
    assert session.on_time(90_000) == [Silent()]
    assert (session.state, session.deadline()) == (DOWN, None)


def test_without_keep_alive_there_is_no_deadline() -> None:
    """§3.1.2.10: zero turns it off."""
    session = _up(keepalive_s=0)
    assert session.deadline() is None
    assert session.on_time(10**9) == []


def test_a_broker_that_breaks_the_protocol_is_told_after_what_came_before() -> None:
    """The owner gets the good message, then the reason to hang up; nothing after it is believed."""
    cases: list[tuple[bytes, str]] = [(b"\x00", "§2.2.1"), (encode(Connack()), "§3.2"), (b"\x10\x00", "§2.2.1")]
    for bad, rule in cases:
        session = _up()
        events = session.feed(encode(Publish("t", b"1")) + bad + encode(Publish("t", b"2")), 0)
        assert events[0] == Message("t", b"1", 0, False, False)
        assert isinstance(events[1], Broken)
        assert events[1].error.rule == rule
        assert len(events) == 2
        assert session.state == DOWN
        assert session.feed(encode(Publish("t", b"3")), 0) == []


def test_the_first_packet_must_be_connack() -> None:
    """MQTT-3.2.0-1."""
    session = Session()
    session.connect("bike")
    (event,) = _told(session, Publish("t"))
    assert isinstance(event, Broken)
    assert event.error.rule == "MQTT-3.2.0-1"


def test_chunks_change_no_event() -> None:
    """The link hands over whatever the network gave it."""
    stream = b"".join(map(encode, (Connack(), Publish("t", b"1", 1, packet_id=1), Pingresp(), Publish("u", b"2"))))
    whole, pieces = Session(), Session()
    for session in (whole, pieces):
        session.connect("bike")
        session.take()
    events = [event for byte in stream for event in pieces.feed(bytes((byte,)), 0)]
    assert events == whole.feed(stream, 0)
    assert pieces.take() == whole.take()


def test_speaking_out_of_turn_is_our_own_bug() -> None:
    """A phone that publishes before it is connected has lost the message; it must notice in the test."""
    session = Session()
    for act in (
        lambda: session.publish("t", b""),
        lambda: session.subscribe(("t", 0)),
        lambda: session.unsubscribe("t"),
    ):
        with pytest.raises(LocalError):
            act()
    session.connect("bike")
    with pytest.raises(LocalError):
        session.connect("bike")


def test_a_new_connection_starts_with_connect() -> None:
    """What the old transport did not take must not reach the new one before CONNECT (MQTT-3.1.0-1)."""
    session = _up()
    session.publish("t", b"untaken")
    session.lost()
    session.connect("bike")
    assert session.take() == encode(Connect("bike", keepalive_s=60))


def test_goodbye_is_said_only_when_connected() -> None:
    """Before CONNACK there is nobody to say it to."""
    session = _up()
    session.disconnect()
    assert (session.take(), session.state) == (encode(Disconnect()), DOWN)
    session.disconnect()
    assert session.take() == b""


def test_packet_identifiers_wrap_and_skip_those_in_use() -> None:
    """A number in use twice would acknowledge the wrong message."""
    session = _up()
    stuck = session.publish("t", b"", 1)
    seen: list[int] = []
    for _ in range(MAX_ID):
        packet_id = session.publish("t", b"", 1)
        seen.append(packet_id)
        _told(session, Puback(packet_id))
        session.take()
    assert stuck == 1
    assert seen == [*range(2, MAX_ID + 1), 2]


def test_a_number_too_many_is_refused() -> None:
    """65,535 answers outstanding: at the limit, and one above."""
    session = _up()
    for _ in range(MAX_ID):
        session.publish("t", b"", 1)
    assert session.state == UP
    with pytest.raises(LocalError, match="65,535"):
        session.publish("t", b"", 1)
