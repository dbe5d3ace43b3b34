"""Values of a scenario file: each reader takes what TOML gave and returns it checked, or refuses it with a reason and a remedy."""

import difflib
import re
from collections.abc import Callable, Collection
from datetime import datetime
from typing import NamedTuple, cast

from simulator.clock import seconds_of

Value = int | str | bool | tuple[str, ...]
MAX_TIME_MS = 7 * 86_400_000
MAX_TEXT = 400  # characters
EARLIEST_S = 216_000_000  # the agent's build time (agent/core.py): it believes no clock from before
LATEST_S = 1_000_000_000  # in 2051: a week and every grant still end before the device's seconds do
_TIME = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):(\d{2})(?:\.(\d{3}))?")
_TIME_HELP = 'Write it as "minutes:seconds" or "hours:minutes:seconds"'


class Refusal(Exception):
    """What is wrong with one value, and how to mend it."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend


class Field(NamedTuple):
    """One key of a table. `default` None makes it obligatory."""

    read: Callable[[object], Value]
    default: Value | None = None


def time(value: object) -> int:
    """`"1:02:03"`, `"62:03"` or `"62:03.500"` in milliseconds, at most seven days."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise Refusal(f"{_shown(value)} is no time", _TIME_HELP)
    hours, minutes, seconds, part = (int(text or 0) for text in match.groups())
    if seconds > 59 or (match[1] and minutes > 59):
        raise Refusal(f"{_shown(value)} has more than 59 in a place", _TIME_HELP)
    ms = ((hours * 60 + minutes) * 60 + seconds) * 1000 + part
    if ms > MAX_TIME_MS:
        raise Refusal(f"{_shown(value)} is longer than seven days", "Make it shorter")
    return ms


def text(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT:
        raise Refusal(f"{_shown(value)} is no text of 1 to {MAX_TEXT} characters", "Write one in quotes")
    return value


def flag(value: object) -> bool:
    if type(value) is not bool:
        raise Refusal(f"{_shown(value)} is neither true nor false", "Write true or false, without quotes")
    return value


def number(low: int, high: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise Refusal(f"{_shown(value)} is not a whole number from {low} to {high}", "Choose one of those")
        return value

    return read


def choice(names: Collection[str]) -> Callable[[object], str]:
    def read(value: object) -> str:
        if not isinstance(value, str) or value not in names:
            raise Refusal(f"{_shown(value)} is not known here", hint(value, names))
        return value

    return read


def several(names: Collection[str]) -> Callable[[object], tuple[str, ...]]:
    """A list of different names; it may be empty."""
    one = choice(names)

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            raise Refusal(f"{_shown(value)} is no list", 'Write ["one", "two"]')
        items = cast("list[object]", value)
        found = tuple(one(item) for item in items)
        if len(set(found)) != len(found):
            raise Refusal(f"{_shown(items)} names something twice", "Name each once")
        return found

    return read


def instant(value: object) -> int:
    """A TOML date-time with its zone, in seconds since 2020."""
    help_text = "Write one like 2026-11-25T08:00:00Z, without quotes"
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise Refusal(f"{_shown(value)} is no date-time with a zone", help_text)
    seconds = seconds_of(value)
    if not EARLIEST_S <= seconds <= LATEST_S:
        raise Refusal(f"{_shown(value)} lies before this build or after 2051", help_text)
    return seconds


def hint(value: object, names: Collection[str]) -> str:
    close = difflib.get_close_matches(str(value), names, 1)
    return f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(sorted(names))}"


def _shown(value: object) -> str:
    shown = str(value) if isinstance(value, datetime) else repr(value)
    return shown if len(shown) <= 40 else shown[:37] + "…"
