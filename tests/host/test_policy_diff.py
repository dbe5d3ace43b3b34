"""What a new version of a policy does to consent given under the old one: wider suspends, narrower does not."""

import json
from pathlib import Path

import pytest

from tests.host.policies import MINIMAL, POLICY, changed
from tools.policy import command, diff

WIDER = (
    ('items = ["number", "time", "battery", "armed"]', 'items = ["number", "time", "battery", "armed", "model"]', "status", "item model"),
    ('recipients = ["owner", "guest", "provider"]', 'recipients = ["owner", "guest", "service", "provider"]', "wake_abnormal", "recipient service"),
    ("retention_h = 168", "retention_h = 169", "presence", "kept 169 h, not 168 h"),
    ('switches = ["camera"]\n', "", "photo", "without the switch camera"),
    ('basis = "consent"\nclauses = ["1.3.1"]', 'basis = "interest"\nclauses = ["1.3.1"]', "status", "rests on interest, not consent"),
    ('minor = "coarse"', 'minor = "as adult"', "location_report", "minors: as adult, not coarse"),
)  # fmt: skip
NARROWER = (
    ('items = ["number", "time", "battery", "armed"]', 'items = ["number", "time", "battery"]', "status"),
    ('recipients = ["owner", "guest", "provider"]', 'recipients = ["owner"]', "wake_abnormal"),
    ("retention_h = 168", "retention_h = 167", "presence"),
    ('precisions = ["precise", "street", "district"]', 'precisions = ["street", "district"]', "location_report"),
    ('minor = "coarse"', 'minor = "never"', "location_report"),
)


@pytest.mark.parametrize(("old", "new", "purpose", "reason"), WIDER, ids=[row[3] for row in WIDER])
def test_a_wider_purpose_is_suspended_and_no_other(
    tmp_path: Path, old: str, new: str, purpose: str, reason: str
) -> None:
    """Policy 1.7: another item, recipient or time was never asked for; the rest of the consent stands."""
    found = diff.changes(POLICY, changed(tmp_path, (old, new)))
    assert found == [diff.Change(purpose, True, "wider", (reason,))]


@pytest.mark.parametrize(("old", "new", "purpose"), NARROWER, ids=[row[2] + row[1][:12] for row in NARROWER])
def test_a_narrower_purpose_keeps_its_consent(tmp_path: Path, old: str, new: str, purpose: str) -> None:
    """Asking again for less would teach people to say yes without reading. The way back is wider."""
    less = changed(tmp_path, (old, new))
    assert diff.changes(POLICY, less) == [diff.Change(purpose, False, "narrower", ())]
    assert diff.suspended(less, POLICY) == [purpose]


def test_a_finer_position_and_another_sensor_are_wider(tmp_path: Path) -> None:
    """Precision is what a person agrees to as much as the place itself."""
    coarse = changed(tmp_path, ('precisions = ["precise", "street", "district"]', 'precisions = ["district"]'))
    assert diff.changes(coarse, POLICY)[0].reasons == ("located precise",)
    camera = changed(tmp_path, ('sensor = "camera"', 'sensor = ""'))
    assert diff.changes(camera, POLICY)[0].reasons == ("sensor camera",)


def test_an_item_that_becomes_personal_is_wider(tmp_path: Path) -> None:
    """Consent to a thing of the bike is none to a thing of its rider."""
    person = changed(tmp_path, ('armed = { class = "asset"', 'armed = { class = "person"'), file="device")
    assert diff.changes(POLICY, person) == [diff.Change("status", True, "wider", ("armed is personal now",))]
    assert diff.suspended(person, POLICY) == []


def test_purposes_that_begin_or_end_count(tmp_path: Path) -> None:
    """Nobody was asked for what is new; what ended is over."""
    assert [(one.purpose, one.what) for one in diff.changes(POLICY, MINIMAL) if one.what != "wider"] == [
        ("location_alarm", "ended"),
        ("location_report", "ended"),
        ("photo", "ended"),
        ("presence", "ended"),
        ("wake_abnormal", "narrower"),
    ]
    more = changed(tmp_path, ("[purposes.usage]\n", "[purposes.usage]\nactive = true\n"))
    assert diff.changes(POLICY, more) == [diff.Change("usage", True, "new", ("nobody was asked for it",))]


def test_wording_and_tests_suspend_nobody(tmp_path: Path) -> None:
    """A pin is over what a purpose means."""
    changes = (
        ('zh = "报告电量与设防状态"', 'zh = "报告电量"'),
        ("test_power_follows_the_grant", "test_power"),
        ("20230620", "20230621"),
    )
    same = changed(tmp_path, *changes)
    assert diff.changes(POLICY, same) == []
    for name in POLICY.purposes:
        assert diff.pin(POLICY, name) == diff.pin(same, name)
    assert len({diff.pin(POLICY, name) for name in POLICY.purposes}) == len(POLICY.purposes)


def test_the_command_tells_it_to_people_and_to_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1 when anybody has to be asked again."""
    changed(tmp_path, ("retention_h = 168", "retention_h = 169"))
    newer = str(tmp_path / "policies/amace.toml")
    assert command.compare("amace", newer) == 1
    assert "presence             suspended  wider: kept 169 h, not 168 h" in capsys.readouterr().out
    assert command.compare("amace", newer, True) == 1
    assert json.loads(capsys.readouterr().out) == [
        {"purpose": "presence", "suspended": True, "what": "wider", "reasons": ["kept 169 h, not 168 h"]}
    ]
    assert command.compare("amace", "amace") == 0


def test_the_report_shows_every_purpose_and_its_coverage(capsys: pytest.CaptureFixture[str]) -> None:
    """What a person reads is what the device's table holds."""
    command.report("amace", True)
    facts = json.loads(capsys.readouterr().out)
    assert list(facts["purposes"]) == list(POLICY.purposes)
    assert facts["purposes"]["photo"]["pin"] == diff.pin(POLICY, "photo").hex()
    command.report("minimal")
    assert "3 of 24 purposes active; 2 clauses, 0 of them by refusal, 3 enforcing tests" in capsys.readouterr().out
    assert command.check() == 0
    assert command.check("minimal", True) == 0
