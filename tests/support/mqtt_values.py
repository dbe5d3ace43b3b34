"""Hypothesis strategies for packets, topics and filters that MQTT 3.1.1 allows."""

from typing import TypeVar

from hypothesis import strategies as st

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
    Will,
)

_Kind = TypeVar("_Kind", Puback, Pubrec, Pubrel, Pubcomp, Unsuback)

_LETTERS = "aö/0 .\U0001f6b2"
text = st.text(st.sampled_from("aö/+#$0 .\U0001f6b2\ufeff"), max_size=12)
topics = st.text(st.sampled_from(_LETTERS + "$"), min_size=1, max_size=12)
level = st.text(st.sampled_from("aö0 ."), max_size=3)
identifiers = st.integers(1, 65_535)
qualities = st.integers(0, 2)
payloads = st.binary(max_size=200)


@st.composite
def filters(draw: st.DrawFn) -> str:
    """A valid topic filter with wildcards where they may stand."""
    levels = draw(st.lists(st.one_of(level, st.just("+")), min_size=1, max_size=5))
    if draw(st.booleans()):
        levels[-1] = "#"
    return "/".join(levels) or "+"


_few = st.sampled_from(("a", "b", "", "$a"))
near_topics = st.lists(_few, min_size=1, max_size=3).map("/".join).filter(bool)
"""Topics of so few words that random filters often match them."""


@st.composite
def near_filters(draw: st.DrawFn) -> str:
    levels = draw(st.lists(st.one_of(_few, st.just("+")), max_size=3))
    if not levels or draw(st.booleans()):
        levels.append("#")
    return "/".join(levels) or "/"


def wills(
    names: st.SearchStrategy[str] = topics, bodies: st.SearchStrategy[bytes] = payloads
) -> st.SearchStrategy[Will]:
    return st.builds(Will, names, bodies, qualities, st.booleans())


@st.composite
def connects(draw: st.DrawFn) -> Connect:
    clean = draw(st.booleans())
    client_id = draw(text if clean else text.filter(bool))
    username = draw(st.none() | text)
    password = draw(st.none() | payloads) if username is not None else None
    return Connect(client_id, clean, draw(st.integers(0, 65_535)), draw(st.none() | wills()), username, password)


@st.composite
def publishes(draw: st.DrawFn) -> Publish:
    qos = draw(qualities)
    return Publish(
        draw(topics),
        draw(payloads),
        qos,
        draw(st.booleans()),
        bool(qos) and draw(st.booleans()),
        draw(identifiers) if qos else 0,
    )


def _identified(kind: type[_Kind]) -> st.SearchStrategy[_Kind]:
    return identifiers.map(kind)


_requests = st.lists(st.tuples(filters(), qualities), min_size=1, max_size=4).map(tuple)
_names = st.lists(filters(), min_size=1, max_size=4).map(tuple)
_codes = st.lists(st.sampled_from((0, 1, 2, 0x80)), min_size=1, max_size=4).map(tuple)
_both = [publishes(), _identified(Puback), _identified(Pubrec), _identified(Pubrel), _identified(Pubcomp)]
_connacks = st.one_of(st.builds(Connack, st.booleans()), st.builds(Connack, st.just(False), st.integers(0, 5)))

from_client: st.SearchStrategy[Packet] = st.one_of(
    *_both,
    connects(),
    st.builds(Subscribe, identifiers, _requests),
    st.builds(Unsubscribe, identifiers, _names),
    st.just(Pingreq()),
    st.just(Disconnect()),
)
from_server: st.SearchStrategy[Packet] = st.one_of(
    *_both,
    _connacks,
    st.builds(Suback, identifiers, _codes),
    _identified(Unsuback),
    st.just(Pingresp()),
)
