"""`amace policy`: what a policy says, whether it is whole, what a new version does to consent, and everything made of it."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from agent.privacy.names import PURPOSES
from tools import app as application
from tools.console import out
from tools.errors import Problem
from tools.policy import diff, make, rules, sheet, source, table, tree
from tools.policy import model as m

app = application.new()

_IN_USE = os.environ.get("AMACE_POLICY", make.DEFAULT)
_NAME = typer.Option("--policy", help="Name of a policy, or path of a .toml file. Default: $AMACE_POLICY, else amace.")
_JSON = typer.Option("--json", help="For programs.")


def load(word: str) -> m.Policy:
    """A policy by its name or by the path of its file."""
    if not word.endswith(".toml"):
        return source.load(word)
    path = Path(word)
    return source.load(path.stem, path.parent)


@app.command()
def report(policy: Annotated[str, _NAME] = _IN_USE, as_json: Annotated[bool, _JSON] = False) -> None:
    """Prints purposes with basis, items, recipients and retention, and how far clauses are covered by tests."""
    read = load(policy)
    facts = _facts(read)
    if as_json:
        print(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    active, _ = table.masks(read)
    out.print(f"[bold]{read.name}[/] {read.id}, version {read.version}, hash {table.digest(read.canonical).hex()}")
    out.print(_purposes(read))
    refused = sum(clause.refused for clause in read.clauses.values())
    tests = {test for clause in read.clauses.values() for test in clause.tests}
    out.print(
        f"{active.bit_count()} of {len(PURPOSES)} purposes active; {len(read.clauses)} clauses, {refused} of them by refusal, "
        f"{len(tests)} enforcing tests"
    )


@app.command()
def check(policy: Annotated[str, _NAME] = "", as_json: Annotated[bool, _JSON] = False) -> int:
    """Says whether policies are whole, and whether what is generated is up to date. Exit code 1 when something is to be mended."""
    found: dict[str, list[str]] = {}
    for word in [policy] if policy else source.known():
        read = load(word)
        found[read.name] = rules.faults(read)
        if read.name == make.DEFAULT:
            found[read.name] += [f"{path} is out of date: ./run policy build" for path in make.stale(read)]
    if as_json:
        print(json.dumps(found, indent=1))
    else:
        for name, faults in found.items():
            out.print(f"{name:12} {f'[red]{len(faults)} to mend[/]' if faults else '[green]whole[/]'}")
            for fault in faults:
                out.print(f"  {fault}", markup=False)
    return 1 if any(found.values()) else 0


@app.command(name="diff")
def compare(
    old: Annotated[str, typer.Argument(help="Policy that consent was given under: a name, or a path of a .toml file.")],
    new: Annotated[str, typer.Argument(help="The new one.")],
    as_json: Annotated[bool, _JSON] = False,
) -> int:
    """Tells which grants a new version suspends, and why. Exit code 1 when it suspends any."""
    found = diff.changes(load(old), load(new))
    if as_json:
        print(json.dumps([change._asdict() for change in found], indent=1))
    else:
        for change in found:
            colour = "red" if change.suspended else "green"
            verdict = "suspended" if change.suspended else "stays"
            out.print(
                f"{change.purpose:20} [{colour}]{verdict:10}[/] {change.what}: {'; '.join(change.reasons) or 'no more than before'}"
            )
        out.print(f"{sum(change.suspended for change in found)} purposes suspended until asked again")
    return 1 if any(change.suspended for change in found) else 0


@app.command()
def build(
    policy: Annotated[str, _NAME] = _IN_USE,
    into: Annotated[Path | None, typer.Option(help="Copy the tree here and build the policy in it.")] = None,
) -> None:
    """Writes everything that is made of the policy: the device's table, pages for people, the message schema."""
    read = load(policy)
    faults = rules.faults(read)
    if faults:
        raise Problem(f"it is not whole: {faults[0]}", f"{read.name}.toml", f"{len(faults)} in all: amace policy check")
    if into is None and read.name != make.DEFAULT:
        raise Problem(
            f"this tree is built with {make.DEFAULT}", read.name, "Name a folder for the other tree: --into DIR"
        )
    written = make.write(read) if into is None else tree.copied(read, into)
    for path in written:
        out.print(path, markup=False)
    out.print(f"{len(written)} files written")


def _facts(policy: m.Policy) -> dict[str, object]:
    return {
        "policy": policy.name,
        "id": policy.id,
        "version": policy.version,
        "hash": table.digest(policy.canonical).hex(),
        "notices": {language: table.digest(text.encode()).hex() for language, text in sheet.sheets(policy).items()},
        "purposes": {
            name: {**purpose._asdict(), "personal": policy.personal(name), "pin": diff.pin(policy, name).hex()}
            for name, purpose in policy.purposes.items()
        },
        "clauses": {name: clause._asdict() for name, clause in policy.clauses.items()},
    }


def _purposes(policy: m.Policy) -> Table:
    rows = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("purpose", "", "basis", "items", "recipients", "hours", "clauses"):
        rows.add_column(heading, overflow="fold", no_wrap=heading == "purpose")
    for name, purpose in policy.purposes.items():
        rows.add_row(
            name,
            "active" if purpose.active else "refused",
            purpose.basis,
            " ".join(purpose.items),
            " ".join(purpose.recipients),
            str(purpose.retention_h or "–"),
            ", ".join(purpose.clauses),
        )
    return rows
