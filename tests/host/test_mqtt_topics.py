"""Topic filters: the plain definition against the standard's own examples, and the fast tree against the definition."""

from hypothesis import given
from hypothesis import strategies as st

from simulator.mqtt.topics import matches
from simulator.mqtt.tree import Subscriptions
from tests.support import mqtt_values as values


def test_wildcards_match_as_the_standard_says() -> None:
    """§4.7.1 and §4.7.2, example by example."""
    cases = [
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/#", "sport", True),
        ("sport/tennis/+", "sport/tennis/player2", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/monitor", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/monitor", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        ("ACCOUNTS", "Accounts", False),
        ("a/b", "a/b", True),
        ("a", "a/", False),
        ("+/#", "a", True),
        ("a/+/#", "a", False),
    ]
    for pattern, topic, expected in cases:
        assert matches(pattern, topic) is expected, (pattern, topic)


@given(
    st.lists(st.tuples(values.near_filters(), st.integers(1, 3), values.qualities, st.booleans()), max_size=12),
    values.topics,
)
def test_the_tree_finds_what_the_definition_says(changes: list[tuple[str, int, int, bool]], topic: str) -> None:
    """Subscriptions added, replaced and removed in any order; every subscriber once, by number, at its highest QoS."""
    tree = Subscriptions()
    model: dict[tuple[int, str], int] = {}
    for pattern, subscriber, qos, stays in changes:
        if stays:
            tree.add(pattern, subscriber, qos)
            model[subscriber, pattern] = qos
        else:
            tree.remove(pattern, subscriber)
            model.pop((subscriber, pattern), None)
    expected: dict[int, int] = {}
    for (subscriber, pattern), qos in model.items():
        if matches(pattern, topic):
            expected[subscriber] = max(qos, expected.get(subscriber, 0))
    assert tree.find(topic) == sorted(expected.items())


def test_overlapping_filters_find_each_subscriber_once() -> None:
    """By number, at the highest QoS, whichever of its filters the tree meets last."""
    tree = Subscriptions()
    for pattern, subscriber, qos in (("#", 2, 2), ("+/b", 2, 1), ("a/b", 2, 0), ("a/#", 1, 0), ("a/b", 1, 1)):
        tree.add(pattern, subscriber, qos)
    assert tree.find("a/b") == [(1, 1), (2, 2)]


@given(st.lists(values.filters(), max_size=8))
def test_an_emptied_tree_keeps_nothing(patterns: list[str]) -> None:
    """A broker that runs for a virtual year must not grow with every filter it ever saw."""
    tree = Subscriptions()
    for pattern in patterns:
        tree.add(pattern, 1, 0)
    for pattern in patterns:
        tree.remove(pattern, 1)
    assert tree.is_empty()
