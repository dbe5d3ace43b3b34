"""The envelopes of the portable tests are what an owner's phone signs: byte for byte those of simulator/owner.py."""

import random
from typing import Any

import cbor2

from agent.link import requests
from agent.privacy import purposes as p
from simulator.keys import Signer
from simulator.owner import Binding, Consent, Owner
from tests.portable import signed


def owner() -> Owner:
    return Owner(Binding(signed.DEVICE, signed.KEY, Signer(signed.SEED), signed.EPOCH, region="CN"), random.Random(1))


def claims_of(record: bytes) -> dict[int, Any]:
    protected, unprotected, payload, _ = cbor2.loads(record).value
    assert (protected, unprotected) == (signed.header(), {})
    claims = cbor2.loads(payload)
    assert cbor2.dumps(claims, canonical=True) == payload, "deterministic"
    return claims


def test_a_record_of_the_portable_tests_is_what_a_phone_signs() -> None:
    """Two encoders, one on cbor2 and one on the device's writer, must agree, or one of them tests a dialect."""
    theirs = owner()
    head = signed.HEAD0
    for seq in (1, 2, 300):
        lines = [Consent(p.STATUS, recipients=17), Consent(p.LOCATION_REPORT, 3, 60, 1, 86_400, 5)]
        claim = signed.claims(seq, head, [signed.line(p.STATUS), signed.line(p.LOCATION_REPORT, 3, 60, 1, 86_400, 5)])
        made = theirs.sign(lines, signed.START, signed.START + signed.DAY, seq, head)
        other = claims_of(made.bare)
        claim[2], claim[7] = other[2], other[7]  # drawn by chance
        del claim[-65546]  # every permission is on, as it was
        assert signed.sign(claim) == made.bare
        assert signed.hasten(made.bare) == made.body
        assert signed.head_of(claim) == made.head
        head = made.head


def test_a_request_of_the_portable_tests_is_what_a_phone_signs() -> None:
    """Nothing in a request is random: every byte agrees."""
    theirs = owner()
    nonce = b"of boot!"
    assert theirs.request(requests.ACKNOWLEDGE, 7, nonce) == signed.request(requests.ACKNOWLEDGE, 1, 7, nonce)
    assert theirs.request(requests.PHOTO, 0, nonce) == signed.request(requests.PHOTO, 2, 0, nonce)
