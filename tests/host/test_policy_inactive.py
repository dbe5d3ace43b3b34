"""Clauses whose room does not exist are kept by refusal: nothing that an owner can sign brings their purposes to life."""

import random

import pytest

from agent.base import errors
from agent.privacy import grants, names
from agent.privacy import purposes as p
from simulator import remote
from simulator.keys import Signer
from simulator.owner import GIVEN, RENEWED, Binding, Consent, Owner
from tests.host.policies import POLICY
from tests.portable.bench import MINUTE, Bench, enrolled
from tests.portable.signed import DEVICE, EPOCH, KEY, SEED, START

INACTIVE = [name for name, purpose in POLICY.purposes.items() if not purpose.active]
OF_THE_PHONE = (
    "phone",
    "sms",
    "portrait",
    "nickname",
    "oaid",
    "android",
    "advertising",
    "lock_screen",
    "contact",
    "promotion",
    "recommendation",
)


@pytest.mark.parametrize("name", INACTIVE)
@pytest.mark.parametrize("state", [GIVEN, RENEWED])
def test_no_record_can_activate_what_the_policy_holds_inactive(name: str, state: int) -> None:
    """A clause without a room is kept by refusal, or it is not kept at all."""
    purpose = names.PURPOSES.index(name)
    owner = Owner(Binding(DEVICE, KEY, Signer(SEED), EPOCH), random.Random(1))
    bench = Bench(secrets=enrolled())
    bench.online()
    everybody = Consent(purpose, state, recipients=0x3F)
    nobody = Consent(purpose, state, retention_s=0)
    for lines in ([everybody], [Consent(p.STATUS), everybody], [nobody]):
        record = owner.sign(lines, START, START + 86_400, 1, bytes(16))
        assert bench.record(record.body) == errors.OUT_OF_RANGE
    assert bench.core.grants.get(purpose, grants.STATE) == grants.UNKNOWN
    for recipient in range(len(names.RECIPIENTS)):
        assert bench.core.gate.refusal(purpose, recipient, EPOCH) == p.INACTIVE
    assert not bench.core.gate.lease(p.GNSS, 1 << purpose)
    assert not bench.core.gate.lease(p.CAMERA, 1 << purpose)
    bench.run(MINUTE)
    assert bench.live() == 1 << p.CONTROL
    assert [port for _, port, _ in bench.said if port not in (remote.LINK, remote.WIFI, remote.SECRETS)] == []


def test_the_table_of_inactive_purposes_is_not_empty_and_none_of_them_is_active() -> None:
    """The test above would pass over an empty list."""
    assert len(INACTIVE) == 17
    assert all(not p.ACTIVE >> names.PURPOSES.index(name) & 1 for name in INACTIVE)


def test_what_belongs_to_the_phone_has_no_item() -> None:
    """Policy 1.1.1, 1.2.3, 1.3.6: such data is refused by having no name anywhere, in no purpose and no message."""
    for listed in (POLICY.items, POLICY.messages, POLICY.rules, names.PURPOSES):
        for name in listed:
            assert not any(word in name.lower() for word in OF_THE_PHONE), name
