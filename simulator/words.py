"""Numbers of the wire as words for people: error codes, messages, purposes. Nothing here is sent."""

from agent.privacy.names import ADVICE, INCIDENTS, MEASURES, PRECISIONS, PURPOSES
from simulator.clock import date_of
from simulator.inbox import Heard

ERRORS = (
    "done",
    "truncated",
    "not the shortest form",
    "wrong type",
    "too deep",
    "too long",
    "out of range",
    "unsorted",
    "bytes after the end",
    "unknown",
    "not under the right key",
    "for another device",
    "replayed",
    "a record is missing",
    "forked",
    "untimely",
    "unknown notice",
    "not granted",
    "busy",
)
"""By the number in agent/base/errors.py; 0 is success."""


def error_name(code: int) -> str:
    return ERRORS[code] if 0 <= code < len(ERRORS) else f"error {code}"


def describe(heard: Heard) -> str:
    """One message in a few words."""
    name, number = heard.name, heard.number
    if name in ("location", "alarm-location"):
        place = f"{_degrees(number(3))}, {_degrees(number(4))}"
        return f"{name} {place} ({PRECISIONS[number(5, 0)]})"
    if name == "status":
        level = f"battery {number(3)} %" if 3 in heard.body else "battery unknown"
        return f"status: {level}, {'armed' if number(6) == 1 else 'not armed'}"
    if name == "wake":
        return f"wake: alarm {number(2)}, call {number(5)}"
    if name == "photo":
        return f"photo {number(2)}, part {number(3) + 1} of {number(4)}"
    if name == "rights":
        return f"answer to order {number(2)}, part {number(4) + 1} of {number(5)}"
    if name == "seal":
        return f"sealing key {number(4)}"
    if name == "online":
        return {0: "offline", 1: "online"}.get(number(2), "no longer says whether it is online")
    if name == "hello":
        return f"hello, consent record {number(3)}"
    if name == "receipt":
        rows = [PURPOSES[n] for n in heard.items(5) if type(n) is int and n]
        return f"receipt for record {number(2)}: {error_name(number(6))}; live: {', '.join(rows) or 'nothing'}"
    if name == "incident":
        return _incident(heard)
    if name == "result":
        return f"answer to request {number(2)}: {error_name(number(3))}"
    return name


def _incident(heard: Heard) -> str:
    """`incident: 40 messages refused since …`; a damaged store is one, and has no number."""
    code, since = heard.number(2, 0), heard.number(4)
    what = _of(INCIDENTS, code) if code == 1 else f"{heard.number(3)} {_of(INCIDENTS, code)}"
    when = f" since {date_of(since)}" if since >= 0 else ""
    done, advice = _of(MEASURES, heard.number(5)), _of(ADVICE, heard.number(6))
    return f"incident: {what}{when}; the device {done}; advice: {advice}"


def _of(words: tuple[str, ...], code: int) -> str:
    return words[code] if 0 <= code < len(words) else f"code {code}"


def _degrees(e6: int) -> str:
    sign = "-" if e6 < 0 else ""
    return f"{sign}{abs(e6) // 1_000_000}.{abs(e6) % 1_000_000:06}"
