"""Enrolment by cable: on a device nobody owns, once."""

import pytest

from agent.base import errors, journal
from agent.link import console as c
from tests.hil.conftest import Bound, authenticate, fixed
from tools import enrolment as e
from tools.rig.plugin import Dut
from tools.rig.wire import FactoryWire

LIMITS = dict(zip(e.NAMES, c.LENGTHS, strict=True))


@pytest.fixture
def new(dut: Dut) -> Dut:
    """The device as it leaves the factory."""
    wire = dut.rig.wire
    assert isinstance(wire, FactoryWire)
    dut.notes.pop("bound", None)  # whoever owned it owns it no more
    wire.factory()
    assert not dut.rig.hello().enrolled
    return dut


def test_a_bound_device_takes_no_secret(bound: Bound) -> None:
    """Who holds the console key must not be able to replace the owner's."""
    for name, value in fixed().secrets.items():
        assert bound.rig.enrol(name, value) == errors.NOT_GRANTED, name
    assert bound.rig.restart().enrolled


@pytest.mark.needs("factory")
def test_a_new_device_is_open_until_it_has_a_key(new: Dut) -> None:
    """There is nothing to protect yet; after enrolment and a restart there is."""
    assert new.rig.state().live == 0
    for name in e.ORDER:
        if name in fixed().secrets:
            assert new.rig.enrol(name, fixed().secrets[name]) == 0, name
    assert not new.rig.hello().enrolled, "secrets take effect at the next start"
    hello = new.rig.restart()
    assert hello.enrolled
    assert new.rig.call(c.STATE)[0] == errors.NOT_GRANTED
    assert new.rig.auth(fixed().console_key, new.rig.hello().nonce) == 0


@pytest.mark.needs("factory")
def test_half_an_enrolment_leaves_the_device_unbound(new: Dut) -> None:
    """A cable pulled in between must not bind the device to keys nobody has noted."""
    for name in e.ORDER[:-1]:
        if name in fixed().secrets:
            assert new.rig.enrol(name, fixed().secrets[name]) == 0
    hello = new.rig.restart()
    assert not hello.enrolled
    assert new.rig.auth(fixed().console_key, hello.nonce) == 0
    assert new.rig.enrol("pairing_key", fixed().pairing_key) == 0
    assert new.rig.restart().enrolled


@pytest.mark.needs("factory")
def test_a_secret_is_taken_at_its_limit_and_refused_past_it(new: Dut) -> None:
    """A key of the wrong length would keep the agent from starting, for good."""
    for name, limit in LIMITS.items():
        assert new.rig.enrol(name, b"x" * limit) == 0, name
        assert new.rig.enrol(name, b"x" * (limit + 1)) == errors.OUT_OF_RANGE, name


@pytest.mark.needs("factory")
def test_a_key_that_is_too_short_is_refused(new: Dut) -> None:
    """Keys and numbers have one length."""
    for name in ("device_id", "pairing_key", "epoch", "console_key"):
        assert new.rig.enrol(name, b"x" * (LIMITS[name] - 1)) == errors.OUT_OF_RANGE, name
        assert new.rig.enrol(name, b"") == errors.OUT_OF_RANGE, name


@pytest.mark.needs("factory")
def test_a_secret_of_another_name_is_refused(new: Dut) -> None:
    """The store also holds what enrolment must not touch: the consent itself."""
    for name in ("", "consent", "device_id ", "DEVICE_ID", "a" * 200):
        assert new.rig.enrol(name, bytes(16)) == errors.OUT_OF_RANGE, name


@pytest.mark.needs("factory")
def test_nonsense_in_a_secret_does_not_keep_the_device_from_starting(new: Dut) -> None:
    """Whatever a broken tool wrote: a device that cannot start has no console left to mend it by."""
    if new.hello.board == "host":
        pytest.skip("a person starts the laptop board, and reads there what keeps it from starting")
    keys = fixed()
    for name in ("wifi_ssid", "wifi_pass", "broker", "ca"):
        assert new.rig.enrol(name, b"\xff\x00\x80" * 7) == 0, name
    for name in ("epoch", "console_key", "device_id", "owner_key", "pairing_key"):
        assert new.rig.enrol(name, keys.secrets[name]) == 0, name
    assert new.rig.restart().enrolled
    authenticate(new.rig, keys.console_key)
    new.rig.listen(300)
    faults = [entry for entry in new.rig.journal()[1] if entry.code == journal.FAULT]
    assert faults == []


@pytest.mark.needs("factory")
def test_an_enrolment_without_a_separator_is_refused(new: Dut) -> None:
    """A name alone is not a value of nothing."""
    assert new.rig.call(c.ENROL, b"device_id")[0] == errors.OUT_OF_RANGE
