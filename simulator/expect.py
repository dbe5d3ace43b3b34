"""Holds a finished run against what its scenario expected: every expectation becomes a verdict with what was found."""

from collections.abc import Callable
from typing import NamedTuple

from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.names import PRECISIONS, PURPOSES, REASONS
from simulator import remote, tap
from simulator.clock import stamp
from simulator.cloud import VirtualCloud
from simulator.evidence import Release
from simulator.inbox import MESSAGES
from simulator.play import Run
from simulator.scenario import Row
from simulator.words import error_name

_SENSORS = {"gnss": p.GNSS, "camera": p.CAMERA}


class Verdict(NamedTuple):
    holds: bool
    text: str  # what was expected
    found: str
    where: str  # file and line, "" for the laws every run keeps


def verdicts(run: Run) -> list[Verdict]:
    """The laws first, then the scenario's own expectations in their order."""
    return [*_laws(run), *(_KINDS[row.kind](run, row) for row in run.scenario.expectations)]


def _laws(run: Run) -> list[Verdict]:
    """What holds in every run, whatever the scenario."""
    audit, judge = run.audit, run.judge
    found = [
        Verdict(
            not audit.findings,
            "nothing left, and no sensor had power, without a grant",
            audit.findings[0] if audit.findings else f"{len(audit.releases)} messages checked",
            "",
        ),
        Verdict(
            not judge.faults,
            "every message is as docs/messages.cddl describes it",
            f"at {stamp(judge.faults[0].t)}: {judge.faults[0].what}" if judge.faults else f"{judge.checked} checked",
            "",
        ),
    ]
    wrong = [account for account in run.books if account.differs]
    total = sum(account.tap_bytes for account in run.books)
    shown = f"{wrong[0].purpose}: {wrong[0]}" if wrong else f"{total} bytes"
    found.append(Verdict(not wrong, "the device's, the tap's and the broker's counts agree", shown, ""))
    return found


def _span(run: Run, row: Row) -> tuple[int, int]:
    end = row.number("to")
    return row.number("from"), end if end >= 0 else run.scenario.length


def _during(row: Row, run: Run) -> str:
    start, end = _span(run, row)
    if (start, end) == (0, run.scenario.length):
        return ""
    return f" from {stamp(start)}" + (f" to {stamp(end)}" if end != run.scenario.length else "")


def _sent(run: Run, names: tuple[str, ...], start: int, end: int) -> list[Release]:
    """First releases of these messages with start ≤ t < end."""
    return [r for r in run.audit.releases if MESSAGES[r.kind] in names and start <= r.t < end and not r.again]


def _messages(run: Run, row: Row) -> Verdict:
    name = row.text("name")
    return _counted(run, row, len(_sent(run, (name,), *_span(run, row))), name)


def _called(run: Run, row: Row) -> Verdict:
    return _counted(run, row, run.calls(*_span(run, row)), "call")


def _counted(run: Run, row: Row, count: int, what: str) -> Verdict:
    exact, least, most = row.number("count"), row.number("least"), row.number("most")
    parts = [f"exactly {exact}"] if exact >= 0 else []
    parts += [f"at least {least}"] if least >= 0 else []
    parts += [f"at most {most}"] if most >= 0 else []
    holds = (exact < 0 or count == exact) and (least < 0 or count >= least) and (most < 0 or count <= most)
    text = f"{' and '.join(parts) or 'any number of'} × {what}{_during(row, run)}"
    return Verdict(holds, text, str(count), row.where)


def _silence(run: Run, row: Row) -> Verdict:
    start, end = _span(run, row)
    sent = [r for r in run.audit.releases if MESSAGES[r.kind] in row.names("names") and start <= r.t < end]
    found = f"{len(sent)}, the first at {stamp(sent[0].t)}" if sent else "silence"
    return Verdict(not sent, f"no {' or '.join(row.names('names'))}{_during(row, run)}", found, row.where)


def _precision(run: Run, row: Row) -> Verdict:
    start, end = _span(run, row)
    found = {place.precision for place in run.audit.places if place.kind == kinds.LOCATION and start <= place.t < end}
    shown = ", ".join(PRECISIONS[k] for k in sorted(found)) or "no location"
    text = f"only {row.text('is')} locations{_during(row, run)}"
    return Verdict(shown == row.text("is"), text, shown, row.where)


def _sensor(run: Run, row: Row) -> Verdict:
    at, name = row.number("at"), row.text("sensor")
    on = any(span.start <= at < span.end for span in run.audit.powered.get(_SENSORS[name], []))
    text = f"{name} {'on' if row.flag('on') else 'off'} at {stamp(at)}"
    return Verdict(on == row.flag("on"), text, "on" if on else "off", row.where)


def _memory(run: Run, row: Row) -> Verdict:
    """The receiver's battery-backed memory: clear until it gets power, and again once it is told to forget."""
    at, clear = row.number("at"), True
    for seen in run.tap.at(remote.POWER, tap.OUT, 0, at + 1):
        clear = seen.data == b"Z" or (clear and seen.data != b"P\x01")
    text = f"the receiver's memory {'clear' if row.flag('clear') else 'kept'} at {stamp(at)}"
    return Verdict(clear == row.flag("clear"), text, "clear" if clear else "kept", row.where)


def _woke(run: Run, row: Row) -> Verdict:
    text = f"the phone woke within {row.number('within') // 1000} s"
    text += f" by {row.text('how')}" if row.text("how") else ""
    if not run.wakes:
        return Verdict(False, text, "there was no alarm", row.where)
    slow = [wake for wake in run.wakes if wake.after_ms < 0 or wake.after_ms > row.number("within")]
    other = [wake for wake in run.wakes if row.text("how") not in ("", wake.how)]
    shown = ", ".join(
        f"{wake.after_ms / 1000:.1f} s ({wake.how})" if wake.after_ms >= 0 else "never" for wake in run.wakes
    )
    return Verdict(not slow and not other, text, shown, row.where)


def _asleep(run: Run, row: Row) -> Verdict:
    woke = run.world.diary.find("woke", *_span(run, row))
    return Verdict(
        not woke,
        f"the phone is left alone{_during(row, run)}",
        f"woken {len(woke)} times" if woke else "asleep",
        row.where,
    )


def _result(run: Run, row: Row) -> Verdict:
    found = [str(e.facts["result"]) for e in run.world.diary.find("result") if e.facts["ask"] == row.text("ask")]
    count = found.count(row.text("result"))
    text = f"{row.number('count')} × {row.text('ask')}: {row.text('result')}"
    return Verdict(count == row.number("count"), text, ", ".join(found) or "no answer", row.where)


def _receipt(run: Run, row: Row) -> Verdict:
    found = [error_name(int(str(entry.facts["code"]))) for entry in run.world.diary.find("receipt")]
    count = found.count(row.text("says"))
    text = f"at least {row.number('least')} × receipt: {row.text('says')}"
    return Verdict(count >= row.number("least"), text, f"{count} of {len(found)} receipts", row.where)


def _nearby(run: Run, row: Row) -> Verdict:
    codes = [int(str(entry.facts["code"])) for entry in run.world.diary.find("nearby")]
    found = ["no answer" if code < 0 else error_name(code) for code in codes]
    text = f"{row.number('count')} × answer over BLE: {row.text('says')}"
    return Verdict(found.count(row.text("says")) == row.number("count"), text, ", ".join(found) or "none", row.where)


def _withheld(run: Run, row: Row) -> Verdict:
    purpose = PURPOSES.index(row.text("purpose"))
    told = run.world.phone.withheld.get(purpose)
    found = REASONS[told[0]] if told else "not withheld"
    return Verdict(
        found == row.text("reason"), f"{row.text('purpose')} withheld: {row.text('reason')}", found, row.where
    )


def _live(run: Run, row: Row) -> Verdict:
    at = row.number("at")
    live = [PURPOSES[k] for k in range(1, p.COUNT) if (grant := run.audit.live(k, at)) is not None and grant.end > at]
    text = f"live at {stamp(at)}: {', '.join(sorted(row.names('purposes'))) or 'nothing'}"
    return Verdict(sorted(live) == sorted(row.names("purposes")), text, ", ".join(sorted(live)) or "nothing", row.where)


def _connection(run: Run, row: Row) -> Verdict:
    at, mode = row.number("at"), "none"
    for t, state in run.links:
        if t <= at:
            mode = state
    text = f"the connection at {stamp(at)}: {row.text('as')}"
    return Verdict(mode == row.text("as"), text, mode, row.where)


def _picture(run: Run, row: Row) -> Verdict:
    """Every picture the phone put together is one the camera took, byte for byte."""
    taken = run.world.camera.pictures
    got = list(run.world.phone.inbox.photos.values())
    whole = sum(picture in taken for picture in got)
    text = f"{row.number('count')} pictures reach the phone whole"
    return Verdict(whole == len(got) == row.number("count"), text, f"{whole} of {len(got)}", row.where)


def _retained(run: Run, row: Row) -> Verdict:
    cloud = run.world.cloud
    kept = len(cloud.broker.retained) if isinstance(cloud, VirtualCloud) else -1
    text = f"{row.number('count')} messages kept at the broker in the end"
    return Verdict(kept in (row.number("count"), -1), text, str(kept) if kept >= 0 else "not our broker", row.where)


def _wills(run: Run, row: Row) -> Verdict:
    """A last will is published by the broker, after the device has gone: the device's own tap cannot see it."""
    cloud = run.world.cloud
    count = cloud.wills if isinstance(cloud, VirtualCloud) else -1
    return Verdict(
        count in (row.number("count"), -1),
        f"{row.number('count')} last wills published",
        str(count) if count >= 0 else "not our broker",
        row.where,
    )


def _alarms(run: Run, row: Row) -> Verdict:
    return Verdict(
        len(run.wakes) == row.number("count"), f"{row.number('count')} alarms", str(len(run.wakes)), row.where
    )


_KINDS: dict[str, Callable[[Run, Row], Verdict]] = {
    "messages": _messages,
    "silence": _silence,
    "precision": _precision,
    "sensor": _sensor,
    "memory": _memory,
    "woke": _woke,
    "asleep": _asleep,
    "result": _result,
    "receipt": _receipt,
    "nearby": _nearby,
    "withheld": _withheld,
    "live": _live,
    "connection": _connection,
    "called": _called,
    "picture": _picture,
    "retained": _retained,
    "wills": _wills,
    "alarms": _alarms,
}
