"""An export as named rows: what agent/privacy/inventory.py wrote, checked field by field.

Refuses whatever the device would not have written: a missing or further key, a number outside its range, an unknown purpose.
"""

from dataclasses import dataclass
from typing import Any, cast

from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.inventory import SCHEMA
from tools.rights.orders import Unreadable

_MOST = (1 << 32) - 1
_LATITUDE = 90_000_000
_LONGITUDE = 180_000_000
_KEYS = set(range(1, 15))
_MAX_ROWS = 256
_FACTS = {
    kinds.LOCATION: ("seconds", "lat_e6", "lon_e6", "precision", "speed_cms", "track_cdeg", "alt_dm"),
    kinds.STATUS: ("seconds", "battery_percent", "battery_mv", "charging", "armed"),
    kinds.WAKE: ("episode", "code", "class", "attempt", "seconds"),
    kinds.RESULT: ("request", "error"),
    kinds.RECEIPT: ("seconds", "error"),
    kinds.PHOTO: ("photo", "chunk", "chunks", "offset", "size"),
    kinds.RIGHTS: ("order", "what", "piece"),
}
_FACTS[kinds.ALARM_LOCATION] = _FACTS[kinds.LOCATION]


@dataclass(frozen=True)
class Grant:
    """One purpose's row; times in seconds since 2020, 0 for never."""

    purpose: int
    state: int
    since: int
    until: int
    interval_s: int
    precision: int
    retention_s: int
    recipients: int
    pin: int


@dataclass(frozen=True)
class Message:
    """One that waits, or is with the link. `captured` in seconds since 2020."""

    purpose: int
    kind: int
    subject: int
    recipient: int
    epoch: int
    captured: int
    id: int
    facts: dict[str, int]


@dataclass(frozen=True)
class Counter:
    purpose: int
    released: int
    payload_bytes: int
    refused: int
    dropped: int


@dataclass(frozen=True)
class Place:
    """The position that the next report is compared with."""

    purpose: int
    lat_e6: int
    lon_e6: int
    at: int


@dataclass(frozen=True)
class Entry:
    """`age_ms` before the export."""

    age_ms: int
    code: int
    a: int
    b: int


@dataclass(frozen=True)
class Holdings:
    request: bytes
    at: int
    due: int
    device_id: bytes
    epoch: int
    seq: int
    head: bytes
    consent: tuple[Grant, ...]
    messages: tuple[Message, ...]
    counters: tuple[Counter, ...]
    places: tuple[Place, ...]
    name: str
    ssid: str
    broker: str
    armed: bool
    picture_bytes: int
    switches: int  # permissions that are on, a mask
    journal: tuple[Entry, ...]


def read(claims: dict[int, Any]) -> Holdings:
    """Claims as orders.opened gives them. Any: checked here. Raises Unreadable."""
    if set(claims) != _KEYS or _number(claims[1]) != SCHEMA:
        raise Unreadable("its fields are not those of an export")
    at = _number(claims[3])
    settings: Any = claims[13]
    if type(settings) is not dict or set(cast("dict[Any, Any]", settings)) != {1, 2, 3, 4, 5, 6}:
        raise Unreadable("its settings are of another form")
    return Holdings(
        _bytes(claims[2], 16),
        at,
        _number(claims[4]),
        _bytes(claims[5], 16),
        _number(claims[6]),
        _number(claims[7]),
        _bytes(claims[8], 16),
        tuple(Grant(_purpose(row[0]), *_numbers(row[1:])) for row in _rows(claims[9], 9)),
        tuple(_message(row, at) for row in _rows(claims[10], 8)),
        tuple(Counter(_purpose(row[0]), *_numbers(row[1:])) for row in _rows(claims[11], 5)),
        tuple(_place(row, at) for row in _rows(claims[12], 4)),
        _text(settings[1]),
        _text(settings[2]),
        _text(settings[3]),
        _number(settings[4], 1) == 1,
        _number(settings[5]),
        _number(settings[6], 127),
        tuple(Entry(*_numbers(row, -_MOST)) for row in _rows(claims[14], 4)),
    )


def _message(row: list[Any], at: int) -> Message:
    kind = _number(row[1], kinds.COUNT - 1)
    named = _FACTS.get(kind, ())
    facts: dict[str, int] = {}
    if type(row[7]) is not dict:
        raise Unreadable("a message's facts are no map")
    for key, value in sorted(cast("dict[Any, Any]", row[7]).items()):
        if type(key) is not int or not 0 <= key < max(len(named), 7):
            raise Unreadable("a message has a fact that no kind has")
        facts[named[key] if key < len(named) else str(key)] = _number(value, _MOST, -_MOST)
    if not _on_earth(facts.get("lat_e6", 0), facts.get("lon_e6", 0)):
        raise Unreadable("a position is not on earth")
    age = _number(row[5], _MOST, -_MOST)
    return Message(
        _purpose(row[0]),
        kind,
        _number(row[2]),
        _number(row[3]),
        _number(row[4]),
        at - age,
        _number(row[6]),
        facts,
    )


def _place(row: list[Any], at: int) -> Place:
    lat, lon, age = _numbers(row[1:], -_MOST)
    if not _on_earth(lat, lon):
        raise Unreadable("a position is not on earth")
    return Place(_purpose(row[0]), lat, lon, at - age)


def _on_earth(lat_e6: int, lon_e6: int) -> bool:
    return abs(lat_e6) <= _LATITUDE and abs(lon_e6) <= _LONGITUDE


def _rows(value: Any, width: int) -> list[list[Any]]:
    if type(value) is not list or len(cast("list[Any]", value)) > _MAX_ROWS:
        raise Unreadable("a table is missing or too long")
    rows = cast("list[Any]", value)
    if any(type(row) is not list or len(row) != width for row in rows):
        raise Unreadable(f"a row has not {width} columns")
    return rows


def _numbers(values: list[Any], least: int = 0) -> list[int]:
    return [_number(value, _MOST, least) for value in values]


def _number(value: Any, most: int = _MOST, least: int = 0) -> int:
    if type(value) is not int or not least <= value <= most:
        raise Unreadable("a number is outside its range")
    return value


def _purpose(value: Any) -> int:
    return _number(value, p.COUNT - 1)


def _bytes(value: Any, size: int) -> bytes:
    if type(value) is not bytes or len(value) != size:
        raise Unreadable(f"a value has not {size} bytes")
    return value


def _text(value: Any) -> str:
    """What an owner typed into a device need not be UTF-8."""
    if type(value) is not bytes or len(value) > 512:
        raise Unreadable("a text is no byte string")
    return value.decode(errors="backslashreplace")
