"""The device's table, the pages and the schema against the source they are made of."""

import hashlib
import shutil
from pathlib import Path

import pytest

from agent.base import errors
from agent.privacy import notice, table
from agent.privacy import purposes as p
from agent.privacy.names import PRECISIONS, PURPOSES, RECIPIENTS
from simulator import schema
from tests.host.policies import MINIMAL, POLICY, changed
from tests.portable.bench import Bench
from tests.portable.signed import line
from tools.places import ROOT
from tools.policy import cddl, clauses, sheet, source
from tools.policy import model as m
from tools.policy import table as generated


def test_the_table_says_what_the_source_says() -> None:
    """The device decides by the table alone: each number of it, read back."""
    for at, name in enumerate(PURPOSES):
        purpose = POLICY.purposes[name]
        assert bool(p.ACTIVE >> at & 1) == purpose.active
        assert bool(p.GRANTABLE >> at & 1) == (purpose.active and purpose.basis != "contract")
        if not purpose.active:
            continue
        assert m.BASES[table.fact(at, table.BASIS)] == purpose.basis
        switches = table.fact(at, table.SWITCHES)
        assert {one for bit, one in enumerate(m.SWITCHES) if switches >> bit & 1} == set(purpose.switches)
        assert table.fact(at, table.SENSOR) == {"": 0, "gnss": p.GNSS, "camera": p.CAMERA}[purpose.sensor]
        assert table.fact(at, table.PERSON) == any(POLICY.items[item].personal for item in purpose.items)
        assert PRECISIONS[table.fact(at, table.PRECISION)] in (*purpose.precisions, PRECISIONS[0])
        recipients = table.fact(at, table.TO)
        assert {one for bit, one in enumerate(RECIPIENTS) if recipients >> bit & 1} == set(purpose.recipients)
        hours = table.fact(at, table.HOURS_HIGH) << 8 | table.fact(at, table.HOURS_LOW)
        assert hours == purpose.retention_h
    assert (POLICY.id, POLICY.version) == (table.POLICY, table.VERSION)
    switches = [getattr(table, one.upper()) for one in m.SWITCHES]
    assert switches == [1 << bit for bit in range(len(m.SWITCHES))]


def test_one_personal_item_makes_its_purpose_personal(tmp_path: Path) -> None:
    """Policy 1: what is combined with personal data becomes personal; battery and theft stay the bike's."""
    personal = [name for name, purpose in POLICY.purposes.items() if purpose.active and POLICY.personal(name)]
    assert personal == ["control", "location_report", "location_alarm", "photo"]
    mixed = changed(tmp_path, ('items = ["number", "time", "battery", "armed"]', 'items = ["number", "time", "battery", "armed", "position"]'))  # fmt: skip
    assert mixed.personal("status")


def test_a_policy_that_locates_coarsely_takes_no_finer_grant(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the two policies has such a purpose today: the rule must hold for the one that will."""
    coarse = changed(
        tmp_path, ('precisions = ["precise", "street", "district"]', 'precisions = ["street", "district"]')
    )
    scope: dict[str, object] = {}
    exec(generated.table(coarse), scope)
    monkeypatch.setattr(table, "FACTS", scope["FACTS"])
    for precision, code in ((0, errors.OUT_OF_RANGE), (1, 0), (2, 0)):
        bench = Bench()
        assert bench.record(bench.chain.next(line(p.LOCATION_REPORT, precision=precision))) == code


def test_a_minor_is_located_coarsely_and_never_photographed() -> None:
    """Policy 7: the rule is a number of the table, not somebody's memory."""
    rules = {name: table.fact(PURPOSES.index(name), table.MINOR) for name, one in POLICY.purposes.items() if one.active}
    assert {name for name, rule in rules.items() if rule == m.MINOR_RULES.index("coarse")} == {"location_report", "location_alarm"}  # fmt: skip
    assert {name for name, rule in rules.items() if rule == m.MINOR_RULES.index("never")} == {"photo"}


def test_hash_and_notices_are_of_the_source_and_of_the_pages() -> None:
    """A grant names the text that was shown: exactly the bytes of the page."""
    assert hashlib.sha256(POLICY.canonical).digest()[:16] == notice.HASH
    for language, path in (("en", "docs/data-sheet.md"), ("zh", "docs/data-sheet.zh.md")):
        digest = hashlib.sha256((ROOT / path).read_bytes()).digest()
        assert dict(notice.NOTICES)[language.encode()] == digest[:16]


def test_the_hash_is_of_what_binds_and_of_nothing_else(tmp_path: Path) -> None:
    """A test that is renamed must not end anybody's consent; a recipient more must."""
    same = changed(tmp_path, ('why = { en = "So that you see the charge', 'why = { en = "So that you can see the charge'), ("test_power_follows_the_grant", "test_power"))  # fmt: skip
    assert same.canonical == POLICY.canonical
    base = changed(tmp_path, ('picture = { class = "person"', 'picture = { class = "asset"'), file="device")
    assert base.canonical != POLICY.canonical, "the base counts too"
    for old, new in (
        ('recipients = ["owner", "guest", "provider"]', 'recipients = ["owner", "guest", "service", "provider"]'),
        ("retention_h = 168", "retention_h = 169"),
        ("version = 20230620", "version = 20230621"),
        ('minor = "coarse"', 'minor = "as adult"'),
    ):
        assert changed(tmp_path, (old, new)).canonical != POLICY.canonical, new


def test_an_overlay_changes_what_it_names_and_keeps_the_rest(tmp_path: Path) -> None:
    """A platform's own policy prevails over the general one, where it says something."""
    shutil.copytree(source.FOLDER, tmp_path / "policies")
    overlay = 'base = "amace"\n\n[policy]\nversion = 20270101\n\n[purposes.photo]\nactive = false\n'
    (tmp_path / "policies/town.toml").write_text(overlay)
    town = source.load("town", tmp_path / "policies")
    assert (town.id, town.version) == (POLICY.id, 20270101)
    assert not town.purposes["photo"].active
    assert town.purposes["photo"].items == POLICY.purposes["photo"].items
    assert {name: one for name, one in town.purposes.items() if name != "photo"} == {
        name: one for name, one in POLICY.purposes.items() if name != "photo"
    }


def test_the_schema_is_readable_and_names_a_purpose_of_the_policy_each() -> None:
    """The simulator judges every transcript by it."""
    for policy, count in ((POLICY, 24), (MINIMAL, 17)):
        read = schema.Schema(cddl.schema(policy))
        assert {message.purpose for message in read.messages} <= set(policy.purposes)
        assert len(read.messages) == count


def test_pages_have_no_empty_cell_and_every_language() -> None:
    """docs/clauses.md is evidence; an empty cell is a claim nobody made."""
    for policy in (POLICY, MINIMAL):
        rows = [line for line in clauses.page(policy).splitlines() if line.startswith("| ")]
        assert len(rows) == 1 + len(policy.clauses)
        assert all(cell.strip() for row in rows for cell in row.strip("|").split("|"))
        for language, text in sheet.sheets(policy).items():
            for purpose in policy.purposes.values():
                assert purpose.title[language] in text
                assert not purpose.active or purpose.why[language] in text


def test_both_policies_fit_the_tables_two_literals() -> None:
    """The size of a device's table is what its active purposes need, and no more."""
    for policy, rows in ((POLICY, 7), (MINIMAL, 3)):
        scope: dict[str, object] = {}
        exec(generated.table(policy), scope)
        facts = scope["FACTS"]
        assert isinstance(facts, bytes)
        assert len(facts) == rows * table.WIDTH
