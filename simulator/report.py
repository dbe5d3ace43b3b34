"""The privacy report of a run: per purpose what was granted, what left, to whom, and what was withheld and why. Plain values.

`facts` is what `--json` writes; show.py prints it. Everything is counted from the tap and the audit, so it can be checked against the
transcript; the device's own word is what the phone was told, and its egress ledger, which the caller has verified.
"""

from typing import NamedTuple, TypedDict

from agent.privacy import purposes as p
from agent.privacy import table
from agent.privacy.grants import personal
from agent.privacy.names import PRECISIONS, PURPOSES, REASONS, RECIPIENTS
from simulator.evidence import Release, Span
from simulator.expect import Verdict
from simulator.inbox import MESSAGES
from simulator.play import Run

SCHEMA = 1


class GrantFacts(TypedDict):
    from_ms: int
    to_ms: int
    precision: str
    record: int
    ended: str


class Left(TypedDict):
    """First releases and repeats, as the tap saw them at the link port; what the broker took (-1: not ours to ask)."""

    messages: int
    bytes: int
    repeats: int
    repeat_bytes: int
    broker_messages: int
    broker_bytes: int
    names: dict[str, int]
    recipients: list[str]
    sealed: int  # first releases that only the recipient can read


class Counts(NamedTuple):
    """Of one purpose in the egress ledger."""

    messages: int
    bytes: int
    repeats: int
    repeat_bytes: int


class LedgerFacts(TypedDict):
    """The device's egress ledger, read from its flash; by purpose below `agrees`."""

    holds: bool
    lines: int
    signed: int  # of the lines, by the device's key
    restarts: int
    open: int  # messages that left after the last line, at most a minute's; -1 where that cannot be said
    agrees: (
        bool | None
    )  # with the tap, to the last line; None where a restart, an erasure or a full ring forbids to say
    clauses: dict[str, list[str]]
    counts: dict[str, Counts]
    recipients: dict[str, list[str]]
    held: dict[
        str, dict[str, int]
    ]  # messages that did not leave, by reason: nothing of them was written, so they have no bytes


class Withheld(TypedDict):
    reason: str  # "" when it is granted at the end
    refused: int  # by the gate; -1 when the device ran elsewhere


class PurposeFacts(TypedDict):
    purpose: str
    granted: list[GrantFacts]
    left: Left
    withheld: Withheld


class SensorFacts(TypedDict):
    sensor: str
    spans: list[tuple[int, int]]
    on_ms: int


class AlarmFacts(TypedDict):
    at_ms: int
    woke_after_ms: int  # -1: never
    how: str


class VerdictFacts(TypedDict):
    holds: bool
    expected: str
    found: str
    where: str


class Totals(TypedDict):
    messages: int
    bytes: int
    repeats: int
    repeat_bytes: int
    tap_out_bytes: int
    broker_messages: int
    broker_bytes: int
    agree: bool


class RegionFacts(TypedDict):
    """The device's own, and the one its broker's address names; "" where nobody said."""

    device: str
    broker: str
    calls: int  # connections begun


class Facts(TypedDict):
    schema: int
    title: str
    runtime: str
    seed: int
    length_ms: int
    start: str
    steps: int
    purposes: list[PurposeFacts]
    sensors: list[SensorFacts]
    alarms: list[AlarmFacts]
    region: RegionFacts
    clock_late_ms: int  # the latest the device's clock was when it learned the time; -1: it never did
    totals: Totals
    ledger: LedgerFacts | None  # None: nobody read it
    verdicts: list[VerdictFacts]
    holds: bool


def facts(run: Run, judged: list[Verdict], runtime: str, ledger: LedgerFacts | None = None) -> Facts:
    """Everything about a run that does not depend on this machine."""
    scenario = run.scenario
    return {
        "schema": SCHEMA,
        "title": scenario.title,
        "runtime": runtime,
        "seed": scenario.setting.seed,
        "length_ms": scenario.length,
        "start": run.world.engine.clock.date_at(0).isoformat().replace("+00:00", "Z"),
        "steps": run.steps,
        "purposes": [_purpose(run, purpose) for purpose in range(p.COUNT) if p.ACTIVE >> purpose & 1],
        "sensors": [
            _sensor("receiver", run.audit.powered.get(p.GNSS, [])),
            _sensor("camera", run.audit.powered.get(p.CAMERA, [])),
        ],
        "alarms": [{"at_ms": w.t, "woke_after_ms": w.after_ms, "how": w.how} for w in run.wakes],
        "region": {
            "device": scenario.setting.region,
            "broker": scenario.setting.broker,
            "calls": run.calls(0, scenario.length),
        },
        "clock_late_ms": max(run.audit.lags, default=-1),
        "totals": _totals(run),
        "ledger": ledger,
        "verdicts": [{"holds": v.holds, "expected": v.text, "found": v.found, "where": v.where} for v in judged],
        "holds": all(v.holds for v in judged)
        and (ledger is None or (ledger["holds"] and ledger["agrees"] is not False)),
    }


def _purpose(run: Run, purpose: int) -> PurposeFacts:
    name = PURPOSES[purpose]
    account = next((a for a in run.books if a.purpose == name), None)
    sent = [r for r in run.audit.releases if r.purpose == purpose]
    names = {n: sum(MESSAGES[r.kind] == n and not r.again for r in sent) for n in MESSAGES}
    told = run.world.phone.withheld.get(purpose)
    return {
        "purpose": name,
        "granted": [
            {
                "from_ms": g.start,
                "to_ms": g.end,
                "precision": PRECISIONS[g.precision] if table.fact(purpose, table.SENSOR) == p.GNSS else "",
                "record": g.record,
                "ended": g.ended,
            }
            for g in run.audit.grants.get(purpose, [])
        ],
        "left": {
            "messages": sum(not r.again for r in sent),
            "bytes": sum(r.size for r in sent if not r.again),
            "repeats": sum(r.again for r in sent),
            "repeat_bytes": sum(r.size for r in sent if r.again),
            "broker_messages": account.broker_messages if account else 0,
            "broker_bytes": account.broker_bytes if account else 0,
            "names": {n: count for n, count in names.items() if count},
            "recipients": _recipients(purpose, sent),
            "sealed": sum(r.sealed and not r.again for r in sent),
        },
        "withheld": {"reason": REASONS[told[0]] if told else "", "refused": account.gate_held if account else 0},
    }


def _recipients(purpose: int, sent: list[Release]) -> list[str]:
    """The owner; the platform, too, when a person's items left readable."""
    open_to_all = personal(purpose) and any(not r.sealed for r in sent)
    return [RECIPIENTS[k] for k in (p.OWNER, p.PROVIDER) if sent and (k == p.OWNER or open_to_all)]


def _sensor(name: str, spans: list[Span]) -> SensorFacts:
    return {"sensor": name, "spans": [(s.start, s.end) for s in spans], "on_ms": sum(s.end - s.start for s in spans)}


def _totals(run: Run) -> Totals:
    out = sum(size for (_, way), (_, size) in run.tap.counts.items() if way == ">")
    return {
        "messages": sum(a.tap_messages for a in run.books),
        "bytes": sum(a.tap_bytes for a in run.books),
        "repeats": sum(a.repeats for a in run.books),
        "repeat_bytes": sum(a.repeat_bytes for a in run.books),
        "tap_out_bytes": out,
        "broker_messages": sum(max(0, a.broker_messages) for a in run.books),
        "broker_bytes": sum(max(0, a.broker_bytes) for a in run.books),
        "agree": not any(a.differs for a in run.books),
    }
