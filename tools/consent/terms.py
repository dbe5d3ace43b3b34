"""Words of the command line as the numbers a record holds, and back. Refuses what the policy would refuse, before it is signed."""

import re
from collections.abc import Iterable, Sequence

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from agent.privacy.names import PRECISIONS, PURPOSES, RECIPIENTS
from simulator.owner import Consent
from tools.errors import Problem

_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400}
_MAX_INTERVAL_S = 86_400  # agent/privacy/record.py, as is the next
_MAX_SECONDS = (1 << 30) - 1
_HOUR = 3_600
STATES = {g.GIVEN: "given", g.REFUSED: "refused", g.WITHDRAWN: "withdrawn", g.REVOKED: "revoked", g.RENEWED: "renewed"}


def seconds(text: str, where: str, most: int = _MAX_SECONDS) -> int:
    """`90`, `90s`, `15m`, `6h`, `30d`, `2w` as seconds, 0 to `most`."""
    found = re.fullmatch(r"([0-9]{1,10})([smhdw]?)", text)
    value = int(found[1]) * _UNITS[found[2] or "s"] if found else most + 1
    if value > most:
        raise Problem(
            f"{text!r} is no time up to {span(most)}", where, "Write a number and s, m, h, d or w: 30s, 6h, 30d"
        )
    return value


def span(value: int) -> str:
    """The largest unit that divides it: `6 h`."""
    for unit in ("w", "d", "h", "m"):
        if value and value % _UNITS[unit] == 0 and (unit != "w" or value > 30 * 86_400):
            return f"{value // _UNITS[unit]} {'min' if unit == 'm' else unit}"
    return f"{value} s"


def purposes(words: Iterable[str]) -> list[int]:
    """Numbers of purposes a record may name, each once."""
    found: list[int] = []
    grantable = [name for number, name in enumerate(PURPOSES) if t.GRANTABLE >> number & 1]
    for word in words:
        number = _one(word, PURPOSES, "PURPOSE", grantable)
        if not t.GRANTABLE >> number & 1:
            why = "is part of the contract, nobody grants it" if number == p.CONTROL else "is not in this build"
            raise Problem(f"{word} {why}", "PURPOSE", f"There are: {', '.join(grantable)}")
        if number not in found:
            found.append(number)
    return found


def every() -> list[int]:
    return [number for number in range(p.COUNT) if t.GRANTABLE >> number & 1]


def _one(word: str, names: Sequence[str], where: str, shown: Sequence[str]) -> int:
    if word not in names:
        raise Problem(f"nothing is called {word!r}", where, f"There are: {', '.join(shown)}")
    return names.index(word)


def grant(
    named: Iterable[int], precision: str | None, interval: str, retention: str, recipients: Sequence[str]
) -> list[Consent]:
    """One line a purpose. Without a precision a position is as coarse as there is: who wants more has to say so."""
    exact = _one(precision, PRECISIONS, "--precision", PRECISIONS) if precision is not None else None
    pause = seconds(interval, "--interval", _MAX_INTERVAL_S)
    kept = seconds(retention, "--retention")
    to = 0
    for word in recipients:
        to |= 1 << _one(word, RECIPIENTS, "--recipients", RECIPIENTS)
    return [_line(number, exact, pause, kept, to) for number in named]


def _line(purpose: int, exact: int | None, pause: int, kept: int, to: int) -> Consent:
    name = PURPOSES[purpose]
    finest = t.fact(purpose, t.PRECISION)
    located = bool(t.fact(purpose, t.SENSOR) & p.GNSS)
    chosen = exact if exact is not None else len(PRECISIONS) - 1 if located else finest
    if chosen < finest:
        raise Problem(
            f"{name} may not be {PRECISIONS[chosen]}", "--precision", f"The policy allows {PRECISIONS[finest]} at most"
        )
    over = to & ~t.fact(purpose, t.TO)
    if over:
        raise Problem(
            f"{name} may not go to {who(over)}", "--recipients", f"The policy allows {who(t.fact(purpose, t.TO))}"
        )
    longest = (t.fact(purpose, t.HOURS_HIGH) << 8 | t.fact(purpose, t.HOURS_LOW)) * _HOUR
    if kept > longest:
        raise Problem(f"{name} may not be kept {span(kept)}", "--retention", f"The policy allows {span(longest)}")
    return Consent(purpose, g.GIVEN, pause, chosen, kept, to)


def who(mask: int) -> str:
    return ", ".join(name for number, name in enumerate(RECIPIENTS) if mask >> number & 1) or "nobody"


def told(line: Consent) -> str:
    """The terms of a line, in words; of a "no" there are none."""
    if line.state not in (g.GIVEN, g.RENEWED):
        return ""
    where = f"{PRECISIONS[line.precision]}, " if t.ACTIVE >> line.purpose & 1 and _located(line.purpose) else ""
    pause = f"every {span(line.interval_s)}" if line.interval_s else "as it comes"
    return f"{where}{pause}, kept {span(line.retention_s)}, to {who(line.recipients)}"


def _located(purpose: int) -> bool:
    return bool(t.fact(purpose, t.SENSOR) & p.GNSS)
