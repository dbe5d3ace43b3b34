"""What a new version of a policy does to consent that was given under an old one (policy 1.7, last paragraph).

A grant stays pinned to what its purpose was when it was given. Wider in any way (an item, a recipient, time, precision, a
switch less) suspends it until asked again; narrower or equal leaves it.
"""

import json
from typing import NamedTuple

from agent.privacy.names import PRECISIONS
from tools.policy import model as m
from tools.policy.table import digest


class Change(NamedTuple):
    """`suspended`: a grant of the old version no longer counts. `reasons` are what became wider, or why it is over."""

    purpose: str
    suspended: bool
    what: str  # new, wider, narrower, ended
    reasons: tuple[str, ...]


def pin(policy: m.Policy, name: str) -> bytes:
    """16 bytes that stay the same as long as the purpose means the same. Wording and tests do not count."""
    purpose = policy.purposes[name]
    facts = purpose._asdict()
    for shown in ("clauses", "tests", "title", "why"):
        del facts[shown]
    facts["items"] = [(item, policy.items[item].personal) for item in purpose.items]
    return digest(json.dumps([name, facts], sort_keys=True).encode())


def changes(old: m.Policy, new: m.Policy) -> list[Change]:
    """One for each purpose that is live in either version and differs, in the order of their numbers."""
    found: list[Change] = []
    for name in sorted({*old.purposes, *new.purposes}):
        before, after = _live(old, name), _live(new, name)
        if before is None and after is not None:
            found.append(Change(name, True, "new", ("nobody was asked for it",)))
        elif before is not None and after is None:
            found.append(Change(name, True, "ended", ("it is not active any more",)))
        elif before is not None and after is not None and pin(old, name) != pin(new, name):
            wider = (*_wider(before, after), *_heavier(old, new, after))
            found.append(Change(name, bool(wider), "wider" if wider else "narrower", wider))
    return found


def suspended(old: m.Policy, new: m.Policy) -> list[str]:
    """Purposes whose grants under `old` do not count under `new`."""
    return [change.purpose for change in changes(old, new) if change.suspended]


def _live(policy: m.Policy, name: str) -> m.Purpose | None:
    purpose = policy.purposes.get(name)
    return purpose if purpose is not None and purpose.active else None


def _wider(old: m.Purpose, new: m.Purpose) -> tuple[str, ...]:
    found = [f"item {item}" for item in new.items if item not in old.items]
    found += [f"recipient {one}" for one in new.recipients if one not in old.recipients]
    found += [f"without the switch {one}" for one in old.switches if one not in new.switches]
    if new.retention_h > old.retention_h:
        found.append(f"kept {new.retention_h} h, not {old.retention_h} h")
    if _finest(new) < _finest(old):
        found.append(f"located {PRECISIONS[_finest(new)]}")
    if new.sensor and new.sensor != old.sensor:
        found.append(f"sensor {new.sensor}")
    if new.basis != old.basis:
        found.append(f"rests on {new.basis}, not {old.basis}")
    if m.MINOR_RULES.index(new.minor) < m.MINOR_RULES.index(old.minor):
        found.append(f"minors: {new.minor}, not {old.minor}")
    if old.objection and not new.objection:
        found.append("nobody may object any more")
    return tuple(found)


def _heavier(old: m.Policy, new: m.Policy, purpose: m.Purpose) -> tuple[str, ...]:
    """Items that became personal data: consent to a thing of the bike is none to a thing of its rider."""
    both = [item for item in purpose.items if item in old.items]
    return tuple(f"{item} is personal now" for item in both if new.items[item].personal > old.items[item].personal)


def _finest(purpose: m.Purpose) -> int:
    return min((PRECISIONS.index(one) for one in purpose.precisions), default=len(PRECISIONS))
