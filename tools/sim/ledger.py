"""The egress ledger of a simulated run: read from the device's flash, verified, and held against what the tap saw leave.

What the device says of itself counts only where its own signature and the simulator's count agree. Refuses to compare what cannot
be: a restart loses the open cells, an erasure blanks, a ring that went round has lost its oldest lines.
"""

from collections.abc import Sequence

from agent.privacy import purposes as p
from agent.privacy import table
from agent.privacy.names import PURPOSES, REASONS, RECIPIENTS
from simulator import nor
from simulator.device import Device
from simulator.evidence import Release
from simulator.play import Run
from simulator.report import Counts, LedgerFacts
from tools.ledger.book import Account, Row, read
from tools.ledger.command import check_of
from tools.policy import source

_POLICY = "amace"
_MINUTE_MS = 60_000


def region(flash: bytes) -> bytes:
    """The `events` region of a simulated device's flash."""
    at = 0
    for name, blocks in nor.REGIONS:
        if name == "events":
            return flash[at : at + blocks * nor.BLOCK]
        at += blocks * nor.BLOCK
    raise LookupError


def account_of(run: Run, device: Device) -> Account:
    """Checked with the key that the device itself named to its owner's phone."""
    key = run.world.phone.device_public
    return read(region(device.flash()), check_of(key.hex()) if key else None)


def counted(rows: Sequence[Row], purpose: int) -> Counts:
    """What left as messages."""
    mine = [row for row in rows if row.purpose == purpose and row.reason == p.GRANTED and not row.way]
    return Counts(
        sum(row.messages for row in mine),
        sum(row.size for row in mine),
        sum(row.again for row in mine),
        sum(row.again_size for row in mine),
    )


def seen(releases: Sequence[Release], purpose: int) -> Counts:
    """The same, as the tap saw it."""
    first = [r.size for r in releases if r.purpose == purpose and not r.again]
    again = [r.size for r in releases if r.purpose == purpose and r.again]
    return Counts(len(first), sum(first), len(again), sum(again))


def unwritten(run: Run, account: Account) -> Sequence[Release]:
    """What left after the last line: the cells that are still open."""
    written = sum(counts.messages + counts.repeats for counts in (counted(account.rows, k) for k in range(p.COUNT)))
    return run.audit.releases[written:]


def agrees(run: Run, account: Account) -> bool | None:
    """Whether ledger and tap are equal in every purpose, messages and bytes, to the last line; None where that cannot be said."""
    if account.restarts or account.erased or any(account.first_prev):
        return None
    rest = unwritten(run, account)
    sent = run.audit.releases[: len(run.audit.releases) - len(rest)]
    late = any(release.t < run.scenario.length - _MINUTE_MS for release in rest)
    return not late and all(counted(account.rows, k) == seen(sent, k) for k in range(p.COUNT))


def facts(run: Run, device: Device) -> LedgerFacts:
    account = account_of(run, device)
    clauses = {name: list(purpose.clauses) for name, purpose in source.load(_POLICY).purposes.items()}
    held: dict[str, dict[str, int]] = {}
    recipients: dict[str, list[str]] = {}
    for row in account.rows:
        name = PURPOSES[row.purpose]
        if row.reason:
            reasons = held.setdefault(name, {})
            reasons[REASONS[row.reason]] = reasons.get(REASONS[row.reason], 0) + row.messages
        elif not row.way and RECIPIENTS[row.recipient] not in recipients.setdefault(name, []):
            recipients[name].append(RECIPIENTS[row.recipient])
    active = [k for k in range(p.COUNT) if table.ACTIVE >> k & 1]
    return {
        "holds": account.holds,
        "lines": account.lines,
        "signed": account.lines - account.unsigned,
        "restarts": account.restarts,
        "open": len(unwritten(run, account)) if agrees(run, account) is not None else -1,
        "agrees": agrees(run, account),
        "clauses": {PURPOSES[k]: clauses[PURPOSES[k]] for k in active},
        "counts": {PURPOSES[k]: counted(account.rows, k) for k in active},
        "recipients": recipients,
        "held": held,
    }
