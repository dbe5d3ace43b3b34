"""docs/messages.cddl is the twin of the agent's tables, and catches what is planted."""

import random

import cbor2

from agent.base import errors
from agent.link import kinds
from agent.link.requests import ARM
from agent.privacy import purposes as p
from agent.privacy.names import PRECISIONS, PURPOSES, REASONS
from simulator import remote, schema
from simulator.courier import fragments
from simulator.inbox import MESSAGES
from simulator.keys import Signer, sign1
from simulator.owner import Consent, Owner, invented
from simulator.tap import IN, OUT, Seen

TOPIC = b"d/0123456789abcdef/"
SCHEMA = schema.load()
APPLIED = {2: 1, 3: bytes(16), 4: 217_000_000, 5: [0, 2], 6: 0, 7: 127}
GOOD = {
    "status": {1: 0, 2: 217_000_000, 3: 80, 4: 40_000, 5: 0, 6: 1},
    "location": {1: 7, 2: 217_000_000, 3: -48_873_400, 4: -123_391_200, 5: 0, 6: 512, 7: 9_000, 8: 110},
    "wake": {1: 0, 2: 1, 3: 33, 4: 0, 5: 1, 6: 217_000_000},
    "photo": {1: 0, 2: 1, 3: 0, 4: 8, 5: b"x" * 256},
    "hello": {1: 0, 2: b"n" * 8, 3: 0, 4: bytes(16), 5: 1, 6: bytes(32)},
    "receipt": {1: 0, 2: sign1(Signer(bytes(32)), {1: -19, 4: bytes(8), 16: "receipt1"}, APPLIED, b"")[0]},
}


def published(name: str, body: bytes, qos: int = 1, retain: bool = False, topic: bytes = TOPIC) -> Seen:
    where = topic + name.encode()
    return Seen(0, remote.LINK, OUT, b"P\x00\x01" + bytes((qos | retain << 7, len(where))) + where + body)


def faults(*seen: Seen) -> list[str]:
    judge = schema.Judge(SCHEMA)
    for each in seen:
        judge.see(each)
    assert judge.checked
    return [fault.what for fault in judge.faults]


def encoded(value: object) -> bytes:
    return cbor2.dumps(value, canonical=True)


def test_the_file_describes_every_kind_as_the_agent_sends_it() -> None:
    """One table lives on the device, the other in the docs: a reader of either must not be misled."""
    described = {message.rule: message for message in SCHEMA.messages}
    for kind, name in enumerate(MESSAGES):
        message = described[name]
        assert message.topic == kinds.NAMES[kind].decode()
        assert message.purpose == PURPOSES[kinds.PURPOSE[kind]], name
        assert message.retain == bool(kinds.RETAINED >> kind & 1), name
        assert (message.way, message.recipient, message.qos) == ("out", "owner", 1), name
        if kinds.PURPOSE[kind] in (p.LOCATION_REPORT, p.LOCATION_ALARM, p.PHOTO):
            assert described[f"sealed-{name}"].recipient == "owner"
    inbound = {message.topic for message in SCHEMA.messages if message.way == "in" and message.topic}
    assert inbound == {kinds.RECORD.decode(), kinds.REQUEST.decode(), kinds.ORDER.decode()}


def test_numbers_of_the_file_are_the_agents() -> None:
    """Purposes, reasons, errors and precisions are closed lists: one more on the device needs one more here."""
    source = schema.SOURCE.read_text(encoding="utf-8")
    assert f"purpose = 0..{p.COUNT - 1}\n" in source
    assert f"reason = 1..{len(REASONS) - 1} " in source
    assert f"precision = 0..{len(PRECISIONS) - 1} " in source
    assert f"error = 0..{errors.OTHER_REGION} " in source
    assert max(value for name, value in vars(errors).items() if name.isupper()) == errors.OTHER_REGION


def test_good_messages_pass() -> None:
    """Else every transcript would be red."""
    for name, body in GOOD.items():
        assert not faults(published(name, encoded(body))), name
    assert not faults(published("online", b"", retain=True))


def test_planted_faults_are_caught() -> None:
    """A wrong key, size, order, flag, topic or value anywhere in a run must show."""
    place = GOOD["location"]
    for seen in (
        published("location", encoded({**place, 9: 0})),  # a fact nobody described
        published("location", encoded({**place, 5: 3})),
        published("location", encoded({**place, 3: -90_000_001})),
        published("location", encoded({**place, 3: -48.87})),  # a float
        published("location", encoded({key: place[key] for key in (1, 2, 4, 5)})),
        published("location", encoded(place) + b"\x00"),
        published("location", bytes([0xBF]) + encoded(place)[1:] + b"\xff"),  # an indefinite map
        published("location", encoded(place), retain=True),  # a broker would keep it
        published("location", encoded(place), qos=0),
        published("location", encoded(place), topic=b"d/bike-7/"),
        published("diary", encoded(place)),
        published("hello", encoded({**GOOD["hello"], 2: b"n" * 9})),
        published("photo", encoded({**GOOD["photo"], 5: b"x" * 513})),
        published("wake", encoded({**GOOD["wake"], 5: 9})),  # a ninth call
        published("online", encoded({1: 0, 2: 2}), retain=True),
        published("status", b""),
    ):
        assert faults(seen), seen


def test_a_last_will_is_a_message_too() -> None:
    """It leaves later and without the device: it is checked when it is handed over."""
    for will, good in ((b"\xa2\x01\x00\x02\x00", True), (b"\xa2\x01\x00\x02\x00\x00", False), (b"here", False)):
        topic = TOPIC + b"online"
        texts = b"".join(bytes((len(text),)) + text for text in (b"id", topic, will, TOPIC + b"in/+"))
        assert (not faults(Seen(0, remote.LINK, OUT, b"O\x01\x00\x3c" + texts))) == good


def test_records_and_requests_are_checked_on_their_way_in() -> None:
    """Over MQTT and, put together from their pieces, over BLE."""
    rng = random.Random("schema")
    owner = Owner(invented(rng), rng)
    record = owner.record([Consent(purpose) for purpose in range(1, 24)], 217_000_000, 217_000_060).body
    request = owner.request(ARM, 0, b"n" * 8)
    for name, body in ((kinds.RECORD, record), (kinds.REQUEST, request)):
        topic = TOPIC + name
        inbound = b"M" + bytes((len(topic),)) + topic
        assert not faults(Seen(0, remote.LINK, IN, inbound + body)), name
        assert faults(Seen(0, remote.LINK, IN, inbound + body[:-1])), name
    pieces = [Seen(0, remote.BLE, IN, b"W" + piece) for piece in fragments(1, record)]
    assert len(pieces) > 2
    assert not faults(*pieces)


def test_adverts_and_answers_have_one_size() -> None:
    """A 22nd byte in the air could name the device (I7)."""
    advert = b"A\x00\x98\x15" + bytes(21) + b"\x00"
    assert not faults(Seen(0, remote.BLE, OUT, advert), Seen(0, remote.BLE, OUT, b"N\x01\x00"))
    for data in (b"A\x00\x98\x16" + bytes(22) + b"\x00", advert[:-1] + b"\x03abc", b"N\x01\x00\x00"):
        assert faults(Seen(0, remote.BLE, OUT, data)), data
