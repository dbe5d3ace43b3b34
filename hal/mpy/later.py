"""Calls something once, after a while, when nobody else runs: never inside a poll, never inside a decision."""

import asyncio

from micropython import const

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable


def later(ms: int, call: "Callable[[], None]") -> None:
    """May be called before the loop runs: the wait begins with it."""
    asyncio.create_task(_after(ms, call))  # noqa: RUF006 - MicroPython's loop itself holds a waiting task


async def _after(ms: int, call: "Callable[[], None]") -> None:
    await asyncio.sleep_ms(ms)
    call()
