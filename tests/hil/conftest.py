"""What the rig tests ask for beside `dut`: an enrolled device with an authenticated console, and its owner."""

import time
from dataclasses import dataclass

import pytest

from agent.privacy.record import EPOCH_2020
from tests.support.owner import Owner
from tools import enrolment as e
from tools.rig.client import Rig
from tools.rig.plugin import Dut
from tools.rig.stepped import SteppedWire

VIRTUAL_START = 217_000_000  # seconds since 2020 at which stepped devices begin: 2026-11-16, after this build's floor


@dataclass
class Bound:
    """A device bound to an owner whose keys the test knows; its console has accepted the rig."""

    rig: Rig
    enrolment: e.Enrolment
    owner: Owner


def fixed() -> e.Enrolment:
    """Keys of a device that lives in a test: the same in every run."""
    return e.Enrolment(
        {
            "device_id": bytes(range(16)),
            "pairing_key": bytes(range(32)),
            "epoch": (1).to_bytes(4, "big"),
            "console_key": bytes(range(32, 64)),
            "wifi_ssid": b"a network",
            "wifi_pass": b"its password",
        }
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
def bound(dut: Dut) -> Bound:
    """Fresh for every test where devices can be had fresh; else the one device, enrolled the first time."""
    wire = dut.rig.wire
    if isinstance(wire, SteppedWire):
        keys = fixed()
        wire.factory(keys.secrets)
        authenticate(dut.rig, keys.console_key)
        return Bound(dut.rig, keys, Owner(keys, VIRTUAL_START))
    found = dut.notes.get("bound")
    if not isinstance(found, Bound):
        found = dut.notes["bound"] = _enrol(dut)
    authenticate(found.rig, found.enrolment.console_key)
    return found


def _enrol(dut: Dut) -> Bound:
    if dut.rig.hello().enrolled:
        pytest.skip(f"{dut.name} is bound to an owner whose keys are not known here")
    keys = e.generate()
    for name in e.ORDER:
        if name in keys.secrets:
            assert dut.rig.enrol(name, keys.secrets[name]) == 0, name
    assert dut.rig.restart().enrolled
    return Bound(dut.rig, keys, Owner(keys, int(time.time()) - EPOCH_2020))
