"""Counts a lend down, an hour at a time, and ends it. Loaded for the occasion.

At the end the rider's things go in one tick, and the owner's grants live again in the next: between them sensors are off, and
what the receiver says is wiped. Refuses to look at the calendar: it hears the owner's records.
"""

from micropython import const

from ..base import ticks
from . import purposes as p

HOUR_S = const(3_600)  # how much of a lend a restart may give back to the rider

_TYPING = const(False)
if _TYPING:
    from ..core import Core
    from .grants import Rider


def count(core: "Core", rider: "Rider", now: int) -> None:
    """An hour is over, or all of it."""
    if rider.left == 0:
        _over(core)
        return
    rider.left = max(0, rider.left - HOUR_S)
    rider.due = ticks.add(rider.due, min(rider.left, HOUR_S) * 1000)
    if rider.left == 0:
        rider.close(now)
        core.consequences.settle(p.PERSONAL, now)
    core.hear().keep(now)


def _over(core: "Core") -> None:
    core.grants.rider = None
    core.gate.uncount(p.PERSONAL)
    for purpose in range(p.COUNT):
        if p.PERSONAL >> purpose & 1:
            core.outbox.dropped[purpose] = 0
    core.journal.clear()  # it told when the rider's sensors were on
    core.consequences.settle(0, core.now)
    core.hear().keep(core.now)
