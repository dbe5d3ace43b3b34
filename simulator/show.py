"""The timeline and the report for people: rich renderables made of diary entries and report facts. Decides nothing."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simulator.clock import stamp
from simulator.diary import Entry
from simulator.report import Facts, LedgerFacts, PurposeFacts

_COLOURS = {"device": "cyan", "phone": "green", "owner": "bold green", "world": "yellow", "cloud": "magenta"}
_LOUD = ("theft", "woke", "unanswered", "siren", "unreadable", "unproven")
_QUIET = ("location", "alarm-location", "status")
_ECHOES = ("receipt", "incident")  # the message was shown already
_ROOMY = 100  # columns of a terminal
_NARROW = {"clause": 9, "granted": len("0:00:30–0:52:00"), "to": 7, "at the end": 10}  # what the widest table has in 80


class Timeline:
    """One line per event. Reports that repeat are told once, then counted in the line that ends their row."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._name = ""
        self._more = 0
        self._last: Entry | None = None

    def show(self, entry: Entry) -> None:
        if entry.what in _ECHOES:
            return
        name = str(entry.facts["name"]) if entry.what == "message" else ""
        if name and name == self._name and name in _QUIET:
            self._more += 1
            self._last = entry
            return
        self.flush()
        self._name = name
        self._line(entry, entry.text)

    def flush(self) -> None:
        """The last of a row of reports, with their number."""
        if self._more and self._last is not None:
            self._line(self._last, f"… {self._more} more, the last: {self._last.text}")
        self._more = 0
        self._last = None
        self._name = ""

    def _line(self, entry: Entry, text: str) -> None:
        line = Text().append(f"{stamp(entry.t)[:-4]:>9}  ", style="dim")
        line.append(f"{entry.who:7}", style=_COLOURS.get(entry.who, ""))
        line.append(text, style="bold red" if entry.what in _LOUD else "")
        self._console.print(line)


def report(console: Console, facts: Facts) -> None:
    """All tables, the verdicts last."""
    for table in (_purposes(facts), _sensors(facts), _totals(facts), _verdicts(facts)):
        if console.width < _ROOMY:
            _squeeze(table)
        console.print()
        console.print(table)


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        numbers = column in ("messages", "bytes", "refused")
        justify = "right" if numbers else "left"
        table.add_column(column, justify=justify, no_wrap=column == "purpose", overflow="fold")
    return table


def _squeeze(table: Table) -> None:
    """Into the 80 columns of a pipe or an old terminal, without a word cut off."""
    table.collapse_padding = True
    for column in table.columns:
        column.width = _NARROW.get(str(column.header))


def _purposes(facts: Facts) -> Table:
    ledger = facts["ledger"]
    columns = "purpose", "clause", "granted", "messages", "bytes", "to", "held", "at the end"
    table = _table("What left, and under which grant", *columns)
    for row in facts["purposes"]:
        name = row["purpose"]
        left = row["left"]
        messages, size = left["messages"], left["bytes"]
        if ledger is not None and ledger["holds"]:
            messages, size, _, _ = ledger["counts"][name]
        held = ledger["held"].get(name, {}) if ledger is not None else {}
        end = row["withheld"]["reason"]
        table.add_row(
            name,
            ", ".join(ledger["clauses"][name]) if ledger is not None else "",
            _granted(row, facts["length_ms"]),
            str(messages) if messages else "–",
            str(size) if messages else "–",
            (", ".join(left["recipients"]) or "nobody") + (", sealed" if left["sealed"] else ""),
            "\n".join(f"{count} {reason}" for reason, count in held.items()) or "–",
            Text(f"withheld: {end}", style="yellow") if end else Text("may leave", style="green"),
        )
    return table


def _granted(row: PurposeFacts, length: int) -> str:
    if row["purpose"] == "control":
        return "while bound"
    parts: list[str] = []
    for grant in row["granted"]:
        until = "" if grant["to_ms"] >= length else stamp(grant["to_ms"])[:-4]
        precision = f" {grant['precision']}" if grant["precision"] else ""
        parts.append(f"{stamp(grant['from_ms'])[:-4]}–{until}{precision}")
    return "\n".join(parts) or "never"


def _sensors(facts: Facts) -> Table:
    table = _table("Sensors with power, alarms, region", "what", "when", "how long")
    for sensor in facts["sensors"]:
        spans = ", ".join(f"{stamp(a)[:-4]}–{stamp(b)[:-4]}" for a, b in sensor["spans"][:4])
        more = f" and {len(sensor['spans']) - 4} more" if len(sensor["spans"]) > 4 else ""
        table.add_row(sensor["sensor"], spans + more or "never", f"{sensor['on_ms'] / 1000:.1f} s")
    for alarm in facts["alarms"]:
        woke = alarm["woke_after_ms"]
        text = f"the phone woke after {woke / 1000:.1f} s ({alarm['how']})" if woke >= 0 else "nobody woke"
        table.add_row("alarm", stamp(alarm["at_ms"])[:-4], text)
    region = facts["region"]
    calls = f"{region['calls']} connection{'' if region['calls'] == 1 else 's'} begun"
    table.add_row(
        "data stays in",
        region["device"] or "no region told",
        f"the broker's: {region['broker'] or 'not told'}; {calls}",
    )
    late = facts["clock_late_ms"]
    if late >= 0:
        table.add_row("device's clock", "", f"at most {late / 1000:.1f} s late when it learned the time")
    return table


def _totals(facts: Facts) -> Table:
    totals = facts["totals"]
    table = _table("Counts of what was published", "counted", "messages", "bytes")
    table.add_row("at the device's link port", str(totals["messages"]), str(totals["bytes"]))
    if totals["repeats"]:
        table.add_row("  repeated after a lost link", str(totals["repeats"]), str(totals["repeat_bytes"]))
    if totals["broker_messages"]:
        table.add_row("at the broker", str(totals["broker_messages"]), str(totals["broker_bytes"]))
    ledger = facts["ledger"]
    if ledger is not None:
        counts = ledger["counts"].values()
        table.add_row(_verified(ledger), str(sum(c.messages for c in counts)), str(sum(c.bytes for c in counts)))
    refused = [row["withheld"]["refused"] for row in facts["purposes"]]
    if min(refused) >= 0:
        table.add_row("refused by the gate", str(sum(refused)), "0")
    return table


def _verified(ledger: LedgerFacts) -> str:
    """What the ledger's counts are worth."""
    if not ledger["holds"]:
        return "in the device's ledger, which does NOT hold"
    words = f"in the device's ledger: chain whole, {ledger['signed']} of {ledger['lines']} lines signed"
    if ledger["agrees"] is None:
        return words
    return words + (f", {ledger['open']} left since" if ledger["open"] else "")


def _verdicts(facts: Facts) -> Table:
    table = _table("Expectations", "", "expected", "found")
    for row in facts["verdicts"]:
        mark = Text("holds", style="green") if row["holds"] else Text("FAILS", style="bold red")
        where = f" ({row['where']})" if row["where"] and not row["holds"] else ""
        table.add_row(mark, row["expected"], row["found"] + where)
    return table
