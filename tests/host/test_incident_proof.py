"""An incident beside an implementation that is not ours, and as the phone tells it."""

import random

import cbor2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from agent.diagnostics import incidents
from agent.link import kinds
from agent.privacy import names
from agent.privacy import purposes as p
from simulator import remote, schema
from simulator.inbox import Inbox
from simulator.opener import Opener
from simulator.tap import OUT, Seen
from simulator.words import describe
from tests.portable import test_incidents as made
from tests.portable.bench import PASSWORD, SSID, Bench
from tests.portable.signed import DEVICE, EPOCH, KEY, line
from tools.policy import source

AAD = b"INCIDENT1" + DEVICE + EPOCH.to_bytes(4, "big")


def _incident() -> tuple[Bench, bytes, bytes]:
    """(device, topic, payload) of one, after a ride and a name: whatever is personal was there to leak."""
    bench = made.online()
    bench.grant(line(p.LOCATION_REPORT))
    bench.hub.secrets["name"] = b"Grandmother's canary"
    made.refuse(bench, 40)
    made.listen(bench)
    message = [m for m in bench.published() if m.name == "incident"][-1]
    return bench, message.topic, message.payload


def test_an_outsider_verifies_an_incident_and_finds_no_datum_in_it() -> None:
    """Who runs the broker reads it, too: it says what happened, and of whom nothing."""
    bench, topic, payload = _incident()
    protected, unprotected, body, signature = cbor2.loads(cbor2.loads(payload)[2]).value
    device_key = bench.hub.secrets["device_key"][32:]
    structure = cbor2.dumps(["Signature1", protected, AAD, body], canonical=True)
    Ed25519PublicKey.from_public_bytes(device_key).verify(signature, structure)
    assert unprotected == {}
    header = cbor2.loads(protected)
    assert (header[1], header[16]) == (-19, "incident1")
    claims = cbor2.loads(body)
    assert set(claims) == {2, 3, 4, 5, 6}
    assert all(type(value) is int for value in claims.values())
    for canary in (SSID, PASSWORD, b"canary", DEVICE, KEY, bench.hub.secrets["owner_key"][-32:]):
        assert canary not in payload
        assert canary.hex().encode() not in payload
    judge = schema.Judge(schema.load())
    head = b"P\x00\x01\x01" + bytes((len(topic),)) + topic
    judge.see(Seen(0, remote.LINK, OUT, head + payload))
    assert judge.checked == 1
    assert not judge.faults


def test_the_phone_tells_it_in_words() -> None:
    """A number is no information to the owner of a bike."""
    _, topic, payload = _incident()
    prefix = topic.removesuffix(kinds.NAMES[kinds.INCIDENT])
    heard = Inbox(prefix, Opener(prefix, DEVICE, KEY, random.Random(1).randbytes(32))).take(topic, payload, 0)
    assert heard is not None
    text = describe(heard)
    assert text.startswith("incident: 40 messages refused since 2026-11-16 ")
    assert "refused them" in text
    assert "ask who runs the broker" in text


def test_every_code_has_its_words_in_every_language() -> None:
    """A code without a text would be shown as a number in the one moment that counts."""
    assert len(names.INCIDENTS) == incidents.CODES + 1
    for policy in map(source.load, source.known()):
        for table in ("incidents", "measures", "advice"):
            for word, text in policy.names[table].items():
                assert all(text[language] for language in policy.languages), word
