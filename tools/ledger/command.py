"""`amace ledger dump|verify|report|export DUMP`: an outsider's look at what left a device. DUMP is its raw `events` region.

`dump` fetches it over the device's console, which its owner's enrolment opens; the others need neither device nor key. Refuses
a file that is no such region, and to write over one. Exit code 1: the ledger does not hold, and why is printed.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.table import Table

from agent.link import kinds
from agent.privacy import cells as c
from agent.privacy.names import PURPOSES, REASONS, RECIPIENTS
from simulator.clock import EPOCH
from tools import enrolment as enrolments
from tools.app import new
from tools.consent import ways
from tools.console import out
from tools.errors import Problem
from tools.ledger.book import MAX_BYTES, Account, Check, Row, read

app = new()

Dump = Annotated[Path, typer.Argument(help="The raw `events` region of a device.")]
Key = Annotated[
    str, typer.Option(help="The device's Ed25519 public key, 64 hex digits; without it nothing signed is checked.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
_WAYS = {c.CONNECT: "connect", c.ADVERT: "advert", c.NOTIFY: "notify", c.ANSWER: "answer"}


@app.command()
def dump(
    path: Annotated[Path, typer.Argument(metavar="OUT", help="A new file for the region.")],
    port: Annotated[
        str, typer.Option("--port", "--dut", metavar="DEVICE", help="A port, socket://…; or simulated: sim, mp32 …")
    ],
    enrolment: Annotated[
        Path, typer.Option("--enrolment", metavar="FILE", help="The device's file, for its console key.")
    ],
) -> int:
    """Fetch it from a device, which signs its ledger to the end for that, and tell the key that proves it."""
    if path.exists():
        raise Problem("it is there already", str(path), "Name a new file")
    with ways.cable(port, enrolments.load(enrolment)) as rig:
        key = rig.standing().key
        data = rig.dump()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise Problem(f"it cannot be written: {error.strerror}", str(path), "Name a file of yours") from None
    account = read(data, check_of(key.hex()))
    for finding in account.findings:
        out.print(finding, highlight=False)
    out.print(
        f"{path}: {account.lines} lines, {account.unsigned} of them unsigned; --key {key.hex()}",
        highlight=False,
        soft_wrap=True,
    )
    return 0 if account.holds else 1


@app.command()
def verify(dump: Dump, key: Key = "", as_json: AsJson = False) -> int:
    """Check the chain, every cell and, with --key, every checkpoint."""
    account = _load(dump, key)
    facts = {
        "holds": account.holds,
        "lines": account.lines,
        "from the beginning": not any(account.first_prev),
        "checkpoints": account.checkpoints,
        "signatures checked": bool(key),
        "unsigned lines": account.unsigned,
        "restarts": account.restarts,
        "erased": [_name(PURPOSES, purpose) for purpose in account.erased],
        "cells erased": account.blanked,
        "findings": account.findings,
    }
    if as_json:
        out.print_json(json.dumps(facts))
    else:
        for name, value in facts.items():
            out.print(f"{name}: {', '.join(value) if isinstance(value, list) else value}", highlight=False)
    return 0 if account.holds else 1


@app.command()
def report(dump: Dump, key: Key = "", as_json: AsJson = False) -> int:
    """Print who got what, for which purpose, and what was held and why."""
    account = _load(dump, key)
    rows = totals(account.rows)
    if as_json:
        out.print_json(json.dumps(rows))
        return 0 if account.holds else 1
    table = Table("purpose", "recipient", "items", "messages", "bytes", "repeats", "when", "held because")
    for row in rows:
        table.add_row(
            *(str(row[name]) for name in ("purpose", "recipient", "items", "messages", "bytes")),
            str(row["repeats"]),
            f"{row['from']} … {row['to']}",
            str(row["held"]),
        )
    out.print(table)
    for finding in account.findings:
        out.print(finding, highlight=False)
    return 0 if account.holds else 1


@app.command()
def export(dump: Dump, key: Key = "") -> int:
    """Print every cell as one JSON object a line."""
    account = _load(dump, key)
    for row in account.rows:
        out.print(json.dumps(_shown(row)), soft_wrap=True, highlight=False, markup=False)
    return 0 if account.holds else 1


def totals(rows: Sequence[Row]) -> list[dict[str, str | int]]:
    """One entry for each purpose, recipient, reason and way."""
    found: list[dict[str, str | int]] = []
    for key in sorted({row.key for row in rows}):
        mine = [row for row in rows if row.key == key]
        items = 0
        for row in mine:
            items |= row.items
        hours = [row.hour for row in mine]
        shown = _shown(mine[0])
        shown.update(
            items=_items(items),
            messages=sum(row.messages for row in mine),
            bytes=sum(row.size for row in mine),
            repeats=sum(row.again for row in mine),
        )
        shown["repeat bytes"] = sum(row.again_size for row in mine)
        del shown["hour"]
        found.append(shown | {"from": _when(min(hours)), "to": _when(max(hours))})
    return found


def _shown(row: Row) -> dict[str, str | int]:
    return {
        "hour": _when(row.hour),
        "purpose": _name(PURPOSES, row.purpose),
        "recipient": _name(RECIPIENTS, row.recipient),
        "items": _items(row.items),
        "messages": row.messages,
        "bytes": row.size,
        "repeats": row.again,
        "repeat bytes": row.again_size,
        "held": _name(REASONS, row.reason) if row.reason else "",
    }


def _items(mask: int) -> str:
    names = [kinds.NAMES[k].decode() for k in range(kinds.COUNT) if mask >> k & 1]
    return ", ".join(sorted({*names, *(name for bit, name in _WAYS.items() if mask & bit)}))


def _name(names: Sequence[str], number: int) -> str:
    return names[number] if 0 <= number < len(names) else str(number)


def _when(hour: int) -> str:
    if hour < 0:
        return "unknown"
    return f"{EPOCH + timedelta(hours=hour):%Y-%m-%d %H:00}"


def _load(dump: Path, key: str) -> Account:
    try:
        if dump.stat().st_size > MAX_BYTES:
            raise Problem(f"{dump} has more than {MAX_BYTES} bytes", "DUMP", "Give the `events` region alone")
        data = dump.read_bytes()
    except OSError as error:
        raise Problem(f"{dump} cannot be read: {error.strerror}", "DUMP", "Name a file with the raw region") from None
    return read(data, check_of(key) if key else None)


def check_of(key: str) -> Check:
    """The device's public key, 64 hex digits, as what `book.read` asks."""
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
    except ValueError:
        raise Problem("the key is no Ed25519 public key", "--key", "Write 64 hex digits") from None

    def holds(message: bytes, signature: bytes) -> bool:
        try:
            public.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return holds
