"""A policy that is not whole does not build: each violation planted once, and found by its own line."""

from pathlib import Path

import pytest

from tests.host.planted import plant
from tests.host.policies import MINIMAL, POLICY, changed
from tools.check import policy as check
from tools.errors import Problem
from tools.places import ROOT
from tools.policy import make, rules, source

STATUS_TEST = '"tests/portable/test_status.py::test_without_a_grant_there_is_nothing_and_after_a_new_one_at_once"'
PRESENCE = "[purposes.presence]\nactive = true\n"
VIOLATIONS = (
    ("amace", 'clauses = ["1.3.1"]', "clauses = []", "purpose status has no clause"),
    ("amace", 'clauses = ["1.3.1"]', 'clauses = ["9.9"]', "purpose status names a clause that is not there: 9.9"),
    ("amace", f"tests = [{STATUS_TEST}]", "tests = []", "purpose status has no test"),
    ("amace", STATUS_TEST, '"tests/portable/test_status.py::test_gone"', "purpose status names a test that does not exist"),
    ("amace", STATUS_TEST, '"tests/portable/test_gone.py::test_x"', "purpose status names a test that does not exist"),
    ("amace", 'items = ["battery", "armed", "picture"]', 'items = ["battery", "picture"]', "item armed has no clause"),
    ("amace", 'recipients = ["owner", "guest", "provider"]', 'recipients = ["guest"]', "message wake goes to owner"),
    ("amace", 'items = ["number", "picture"]', 'items = ["number"]', "message photo has a field whose item is not one of photo"),
    ("device", 'item = "armed", note', "note", "message status has a field whose item is not one of status: none"),
    ("device", '[messages.wake]\ntopic = "wake"', '[messages.wake]\ntopic = "woke"', "the device can publish wake"),
    ("amace", "objection = true\n", "", "purpose update rests on an interest and nobody can object"),
    ("amace", 'switches = ["camera"]', 'switches = ["camera", "microphone"]', "purpose photo needs a microphone"),
    ("amace", 'switches = ["location"]\n', "", "purpose location_report holds a position and needs no location switch"),
    ("amace", 'precisions = ["precise", "street", "district"]\n', "", "purpose location_report locates without precisions"),
    ("amace", "retention_h = 168", "retention_h = 0", "purpose presence has no retention"),
    ("amace", 'basis = "contract"', 'basis = "consent"', "purpose control is not active by contract"),
    ("amace", PRESENCE + 'basis = "consent"', PRESENCE + 'basis = "contract"', "purpose presence is active by contract"),
    ("device", 'type = "head"', 'type = "heat"', "the message schema cannot be read"),
    ("device", 'type = "head"', 'type = "head ; }"', "the message schema cannot be read"),
    ("device", 'topic = "hello"', 'topic = "hello max=9"', "message hello is not in the schema"),
    ("device", '[rules.claims]\nafter = "record"', '[rules.claims]\nafter = "gone"', "the message schema cannot be read"),
    ("amace", 'says = "Audits."', 'says = ""', "clause 4.4 has an empty cell"),
    ("amace", '    "tests/portable/test_rights.py::test_a_name_is_corrected_kept_and_noted",\n', "", "clause 5.2 has no enforcing test"),
    ("amace", "test_heads_are_over_what_was_signed", "test_heads_are_gone", "clause 4.4 names a test that does not exist"),
)  # fmt: skip
UNREADABLE = (
    ("amace", 'recipients = ["owner", "guest", "provider"]', 'recipients = ["owner", "authority"]', "'authority' is not known here"),
    ("amace", 'recipients = ["owner", "guest", "provider"]', 'recipients = ["owner", "successor"]', "'successor' is not known here"),
    ("amace", 'switches = ["camera"]', 'switches = ["sound"]', "'sound' is not known here"),
    ("amace", ', zh = "让您了解电量及是否已设防。"', "", "its translation zh is missing"),
    ("device", 'busy = { en = "the device is busy, try again", zh', 'busy = { zh', "its translation en is missing"),
    ("device", '"expired" = { en = "your consent has ended", zh = "您的同意已到期" }\n', "", "expired is missing"),
    ("device", 'gap = {', 'gab = {', "gap is missing"),
    ("amace", "[purposes.photo]", "[purposes.movie]", "no purpose is called 'movie'"),
    ("amace", 'items = ["number", "picture"]', 'items = ["number", "voice"]', "'voice' is not known here"),
    ("device", "[switches]\n", '[switches]\nthoughts = { name = { en = "x", zh = "x" } }\n', "'thoughts' is not known here"),
    ("amace", 'minor = "coarse"', 'minor = "sometimes"', "'sometimes' is not known here"),
    ("amace", 'sensor = "gnss"', 'sensor = "microphone"', "'microphone' is not known here"),
    ("device", 'topic = "hello"', 'topic = "hello"\nport = "ble-advert"', "it needs a topic or a port, and not both"),
    ("amace", 'base = "device"', 'base = "amace"', "more than 4 files one above the other"),
    ("amace", 'base = "device"', 'base = "../device"', "is no name of a policy"),
    ("amace", 'base = "device"', 'base = "gone"', "there is no such policy"),
    ("amace", "retention_h = 168", "retention_h = 65536", "is not a whole number from 0 to 65535"),
    ("amace", "retention_h = 168", "retention_d = 7", "retention_h is missing"),
    ("amace", "retention_h = 168", "retention_h = 168\nshared = true", "'shared' is not known here"),
)  # fmt: skip


def test_the_policies_of_this_tree_are_whole() -> None:
    """Both build, or nothing does."""
    assert rules.faults(POLICY) == []
    assert rules.faults(MINIMAL) == []
    assert make.stale(POLICY) == []


@pytest.mark.parametrize(("file", "old", "new", "expected"), VIOLATIONS, ids=[row[3] for row in VIOLATIONS])
def test_each_violation_is_found(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    """The build stops at a field without a clause, a purpose or clause without a test, and at whatever nobody may promise."""
    faults = rules.faults(changed(tmp_path, (old, new), file=file))
    assert any(fault.startswith(expected) for fault in faults), faults


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"), UNREADABLE, ids=[row[3] + row[2][-12:] for row in UNREADABLE]
)
def test_each_unknown_name_is_refused_in_one_line(tmp_path: Path, file: str, old: str, new: str, expected: str) -> None:
    """What the agent has no number for cannot be promised: authority and successor among it (policy 2.5, 2.6)."""
    with pytest.raises(Problem) as caught:
        changed(tmp_path, (old, new), file=file)
    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_check_turns_red_for_a_stale_page_and_a_broken_policy(tmp_path: Path) -> None:
    """A table that somebody edited by hand is a policy nobody wrote."""
    for path, text in make.everything(POLICY).items():
        plant(tmp_path, path, text)
    for name in ("amace", "device"):
        plant(tmp_path, f"agent/privacy/policies/{name}.toml", (source.FOLDER / f"{name}.toml").read_text())
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    assert check.check(tmp_path) == []
    table = tmp_path / "agent/privacy/table.py"
    table.write_text(table.read_text().replace("0x009847", "0x00FFFF"))
    assert [(one.path, one.what) for one in check.check(tmp_path)] == [
        ("agent/privacy/table.py", "it is not what the policy says")
    ]
    plant(tmp_path, "agent/privacy/policies/amace.toml", "[policy]\n\n[policy]\n")
    assert ["it is no TOML" in one.what for one in check.check(tmp_path)] == [True]


def test_every_clause_of_the_policy_has_its_row() -> None:
    """A clause nobody wrote down is a clause nobody keeps. The list is the policy's own numbering."""
    numbers = "1.1 1.1.1 1.2 1.2.1 1.2.2 1.2.3 1.3.1 1.3.2 1.3.2.1 1.3.2.2 1.3.2.3 1.3.3 1.3.4 1.3.5 1.3.6 1.4 1.5 1.5.3 1.5.4"
    more = "1.6.1 1.6.2 1.7 2.1 2.2 2.3 2.4 2.5 2.6 3 4.1 4.2 4.3 4.4 5.1 5.2 5.3 5.4 5.5 5.6 5.6.1 5.6.2 6 7 8 1.5.5 1.5.6"
    rows = {part for name in POLICY.clauses for part in name.replace(",", " ").replace("/", " ").split()}
    assert [number for number in (numbers + " " + more).split() if number not in rows] == []
