"""The device's entry point: from here on there is no prompt, no Ctrl-C and no way out but a restart.

Whatever ends the agent (a rig's wish, a bug, no memory) ends in `restart`. Refuses to show an exception's text in a
release: it goes to the serial line, where anybody may listen.
"""

import asyncio
import sys
import time

import micropython
from micropython import const

from agent import runtime
from agent.base import journal
from agent.core import Core

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from agent.wiring import Ports, Profile, Ways

_EXCEPTION_BYTES = const(100)  # so that running out of memory can still be told
_PAUSE_MS = const(5_000)  # before a restart after a failed start: time for a cable to get in


def start(
    cause: int,
    build: "Callable[[], tuple[Ports, Ways, Profile]]",
    restart: "Callable[[], None]",
    release: bool = True,
) -> None:
    """Runs the agent until it ends, then restarts. The board has set `gc.threshold`, `cause` is its first finding."""
    reserve = getattr(micropython, "alloc_emergency_exception_buf", None)  # a computer's build has none
    if reserve is not None:
        reserve(_EXCEPTION_BYTES)
    if release:
        micropython.kbd_intr(-1)
    started = False
    try:
        # A soft reset may leave tasks of another life in the loop.
        asyncio.new_event_loop().set_exception_handler(_on_lost)
        ports, ways, profile = build()
        core = Core(ports, ways, profile, ports.clock.ticks())
        core.journal.note(core.now, journal.BOOT, cause)
        started = True
        runtime.run(core, asyncio.sleep_ms)
    except BaseException as error:  # noqa: BLE001 - nothing may reach the prompt, not even KeyboardInterrupt
        if not release:
            sys.print_exception(error)
    if not started:
        time.sleep_ms(_PAUSE_MS)
    restart()


def _on_lost(loop: object, context: object) -> None:
    """A task beside the agent's own has failed. Only timers are such; their part is set right by its next use."""
