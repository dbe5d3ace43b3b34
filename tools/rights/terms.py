"""What the device's codes mean for people and for records: states, stores, times; clauses as the policy itself names them."""

import datetime

from agent.privacy import grants as g
from agent.privacy.names import PURPOSES, RECIPIENTS
from agent.privacy.record import EPOCH_2020
from tools.consent import text

STATES = {
    g.UNKNOWN: "ConsentUnknown",
    g.GIVEN: "ConsentGiven",
    g.REFUSED: "ConsentRefused",
    g.WITHDRAWN: "ConsentWithdrawn",
    g.REVOKED: "ConsentRevoked",
    5: "ConsentExpired",
    6: "ConsentInvalidated",
    g.RENEWED: "RenewedConsentGiven",
}
"""W3C DPV 2.3, consent status."""

STORES = ("messages", "grants", "receiver memory", "camera frame", "counters", "secrets")
EXCEPTIONS = (
    "one message was with the connection already",
    "the broker may keep the retained `online`: clear it there",
    "the receiver did not obey yet and is told again",
    "flash failed: the next start completes it",
)
EXTENSION_DAYS = 45  # policy 8; an extension needs a reason, and the device never asks for one


def clauses(name: str) -> list[str]:
    """Of the policy that describe a purpose; none where the policy of this build does not know it."""
    known = text.policy().purposes
    return list(known[name].clauses) if name in known else []


def basis(name: str) -> str | None:
    """The lawful basis that the policy names."""
    known = text.policy().purposes
    return known[name].basis if name in known else None


def moment(seconds: int) -> str:
    """Seconds since 2020 as RFC 3339."""
    return datetime.datetime.fromtimestamp(EPOCH_2020 + seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(words: str) -> int:
    """An ISO 8601 date or time (UTC unless it says otherwise) as seconds since 2020. Raises ValueError."""
    found = datetime.datetime.fromisoformat(words)
    if found.tzinfo is None:
        found = found.replace(tzinfo=datetime.UTC)
    value = int(found.timestamp()) - EPOCH_2020
    if not 0 < value < 1 << 30:
        raise ValueError("it is not between 2020 and 2054")
    return value


def bits(mask: int, names: tuple[str, ...]) -> list[str]:
    return [name for k, name in enumerate(names) if mask >> k & 1]


def purposes(mask: int) -> list[str]:
    return bits(mask, PURPOSES)


def recipients(mask: int) -> list[str]:
    return bits(mask, RECIPIENTS)
