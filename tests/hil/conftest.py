"""What the rig tests ask for beside `dut`: an enrolled device with an authenticated console, and its owner."""

import random
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020
from simulator.keys import Signer
from simulator.owner import Binding, Consent, Owner, Record
from tests.hil.keys import Chain, remember, stored
from tools import enrolment as e
from tools.rig.client import Rig
from tools.rig.plugin import Dut
from tools.rig.stepped import SteppedWire
from tools.rig.wire import FactoryWire

DAY = 86_400
READABLE = 1 << p.OWNER | 1 << p.PROVIDER  # to the platform too: the rig reads what leaves
VIRTUAL_START = 217_000_000  # seconds since 2020 at which stepped devices begin: 2026-11-16, after this build's floor


@dataclass
class Bound:
    """A device bound to an owner whose keys the test knows; its console has accepted the rig."""

    rig: Rig
    enrolment: e.Enrolment
    owner: Owner
    issued: int  # seconds since 2020 at which its owner signs
    chain: Chain | None = None  # for a device that outlives the run

    def give(self, *purposes: int, state: int = g.GIVEN) -> Record:
        """Delivers the next record of the chain, by cable, and expects it to be taken."""
        record = self.owner.record(lines(purposes, state), self.issued, self.issued + 30 * DAY)
        assert self.rig.record(record.body) == 0
        if self.chain is not None:
            self.chain.note(self.owner)
        return record

    def sign(
        self, *purposes: int, seq: int | None = None, prev: bytes | None = None, owner: Owner | None = None
    ) -> bytes:
        """A grant that the device has not been given: the next of the chain, or with another place in it, or another signer."""
        place = len(self.owner.records) + 1 if seq is None else seq
        before = self.owner.head if prev is None else prev
        return (owner or self.owner).sign(lines(purposes), self.issued, self.issued + 30 * DAY, place, before).body


def lines(purposes: Iterable[int], state: int = g.GIVEN) -> list[Consent]:
    """Precise, readable, at most once a second, kept for a day."""
    return [Consent(purpose, state, interval_s=1, retention_s=DAY, recipients=READABLE) for purpose in purposes]


def owner_of(keys: e.Enrolment) -> Owner:
    return Owner(Binding(keys.device_id, keys.pairing_key, Signer(keys.owner_seed), keys.epoch), random.Random(2))


def fixed() -> e.Enrolment:
    """Keys of a device that lives in a test: the same in every run."""
    signer = Signer(bytes(range(64, 96)))
    return e.Enrolment(
        {
            "owner_key": signer.cose_key,
            "device_id": bytes(range(16)),
            "pairing_key": bytes(range(32)),
            "epoch": (1).to_bytes(4, "big"),
            "console_key": bytes(range(32, 64)),
            "wifi_ssid": b"a network",
            "wifi_pass": b"its password",
        },
        signer.seed,
    )


def authenticate(rig: Rig, key: bytes) -> None:
    assert rig.auth(key, rig.hello().nonce) == 0


@pytest.fixture
def world(dut: Dut) -> SteppedWire:
    """The stepped device's own side; only for tests that need `step`."""
    wire = dut.rig.wire
    assert isinstance(wire, SteppedWire)
    return wire


@pytest.fixture
def bound(dut: Dut, request: pytest.FixtureRequest) -> Bound:
    """Fresh for every test where devices can be had fresh; else the one device, enrolled the first time."""
    wire = dut.rig.wire
    if isinstance(wire, SteppedWire):
        keys = fixed()
        wire.factory(keys.secrets)
        authenticate(dut.rig, keys.console_key)
        return Bound(dut.rig, keys, owner_of(keys), VIRTUAL_START)
    found = dut.notes.get("bound")
    if not isinstance(found, Bound):
        found = dut.notes["bound"] = (
            _renew(dut.rig, wire) if isinstance(wire, FactoryWire) else _own(dut, request.config.option.enrolment)
        )
    authenticate(found.rig, found.enrolment.console_key)
    return found


def _renew(rig: Rig, wire: FactoryWire) -> Bound:
    """Enrolled from the factory state on, once for all tests: starting it takes real time."""
    wire.factory()
    enrol(rig, fixed())
    return Bound(rig, fixed(), owner_of(fixed()), int(time.time()) - EPOCH_2020)


def _own(dut: Dut, given: Path | None) -> Bound:
    """A device that stays what it is: enrolled now if nobody owns it, else met again with the keys that are known."""
    known = [e.load(given)] if given is not None else stored(dut.name)
    if dut.rig.hello().enrolled:
        keys = next((keys for keys in known if dut.rig.auth(keys.console_key, dut.rig.hello().nonce) == 0), None)
        if keys is None:
            pytest.skip(f"{dut.name} is bound and its keys are not known here: name them with --enrolment FILE")
    else:
        keys = known[0] if given is not None else e.generate()
        if given is None:
            remember(dut.name, keys)
        enrol(dut.rig, keys)
        authenticate(dut.rig, keys.console_key)
    owner, chain = owner_of(keys), Chain(keys)
    chain.recall(owner)
    if dut.rig.state().seq != len(owner.records):
        pytest.skip(f"the consent chain of {dut.name} went on elsewhere: its next record cannot be signed here")
    return Bound(dut.rig, keys, owner, int(time.time()) - EPOCH_2020, chain)


def enrol(rig: Rig, keys: e.Enrolment) -> None:
    """Writes everything to a device of nobody, and starts it anew."""
    for name in e.ORDER:
        if name in keys.secrets:
            assert rig.enrol(name, keys.secrets[name]) == 0, name
    assert rig.restart().enrolled
