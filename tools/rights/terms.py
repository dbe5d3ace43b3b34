"""What the device's codes mean for people and for records: clauses of the policy, states, places, times."""

import datetime

from agent.privacy import grants as g
from agent.privacy.names import PURPOSES, RECIPIENTS
from agent.privacy.record import EPOCH_2020

CLAUSES = {
    "control": "1.3.3",
    "presence": "1.3.2",
    "status": "1.3.1",
    "identity": "1.3.2",
    "net_identity": "1.3.2.1",
    "sim": "1.3.3",
    "location_report": "1.3.3",
    "location_fence": "1.3.5",
    "location_search": "1.3.5",
    "location_navigation": "1.3.5",
    "location_aftersales": "1.3.5",
    "location_alarm": "1.3.5",
    "wake_abnormal": "1.6.1",
    "wake_low_power": "1.6.1",
    "wake_sharing": "1.6.1",
    "photo": "1.3.1",
    "qr": "1.5.4",
    "usage": "1.3.4",
    "crash": "1.3.4",
    "performance": "1.3.4",
    "update": "1.3.6",
    "repair": "1.2.1",
    "guests": "1.2.2",
    "notices": "1.3.6",
}
"""Purpose → the clause of the policy that describes it."""

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

PRECISIONS = ("precise", "street", "district")
SWITCHES = ("location", "camera", "bluetooth", "wlan", "notifications", "storage", "microphone")
STORES = ("messages", "grants", "receiver memory", "camera frame", "counters", "secrets")
EXCEPTIONS = (
    "one message was with the connection already",
    "the broker may keep the retained `online`: clear it there",
    "the receiver did not obey yet and is told again",
    "flash failed: the next start completes it",
)
EXTENSION_DAYS = 45  # policy 8; an extension needs a reason, and the device never asks for one


def moment(seconds: int) -> str:
    """Seconds since 2020 as RFC 3339."""
    return datetime.datetime.fromtimestamp(EPOCH_2020 + seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def seconds_of(text: str) -> int:
    """An ISO 8601 date or time (UTC unless it says otherwise) as seconds since 2020. Raises ValueError."""
    found = datetime.datetime.fromisoformat(text)
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
