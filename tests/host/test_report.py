"""The report says what the transcript shows: totals that reconcile, reasons by name, and a JSON a program can read."""

import io
import json

import pytest
from rich.console import Console

from agent.privacy import purposes as p
from simulator import report, scenario, show
from simulator.books import Account
from simulator.clock import stamp
from simulator.device import InProcess
from simulator.diary import Diary, Entry
from simulator.evidence import Release
from simulator.expect import verdicts
from simulator.play import Options, Run, play
from tools.sim import ride


@pytest.fixture(scope="module")
def lines() -> list[str]:
    return []


@pytest.fixture(scope="module")
def run(lines: list[str]) -> Run:
    return play(scenario.load(ride.find("demo")), InProcess(), Options(sink=lines.append))


def test_totals_are_the_transcripts(run: Run, lines: list[str]) -> None:
    """Counted a fourth time, from the text alone."""
    facts = report.facts(run, verdicts(run), "cpython")
    messages = size = 0
    for line in lines:
        _, port, way, data = line.split()
        raw = bytes.fromhex(data)
        if (port, way) == ("link", ">") and raw[:1] == b"P":
            messages += 1
            size += len(raw) - 5 - raw[4]
    totals = facts["totals"]
    assert messages == totals["messages"] + totals["repeats"]
    assert size == totals["bytes"] + totals["repeat_bytes"]
    assert (totals["broker_messages"], totals["broker_bytes"]) == (messages, size)
    assert totals["agree"]
    assert sum(row["left"]["messages"] for row in facts["purposes"]) == totals["messages"]
    assert sum(row["left"]["bytes"] for row in facts["purposes"]) == totals["bytes"]


def test_each_purpose_of_the_build_has_its_line(run: Run) -> None:
    """Also the ones that nobody granted: silence is part of the report."""
    facts = {row["purpose"]: row for row in report.facts(run, [], "cpython")["purposes"]}
    assert len(facts) == bin(p.ACTIVE).count("1")
    location = facts["location_report"]
    assert [grant["precision"] for grant in location["granted"]] == ["precise", "street"]
    assert [grant["ended"] for grant in location["granted"]] == ["replaced", "withdrawn"]
    assert location["withheld"]["reason"] == "withdrawn"
    assert location["left"]["recipients"] == ["owner"]
    assert facts["location_alarm"]["granted"] == []
    assert facts["location_alarm"]["left"]["recipients"] == []
    assert facts["location_alarm"]["withheld"]["reason"] == "never asked"
    assert facts["photo"]["withheld"]["reason"] == "expired"
    assert facts["status"]["withheld"]["reason"] == ""


def test_sensors_and_alarms_are_in_it(run: Run) -> None:
    """How long each had power, and how fast the phone woke."""
    facts = report.facts(run, [], "cpython")
    receiver, camera = facts["sensors"]
    assert receiver["on_ms"] == sum(end - start for start, end in receiver["spans"])
    assert 1_250_000 < receiver["on_ms"] < 1_270_000
    assert 0 < camera["on_ms"] < 10_000
    assert len(facts["alarms"]) == 1
    assert 0 <= facts["alarms"][0]["woke_after_ms"] <= 5_000


def test_it_is_json_without_a_key_of_anybodys(run: Run) -> None:
    """`--json` may be kept or sent: it holds no key, no password, no position."""
    text = json.dumps(report.facts(run, verdicts(run), "cpython"))
    assert json.loads(text)["holds"] is True
    binding = run.world.owner.binding
    for secret in (binding.key.hex(), binding.device_id.hex(), "gulls", "-48.8", "CANARY"):
        assert secret not in text


def test_a_failed_expectation_shows(run: Run) -> None:
    """One red line, and `holds` is false."""
    source = 'title = "x"\nlength = "1:00"\n[[step]]\nat = "0:01"\ndo = "power on"\n'
    source += '[[expect]]\nthat = "messages"\nname = "location"\nleast = 1\n'
    failing = play(scenario.parse(source, "x.toml"), InProcess())
    facts = report.facts(failing, verdicts(failing), "cpython")
    assert facts["holds"] is False
    text = printed(facts)
    assert "FAILS" in text
    assert "x.toml:6" in text
    assert "FAILS" not in printed(report.facts(run, verdicts(run), "cpython"))


def printed(facts: report.Facts, width: int = 160) -> str:
    target = io.StringIO()
    show.report(Console(file=target, width=width), facts)
    return target.getvalue()


def test_a_narrow_terminal_cuts_no_fact_off(run: Run) -> None:
    """When a grant ended and why something is withheld is the report: a pipe has 80 columns."""
    facts = report.facts(run, verdicts(run), "cpython")
    spans = [grant for row in facts["purposes"] for grant in row["granted"] if grant["to_ms"] < facts["length_ms"]]
    assert spans
    text = printed(facts, 80)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= 80
    for grant in spans:
        assert f"{stamp(grant['from_ms'])[:-4]}–{stamp(grant['to_ms'])[:-4]}" in text


def test_counts_that_differ_are_found() -> None:
    """The gate must agree exactly; the broker may have less, never more."""
    same = Account("status", 3, 60, 1, 20, 3, 60, 0, 4, 80)
    assert not same.differs
    assert not same._replace(broker_messages=3, broker_bytes=60).differs
    assert not same._replace(gate_messages=-1, gate_bytes=-1).differs
    for wrong in ({"gate_messages": 2}, {"gate_bytes": 61}, {"broker_messages": 5}, {"broker_bytes": 81}):
        assert same._replace(**wrong).differs, wrong


def test_the_timeline_counts_reports_that_repeat() -> None:
    """A ride of an hour is read in a minute: the first, then how many more."""
    target = io.StringIO()
    timeline = show.Timeline(Console(file=target, width=100))
    diary = Diary(lambda: 61_000)
    diary.on_entry = timeline.show
    for k in range(5):
        diary.note("device", "message", f"location {k}", name="location")
    diary.note("owner", "step", "withdraws")
    diary.note("phone", "receipt", "an echo")
    diary.note("device", "message", "location 5", name="location")
    timeline.flush()
    assert [line.split(maxsplit=1)[1] for line in target.getvalue().splitlines()] == [
        "device location 0",
        "device … 4 more, the last: location 4",
        "owner  withdraws",
        "device location 5",
    ]


def test_entries_are_found_by_word_and_time() -> None:
    """From is included, to is not."""
    diary = Diary(lambda: 0)
    diary.entries = [Entry(t, "x", "a" if t % 2 else "b", "") for t in range(6)]
    assert [entry.t for entry in diary.find("a", 1, 5)] == [1, 3]


def test_releases_know_their_kind() -> None:
    """`online` comes as birth and as erasure; only one of them is presence."""
    assert Release(0, 5, 1, 1, 5, False, False).purpose == p.PRESENCE
