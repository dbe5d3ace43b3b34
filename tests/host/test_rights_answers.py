"""Answers of a device, read by the owner's tool: whatever arrives, it is read as it was written or refused with a reason."""

import dataclasses
import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.link import kinds
from agent.privacy import purposes as p
from simulator.keys import Signer, encode, sign1
from simulator.owner import Binding, mac0
from tools.rights import holdings, orders, render

OWNER = Signer(bytes(range(32, 64)))
DEVICE = Signer(bytes(range(64, 96)))
BINDING = Binding(bytes(range(16)), bytes(range(32)), OWNER, 3)
ORDER = orders.Order(1, 4, request=b"the request's id")

numbers = st.integers(0, (1 << 30) - 1)
purposes = st.integers(0, p.COUNT - 1)
latitudes = st.integers(-90_000_000, 90_000_000)
longitudes = st.integers(-180_000_000, 180_000_000)
places = st.fixed_dictionaries({0: numbers, 1: latitudes, 2: longitudes, 3: st.integers(0, 2)})
messages = st.tuples(
    purposes,
    st.sampled_from((kinds.LOCATION, kinds.ALARM_LOCATION)),
    st.integers(0, 5),
    st.integers(0, 5),
    numbers,
    st.integers(0, 500_000),
    st.integers(0, 65_535),
    places,
).map(list)
texts = st.binary(max_size=32)
exports = st.fixed_dictionaries(
    {
        1: st.just(1),
        2: st.binary(min_size=16, max_size=16),
        3: st.integers(1_000_000, (1 << 30) - 1),
        4: numbers,
        5: st.binary(min_size=16, max_size=16),
        6: numbers,
        7: numbers,
        8: st.binary(min_size=16, max_size=16),
        9: st.lists(st.tuples(purposes, st.integers(0, 7), *[numbers] * 7).map(list), max_size=6),
        10: st.lists(messages, max_size=16),
        11: st.lists(st.tuples(purposes, *[numbers] * 4).map(list), max_size=24),
        12: st.lists(st.tuples(purposes, latitudes, longitudes, st.integers(0, 500_000)).map(list), max_size=2),
        13: st.fixed_dictionaries(
            {1: texts, 2: texts, 3: texts, 4: st.integers(0, 1), 5: numbers, 6: st.integers(0, 127)}
        ),
        14: st.lists(st.tuples(st.integers(0, 500_000), *[st.integers(0, 1 << 24)] * 3).map(list), max_size=64),
    }
)


def answer(claims: object, kind: tuple[bytes, str] = orders.EXPORT, binding: Binding = BINDING) -> bytes:
    use, typ = kind
    return mac0(binding.key, {1: 5, 4: binding.signer.kid, 16: typ}, claims, binding.aad(use))[0]


def certificate(
    claims: object, kind: tuple[bytes, str] = orders.ANSWER, binding: Binding = BINDING, signer: Signer = DEVICE
) -> bytes:
    header = {1: signer.alg, 4: signer.kid, 16: "cwt;erased1"}
    return answer(sign1(signer, header, claims, binding.aad(b"ERASED1"))[0], kind, binding)


def rows(items: Any) -> list[list[Any]]:
    return [list(dataclasses.astuple(item)) for item in items]


@given(exports)
def test_what_a_device_writes_is_read_as_it_is(claims: dict[int, Any]) -> None:
    """Nothing is lost, changed or added between the device and the owner's files."""
    held = holdings.read(orders.opened(answer(claims), BINDING, ORDER.request))
    assert (held.request, held.at, held.due, held.device_id) == (claims[2], claims[3], claims[4], claims[5])
    assert (held.epoch, held.seq, held.head) == (claims[6], claims[7], claims[8])
    assert rows(held.consent) == claims[9]
    assert rows(held.counters) == claims[11]
    assert [[*row[:3], held.at - row[3]] for row in rows(held.places)] == claims[12]
    assert rows(held.journal) == claims[14]
    again = [[*row[:5], held.at - row[5], row[6], dict(enumerate(row[7].values()))] for row in rows(held.messages)]
    assert again == claims[10]
    told = json.loads(json.dumps(render.as_json(held)))
    assert len(told["messages"]) == len(claims[10])
    assert all(row["clauses"] for row in told["messages"] + told["consent"] + told["counters"])
    points = render.as_geojson(held)["features"]
    expected = sorted(
        [[message[7][2] / 1e6, message[7][1] / 1e6] for message in claims[10]]
        + [[p[2] / 1e6, p[1] / 1e6] for p in claims[12]]
    )
    assert sorted(point["geometry"]["coordinates"] for point in points) == expected
    assert render.as_gpx(held).count("<wpt ") == len(points)
    assert len(render.as_records(held)) == len(claims[9])


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_a_reason(data: bytes) -> None:
    """A broker may deliver anything."""
    with pytest.raises(orders.Unreadable):
        orders.opened(data, BINDING, ORDER.request)


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 40), 1 << 40) | st.binary(max_size=20) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.integers(0, 15), inner, max_size=6),
    max_leaves=12,
)


@given(exports, st.integers(0, 16), anything)
def test_a_changed_field_is_read_or_refused_and_never_breaks(claims: dict[int, Any], key: int, value: object) -> None:
    """A device of another build, or one that lies: Unreadable is the only way out."""
    try:
        held = holdings.read(orders.opened(answer(claims | {key: value}), BINDING, ORDER.request))
    except orders.Unreadable:
        return
    render.as_json(held)
    render.as_gpx(held)


@given(exports, st.data())
def test_a_flipped_bit_of_an_answer_is_refused(claims: dict[int, Any], data: st.DataObject) -> None:
    """Under the MAC, nothing can be changed on the way."""
    raw = bytearray(answer(claims))
    bit = data.draw(st.integers(0, 8 * len(raw) - 1))
    raw[bit >> 3] ^= 1 << (bit & 7)
    with pytest.raises(orders.Unreadable):
        orders.opened(bytes(raw), BINDING, ORDER.request)


CERTIFICATE: dict[int, Any] = {
    1: 1,
    2: ORDER.request,
    3: 7,
    4: 1,
    5: 4,
    6: 0,
    7: 3,
    8: 0,
    9: 2,
    10: 5,
    11: 6,
    12: 3,
    13: cbor2.loads(DEVICE.cose_key)[-2],
}


def test_a_certificate_is_for_this_order_of_this_owner_and_complete() -> None:
    """Evidence for something else is none."""
    good = orders.certificate(certificate(CERTIFICATE), BINDING, ORDER)
    assert (good.seq, good.stores, good.messages, good.epoch) == (7, 3, 2, 3)
    wrong = (
        answer(CERTIFICATE, orders.ANSWER),
        certificate(CERTIFICATE, orders.EXPORT),
        certificate(CERTIFICATE, (orders.ANSWER[0], "cwt;export1")),
        certificate(CERTIFICATE, signer=OWNER),
        *(
            certificate(CERTIFICATE, binding=wrong)
            for wrong in (
                Binding(BINDING.device_id, bytes(32), OWNER, 3),
                Binding(BINDING.device_id, BINDING.key, OWNER, 4),
                Binding(BINDING.device_id, BINDING.key, DEVICE, 3),
                Binding(bytes(16), BINDING.key, OWNER, 3),
            )
        ),
        *(
            certificate(CERTIFICATE | change)
            for change in (
                {2: bytes(16)},
                {4: 2},
                {5: 8},
                {6: 1},
                {9: b""},
                {1: 2},
                {13: 0},
                {13: b""},
                {14: 0},
                {12: True},
            )
        ),
        certificate({key: CERTIFICATE[key] for key in CERTIFICATE if key != 12}),
        certificate([1, 2]),
        answer(b"no cbor", orders.ANSWER),
        answer(encode([1]), orders.ANSWER),
        answer(encode(cbor2.CBORTag(18, [1, 2, 3])), orders.ANSWER),
        encode(cbor2.CBORTag(17, [b"", {}, b"", b""])),
        encode(cbor2.CBORTag(17, [b"", {1: 2}, b"", bytes(32)])),
        encode([1, 2, 3]),
        bytes(orders.MAX_ANSWER + 1),
    )
    for data in wrong:
        with pytest.raises(orders.Unreadable):
            orders.certificate(data, BINDING, ORDER)
