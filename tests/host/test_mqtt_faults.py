"""Faults on order: each does what its name says, exactly as often as it was asked, and leaves a record."""

import pytest

from simulator.mqtt.broker import Broker
from simulator.mqtt.events import Acked, Lost, Message, Refused, Silent
from simulator.mqtt.faults import Fault, Faults, Fired
from simulator.mqtt.packets import Puback, Publish, Will
from tests.support.mqtt_memory import Bench, Client


def _bench(*faults: Fault) -> tuple[Bench, Client, list[bytes]]:
    """A bench, a bike with a stored session, and the payloads the broker accepts."""
    seen: list[bytes] = []
    bench = Bench()
    bench.broker.on_publish = lambda client_id, topic, payload, qos, retain, now: seen.append(payload)
    bike = bench.client("bike", clean=False, keepalive_s=60)
    for fault in faults:
        bench.broker.faults.add(fault)
    return bench, bike, seen


def test_a_lost_puback_leaves_the_message_unacknowledged_until_a_reconnect() -> None:
    """Fault 1 of security.md: at least once, so the far side sees it twice."""
    bench, bike, seen = _bench(Fault("lose", "PUBACK"))
    packet_id = bike.publish("t", b"alarm", 1)
    bench.pass_time(600_000)
    assert bike.is_up
    assert Acked(packet_id) not in bike.events
    bike.break_wire()
    bike.connect(clean=False)
    assert Acked(packet_id) in bike.events
    assert seen == [b"alarm", b"alarm"]


def test_a_lost_puback_of_the_client_brings_the_message_again() -> None:
    """The other way: the broker never hears the phone's PUBACK."""
    bench, bike, _ = _bench(Fault("lose", "PUBACK", way="in"))
    bike.subscribe(("t", 1))
    bench.broker.publish("t", b"1", 1, False, 0)
    bench.settle()
    assert bike.inbox() == [Message("t", b"1", 1, False, dup=False)]
    bike.break_wire()
    bike.connect(clean=False)
    assert bike.inbox() == [Message("t", b"1", 1, False, dup=True)]
    assert bench.broker.waiting("bike") == 0


def test_a_duplicate_is_sent_twice_with_dup_or_handled_twice() -> None:
    """Out: what a resend looks like. In: what a resend does."""
    _, bike, seen = _bench(Fault("duplicate", "PUBLISH", way="out"), Fault("duplicate", "PUBLISH", way="in"))
    bike.subscribe(("t", 1))
    bike.publish("t", b"1", 1)
    assert seen == [b"1", b"1"]
    assert [(message.payload, message.dup) for message in bike.inbox()] == [(b"1", False), (b"1", True), (b"1", False)]
    bike.publish("t", b"2", 0)
    assert seen[2:] == [b"2"]


def test_a_duplicate_without_quality_has_no_dup() -> None:
    """MQTT-3.3.1-2: DUP with QoS 0 would be malformed."""
    bench, bike, _ = _bench(Fault("duplicate", "PUBLISH"))
    bike.subscribe(("t", 0))
    bench.broker.publish("t", b"1", 0, False, 0)
    bench.settle()
    assert bike.inbox() == [Message("t", b"1", 0, False, False)] * 2


def test_a_delayed_packet_holds_back_what_is_behind_it() -> None:
    """TCP keeps the order: late is late for everything after it."""
    bench, bike, _ = _bench(Fault("delay", "PUBACK", ms=500))
    bike.subscribe(("u", 0))
    packet_id = bike.publish("t", b"", 1)
    bench.broker.publish("u", b"behind", 0, False, 0)
    bench.pass_time(499)
    assert Acked(packet_id) not in bike.events
    assert bike.inbox() == []
    bench.pass_time(1)
    assert Acked(packet_id) in bike.events
    assert bike.texts() == [("u", b"behind")]
    other = bike.publish("t", b"", 1)
    assert Acked(other) in bike.events  # once only


def test_delays_add_up_to_nothing_when_the_connection_ends() -> None:
    """What was still inside the broker dies with the connection."""
    bench, bike, _ = _bench(Fault("delay", "PUBLISH", ms=500))
    bike.subscribe(("t", 0))
    bench.broker.publish("t", b"", 0, False, 0)
    bike.break_wire()
    bike.connect(clean=False)
    bench.pass_time(1000)
    assert bike.inbox() == []


def test_a_connection_can_drop_before_or_after_a_message_was_handled() -> None:
    """The two halves of the one question a sender has after a broken wire: did it arrive?"""
    for fault, arrived in ((Fault("drop", "PUBLISH", way="in"), []), (Fault("drop", "PUBACK"), [b"1"])):
        _, bike, seen = _bench(fault)
        packet_id = bike.publish("t", b"1", 1)
        assert not bike.is_up
        assert seen == arrived
        bike.connect(clean=False)
        assert Acked(packet_id) in bike.events
        assert seen == [*arrived, b"1"]


def test_a_half_open_link_is_silent_for_both_until_each_gives_up() -> None:
    """Fault 2 of security.md: the client after its unanswered ping, the broker at one and a half keep alives."""
    bench = Bench()
    phone = bench.client("phone", keepalive_s=0)
    phone.subscribe(("w", 0))
    bike = bench.client("bike", clean=False, keepalive_s=60, will=Will("w", b"silent"))
    conn = bike.conn
    assert conn is not None
    bench.broker.faults.add(Fault("swallow", "PUBLISH", "bike", way="in"))
    packet_id = bike.publish("t", b"into the void", 1)
    assert (conn.closed, conn.take()) == (False, b"")
    bench.pass_time(59_999)
    assert bike.is_up
    bench.pass_time(1)
    assert bike.events[-1] == Silent()
    bench.pass_time(29_999)
    assert phone.inbox() == []
    bench.pass_time(1)
    assert phone.texts() == [("w", b"silent")]
    assert conn.why == "silent"
    assert not conn.closed  # nobody at the far end is told
    bike.connect(clean=False)
    assert Acked(packet_id) in bike.events


def test_connect_is_refused_as_often_as_asked() -> None:
    """Back-off is tested with this: three refusals, then the broker is well again."""
    bench = Bench(Broker())
    bench.broker.faults.add(Fault("refuse", client="bike", code=3, times=3))
    phone = bench.client("phone")
    assert phone.is_up
    bike = bench.client("bike")
    for _ in range(3):
        assert bike.events.pop() == Refused(3)
        bike.connect()
    assert bike.is_up


def test_a_forgotten_session_is_told_by_connack() -> None:
    """The client must send its own again and subscribe again: Session Present is 0."""
    bench, bike, _ = _bench(Fault("lose", "PUBACK"), Fault("forget"))
    bike.subscribe(("t", 1))
    packet_id = bike.publish("x", b"", 1)
    bike.break_wire()
    bench.broker.publish("t", b"gone too", 1, False, 0)
    bike.connect(clean=False)
    assert not bike.was_present
    assert bike.events[-1] == Lost(packet_id)
    assert bike.inbox() == []


def test_rules_skip_and_count_and_name_their_client() -> None:
    """A scenario says "the third PUBACK to the bike", and the record says when that was."""
    rule = Fault("lose", "PUBACK", "bike", skip=2)
    bench, bike, _ = _bench(rule)
    phone = bench.client("phone")
    bench.now = 5
    ids = [bike.publish("t", b"", 1) for _ in range(4)]
    phone.publish("t", b"", 1)
    assert [Acked(packet_id) in bike.events for packet_id in ids] == [True, True, False, True]
    assert bench.broker.faults.fired == [Fired(5, rule, "PUBACK", "bike")]


def test_a_rule_without_count_fires_until_it_is_cleared() -> None:
    """times=0: a whole outage."""
    bench, bike, _ = _bench(Fault("lose", "PUBACK", times=0))
    for _ in range(3):
        bike.publish("t", b"", 1)
    assert len(bench.broker.faults.fired) == 3
    bench.broker.faults.clear()
    last = bike.publish("t", b"", 1)
    assert [event for event in bike.events if isinstance(event, Acked)] == [Acked(last)]
    assert len(bench.broker.faults.fired) == 3


def test_the_first_rule_that_fires_decides() -> None:
    """Two rules on one packet: the order of the scenario, never chance."""
    faults = Faults([Fault("lose", "PUBACK"), Fault("duplicate", times=0)])
    actions = [fired.action for fired in (faults.judge(Puback(1), "bike", "out", 0) for _ in range(2)) if fired]
    assert actions == ["lose", "duplicate"]
    assert faults.judge(Publish("t"), "bike", "in", 0) is None


def test_a_rule_that_could_never_fire_is_refused() -> None:
    """A typing error in a scenario must not pass as a quiet day."""
    cases: list[tuple[dict[str, object], str]] = [
        ({"action": "loose"}, "no fault is called 'loose'"),
        ({"action": "lose", "packet": "PUBACKK"}, "no packet is called"),
        ({"action": "lose", "way": "up"}, "way is 'in' or 'out'"),
        ({"action": "delay", "ms": 0}, "positive ms"),
        ({"action": "delay", "ms": 5, "way": "in"}, "what the broker sends"),
        ({"action": "refuse"}, "code 1 to 5"),
        ({"action": "refuse", "code": 6}, "code 1 to 5"),
        ({"action": "lose", "skip": -1}, "from 0"),
        ({"action": "lose", "times": -1}, "from 0"),
    ]
    for fields, text in cases:
        with pytest.raises(ValueError, match=text):
            Fault(**fields)


# What the owner may do at once


def test_a_dropped_client_leaves_its_will() -> None:
    """Like a broken wire at a moment of the scenario's choice."""
    bench = Bench()
    phone = bench.client("phone")
    phone.subscribe(("w", 0))
    bike = bench.client("bike", will=Will("w"))
    bench.broker.drop("bike", 0)
    bench.broker.drop("nobody", 0)
    bench.settle()
    assert not bike.is_up
    assert phone.texts() == [("w", b"")]


def test_a_swallowed_client_hears_nothing_more() -> None:
    """Half open from now, not from a packet on; bytes already on their way are gone too."""
    bench, bike, seen = _bench()
    bike.subscribe(("t", 0))
    bench.broker.publish("t", b"on its way", 0, False, 0)
    bench.broker.swallow("bike")
    bench.broker.swallow("nobody")
    bench.broker.publish("t", b"1", 0, False, 0)
    bike.publish("t", b"2", 1)
    assert bike.is_up
    assert (bike.inbox(), seen) == ([], [])


def test_a_forgotten_client_loses_connection_and_session() -> None:
    """The broker's disk failed for one client."""
    bench, bike, _ = _bench()
    bench.broker.forget("bike", 0)
    bench.broker.forget("nobody", 0)
    bench.settle()
    assert not bike.is_up
    assert not bench.broker.has_session("bike")


def test_a_restart_keeps_only_what_is_persistent_and_speaks_no_will() -> None:
    """A broker that loses power publishes nothing; afterwards it knows what its disk knows."""
    for persistent in (True, False):
        bench, bike, seen = _bench()
        bench.client("other", will=Will("w"))
        bike.publish("t", b"kept", 1, retain=True)
        bench.broker.restart(0, persistent)
        bench.settle()
        assert not bike.is_up
        assert bench.broker.clients() == []
        assert seen == [b"kept"]
        assert (bench.broker.has_session("bike"), list(bench.broker.retained)) == (persistent, ["t"] * persistent)
        bike.connect(clean=False)
        assert bike.was_present is persistent
