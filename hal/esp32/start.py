"""How the chip came to run, and quiet before anything else: a soft reset leaves radios, pins and watchdog as they were."""

import machine
from micropython import const

UNKNOWN = 0
POWER = 1
HARD = 2
WATCHDOG = 3
DEEP_SLEEP = 4
SOFT = 5

_LAST = const(5)


def cause() -> int:
    """The first call of every start. A brown-out counts as WATCHDOG: the chip's ROM files it there."""
    found = machine.reset_cause()
    return found if 0 < found <= _LAST else UNKNOWN
