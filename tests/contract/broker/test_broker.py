"""What a broker promises, asked of ours and of mosquitto in the same bytes."""

import itertools
import random

from simulator.mqtt.packets import (
    Publish,
    Unsuback,
    Unsubscribe,
)
from simulator.mqtt.topics import matches
from tests.contract.broker.conftest import Place


def test_retained_messages_go_only_to_matching_subscriptions(place: Place) -> None:
    """A broker that leaks retained positions would make every privacy test on it worthless."""
    place.wire("bike").publish("d/1/location", b"home", retain=True)
    stranger, phone = place.wire("stranger"), place.wire("phone")
    assert stranger.subscribe(("d/2/location", 1), ("d/+/status", 1), ("d/1", 1)) == []
    assert phone.subscribe(("d/+/location", 1)) == [Publish("d/1/location", b"home", 1, True, False, 1)]
    assert stranger.drain() == []


def test_retained_messages_are_flagged_replaced_and_erased(place: Place) -> None:
    """§3.3.1.3: old ones carry the flag, new ones do not, an empty one erases and is passed on."""
    bike, phone = place.wire("bike"), place.wire("phone")
    bike.publish("t", b"1", retain=True)
    bike.publish("t", b"2", retain=True)
    assert phone.subscribe(("t", 0)) == [Publish("t", b"2", retain=True)]
    assert phone.subscribe(("t", 0)) == [Publish("t", b"2", retain=True)]  # again (MQTT-3.8.4-3)
    bike.publish("t", b"3", retain=True)
    bike.publish("t", b"", retain=True)
    assert phone.messages() == [Publish("t", b"3"), Publish("t", b"")]
    assert place.wire("late").subscribe(("#", 0)) == []


def test_an_unretained_message_leaves_the_retained_one_alone(place: Place) -> None:
    """MQTT-3.3.1-12."""
    bike = place.wire("bike")
    bike.publish("t", b"kept", retain=True)
    bike.publish("t", b"passing", retain=False)
    assert place.wire("phone").subscribe(("t", 0)) == [Publish("t", b"kept", retain=True)]


def test_quality_is_the_lower_of_message_and_subscription(place: Place) -> None:
    """§3.8.4; nine pairs."""
    bike, phone = place.wire("bike"), place.wire("phone")
    for wanted, sent in itertools.product((0, 1, 2), repeat=2):
        phone.subscribe((f"q{wanted}", wanted))
        bike.publish(f"q{wanted}", b"", sent)
        assert [message.qos for message in phone.messages()] == [min(wanted, sent)]


def test_unsubscribing_stops_messages(place: Place) -> None:
    """§3.10: also of one filter among several, and of one that was never there."""
    bike, phone = place.wire("bike"), place.wire("phone")
    phone.subscribe(("a", 1), ("b", 1))
    phone.send(Unsubscribe(8, ("a", "never")))
    phone.expect(Unsuback(8))
    bike.publish("a", b"1")
    bike.publish("b", b"2")
    assert phone.texts() == [("b", b"2")]


def test_overlapping_filters_deliver_one_copy(place: Place) -> None:
    """§3.3.5 asks for one copy at the highest QoS and allows more; both send one.

    Choice OVERLAP: mosquitto 2.0.11 takes the QoS of the most literal filter, against MQTT-3.3.5-1.
    """
    bike, phone = place.wire("bike"), place.wire("phone")
    phone.subscribe(("a/#", 0), ("a/+", 1), ("a/b", 2), ("c/#", 2), ("c/+", 0), ("c/d", 1))
    bike.publish("a/b", b"1", 2)
    bike.publish("c/d", b"2", 2)
    assert [(message.topic, message.qos) for message in phone.messages()] == [
        ("a/b", 2),
        ("c/d", 2 if place.is_ours else 1),
    ]


# Filters


def _check_matches(place: Place, patterns: list[str], topics: list[str]) -> None:
    """One subscriber a filter; each topic is published once."""
    wires = [place.wire(f"filter-{number}") for number in range(len(patterns))]
    for wire, pattern in zip(wires, patterns, strict=True):
        wire.subscribe((pattern, 0))
    publisher = place.wire("publisher")
    publisher.send(*(Publish(topic) for topic in topics))
    publisher.expect_pong()
    for wire, pattern in zip(wires, patterns, strict=True):
        assert [topic for topic, _ in wire.texts()] == [each for each in topics if matches(pattern, each)], pattern


def test_every_small_filter_matches_what_the_definition_says(place: Place) -> None:
    """All filters of up to three levels over a name, an empty level, a `$` name, '+' and '#', against all such topics."""
    names = ("a", "", "$b")
    topics = ["/".join(each) for n in (1, 2, 3) for each in itertools.product(names, repeat=n)]
    stems = ["/".join(each) for n in (1, 2, 3) for each in itertools.product((*names, "+"), repeat=n)]
    patterns = ["#", *stems, *(f"{each}/#" for each in stems if each.count("/") < 2)]
    _check_matches(place, [each for each in patterns if each], [each for each in topics if each])


def test_random_long_filters_match_what_the_definition_says(place: Place) -> None:
    """Deep ones with words of several bytes, made from the topics themselves so that they often match."""
    chance = random.Random(42)
    words = ("d", "ö", "🚲", "", " ", "status")
    topics = ["/".join(chance.choices(words, k=chance.randint(2, 8))) for _ in range(40)]
    patterns: list[str] = []
    for topic in topics:
        levels = ["+" if chance.random() < 0.3 else level for level in topic.split("/")]
        if chance.random() < 0.5:
            levels[chance.randrange(1, len(levels)) :] = ["#"]
        patterns.append("/".join(levels))
    _check_matches(place, patterns, topics)
