"""Whether one line of a record stays inside what the policy allows its purpose at most. Applies nothing.

Refuses what nobody could have been asked for: a purpose without a room, a finer position, a recipient or a retention that
the page shown for consent does not name.
"""

from micropython import const

from . import purposes as p
from . import table as t

_COARSE = const(1)  # the policy's column MINOR
_NEVER = const(2)
STREET = 1  # minimise.py

_HOUR = const(3_600)  # seconds; 65,535 hours of them stay below 2**30

_TYPING = const(False)
if _TYPING:
    from .record import Claims


def within(line: "Claims", minor: bool) -> bool:
    """`line` as last read by `step`, of somebody who is under age or not."""
    purpose = line.purpose
    hours = t.fact(purpose, t.HOURS_HIGH) << 8 | t.fact(purpose, t.HOURS_LOW)
    if minor:
        rule = t.fact(purpose, t.MINOR)
        if rule == _NEVER or (rule == _COARSE and line.precision < STREET):
            return False
        if p.PERSONAL >> purpose & 1:
            hours = min(hours, t.MINOR_HOURS)
    return (
        bool(p.GRANTABLE >> purpose & 1)
        and line.precision >= t.fact(purpose, t.PRECISION)
        and not line.recipients & ~t.fact(purpose, t.TO)
        and line.retention <= hours * _HOUR
    )
