"""The only asyncio file: one deciding task pumps the core, a supervisor counts what breaks, the watchdog is fed. Decides nothing.

Ends only when a restart was asked for; the board's entry then resets. Never reaches a prompt.
"""

import asyncio
import gc

from micropython import const

from .base import journal as j

_TYPING = const(False)
if _TYPING:
    from collections.abc import Awaitable, Callable

    from .core import Core

_MAX_FAULTS = const(20)  # exceptions in a row before the watchdog is left to bite


def _pump(core: "Core", now: int, faults: int) -> int:
    """One tick under the supervisor. Returns the number of faults in a row: a failing tick never ends the loop."""
    try:
        core.pump(now)
    except MemoryError:
        gc.collect()  # the tick is lost, what it stored is kept
        core.journal.note(now, j.FAULT, j.MEMORY, faults + 1)
        return faults + 1
    except Exception:  # noqa: BLE001 - the supervisor's one broad catch: a bug in one machine must not silence the alarm
        core.journal.note(now, j.FAULT, j.EXCEPTION, faults + 1)
        return faults + 1
    return 0


async def serve(core: "Core", sleep_ms: "Callable[[int], Awaitable[None]]") -> None:
    """Runs until a restart is asked for."""
    ports = core.ports
    watchdog = ports.watchdog
    gc.collect()
    if watchdog is not None:
        watchdog.start(core.profile.watchdog_ms)
    faults = 0
    while not core.restart:
        now = ports.clock.ticks()
        faults = _pump(core, now, faults)
        if watchdog is not None and faults < _MAX_FAULTS:
            watchdog.feed()
        await sleep_ms(min(core.deadline(now), core.profile.idle_ms))
    core.uplink.close(True)


def run(core: "Core", sleep_ms: "Callable[[int], Awaitable[None]]") -> None:
    """`sleep_ms` is the board's: MicroPython's asyncio has one, CPython's counts in floating seconds."""
    asyncio.run(serve(core, sleep_ms))
