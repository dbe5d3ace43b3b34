"""Consent by cable: a record means the same whichever way it comes, and the device says at once what it did with it."""

import pytest

from agent.base import errors
from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from tests.hil.conftest import Bound, owner_of
from tools.enrolment import Enrolment
from tools.rig.client import State
from tools.rig.plugin import Dut

_A_SECOND = 1_000
_SOON = 5
_PATIENCE = 60_000


def consented(state: State) -> tuple[int, int, int]:
    """What a refused record must leave alone. The count of waiting messages is not of it: a receipt is signed later, in real time."""
    return state.live, state.seq, state.sensors


def test_a_grant_by_console_takes_effect(bound: Bound) -> None:
    """The record's purposes live from the moment it is answered."""
    bound.give(p.STATUS, p.PRESENCE)
    state = bound.rig.state()
    assert state.live >> p.STATUS & 1
    assert state.live >> p.PRESENCE & 1
    assert state.seq == len(bound.owner.records)


def test_a_withdrawal_by_console_takes_effect(bound: Bound) -> None:
    """Whoever holds the owner's key can say no by any way there is."""
    bound.give(p.STATUS)
    bound.give(p.STATUS, state=g.WITHDRAWN)
    assert not bound.rig.state().live >> p.STATUS & 1


def test_the_receipt_of_a_withdrawal_comes_within_a_second(bound: Bound, dut: Dut) -> None:
    """Signed by the device, so that the owner can show it. On a board the time is printed, not judged."""
    bound.give(p.STATUS)
    bound.rig.listen(_A_SECOND)
    wire = bound.rig.wire
    before = bound.rig.standing().receipt
    start = wire.now_ms()
    bound.give(p.STATUS, state=g.WITHDRAWN)
    while bound.rig.standing().receipt == before:
        assert wire.now_ms() - start < _PATIENCE
        bound.rig.listen(_SOON)
    took = wire.now_ms() - start
    dut.measured("a withdrawal, to its signed receipt", took)
    assert took <= _A_SECOND or "step" not in dut.features


def test_a_replayed_record_is_refused(bound: Bound) -> None:
    """A grant that was withdrawn must not come back from a recording."""
    record = bound.give(p.STATUS).body
    bound.give(p.STATUS, state=g.WITHDRAWN)
    assert bound.rig.record(record) == errors.REPLAYED
    assert not bound.rig.state().live >> p.STATUS & 1


def test_a_record_ahead_of_its_turn_is_refused_and_changes_nothing(bound: Bound) -> None:
    """A missing record in between may be the withdrawal."""
    before = bound.rig.state()
    assert bound.rig.record(bound.sign(p.STATUS, seq=len(bound.owner.records) + 2)) == errors.GAP
    after = bound.rig.state()
    assert (after.live, after.seq) == (before.live, before.seq)


def test_a_record_of_another_chain_is_refused(bound: Bound) -> None:
    """Two histories of one consent cannot both be true."""
    assert bound.rig.record(bound.sign(p.STATUS, prev=b"\x55" * 16)) == errors.FORKED


def test_a_record_under_a_foreign_key_is_refused(bound: Bound) -> None:
    """Nobody but the owner grants."""
    stranger = owner_of(changed(bound.enrolment, pairing_key=b"\x01" * 32))
    before = bound.rig.state()
    assert bound.rig.record(bound.sign(p.STATUS, owner=stranger)) == errors.BAD_MAC
    assert consented(bound.rig.state()) == consented(before)


def test_a_record_for_another_device_is_refused(bound: Bound) -> None:
    """The device id is under the MAC: an owner of two bikes grants for one."""
    other = owner_of(changed(bound.enrolment, device_id=b"\x02" * 16))
    assert bound.rig.record(bound.sign(p.STATUS, owner=other)) == errors.BAD_MAC


@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_truncated_record_is_refused(bound: Bound, cut: int) -> None:
    """Half a record is no consent."""
    before = bound.rig.state()
    assert bound.rig.record(bound.sign(p.STATUS)[:cut]) != 0
    assert consented(bound.rig.state()) == consented(before)


def test_a_photo_without_a_grant_is_refused(bound: Bound) -> None:
    """The request is not authentic for this boot either: nothing is captured, and the camera stays off."""
    assert bound.rig.request(bound.owner.request(r.PHOTO, 0, bytes(8))) != 0
    assert bound.rig.state().sensors == 0


def test_consent_survives_a_restart_and_so_does_its_place_in_the_chain(bound: Bound) -> None:
    """What was granted stays granted, and the next record still fits."""
    bound.give(p.STATUS)
    nonce = bound.rig.restart().nonce
    assert bound.rig.auth(bound.enrolment.console_key, nonce) == 0
    assert bound.rig.state().seq == len(bound.owner.records)
    bound.give(p.STATUS, state=g.WITHDRAWN)


def changed(enrolment: Enrolment, **values: bytes) -> Enrolment:
    return Enrolment({**enrolment.secrets, **values}, enrolment.owner_seed)
