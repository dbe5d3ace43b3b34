"""The agent under the step wire: boots a core on remote ports and moves it from tick to tick. Device syntax, no I/O.

Bodies (all integers big endian):
  BOOT  40 | now 4 | parts 1 | seed 16 | { name length 1, name, value length 2, value }…   → C0 | { port, length, bytes }… | 0
  STEP  41 | now 4 | { port 1, length 2, bytes }…                                        → C1 | { port, length, bytes }… | 0 | wait ms 4
  HEAP  42                                                                               → C2 | bytes in use 4 | bytes free 4
The agent never moves time itself. `wait` is how long it would sleep, at most a day, or -1 (FF FF FF FF): a restart was
asked for, and the world answers with BOOT.
"""

from micropython import const

from agent.core import Core

from . import board, remote

BOOT = 0x40
STEP = 0x41
HEAP = 0x42
ANSWER = 0x80
RESTART = -1
_SEED = const(16)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import Flash


def number(buf: "bytes | bytearray", at: int) -> int:
    return buf[at] << 24 | buf[at + 1] << 16 | buf[at + 2] << 8 | buf[at + 3]


class Stepper:
    """One device from its boot on: `Stepper(body, n)` is the boot."""

    def __init__(
        self,
        body: "bytes | bytearray",
        n: int,
        emit: "Callable[[int, tuple[bytes | memoryview, ...]], None]",
        region: "Callable[[str], Flash] | None" = None,
    ) -> None:
        hub = remote.Hub(bytes(body[6 : 6 + _SEED]), number(body, 1), emit)
        at = 6 + _SEED
        while at < n:
            name = bytes(body[at + 1 : at + 1 + body[at]])
            at += 1 + body[at]
            size = body[at] << 8 | body[at + 1]
            hub.secrets[name.decode()] = bytes(body[at + 2 : at + 2 + size])
            at += 2 + size
        self.hub = hub
        ports, ways, profile = board.build(hub, body[5], region)
        self.core = Core(ports, ways, profile, hub.now)
        hub.start(profile.watchdog_ms)

    def step(self, body: "bytes | bytearray", n: int) -> int:
        """One tick: gives the inputs, pumps, returns the wait in ms. What the agent says goes to `emit` at once."""
        hub = self.hub
        now = number(body, 1)
        hub.now = now
        at = 5
        while at < n:
            size = body[at + 1] << 8 | body[at + 2]
            hub.give(body[at], bytes(memoryview(body)[at + 3 : at + 3 + size]))
            at += 3 + size
        self.core.pump(now)
        hub.feed()
        return RESTART if self.core.restart else self.core.deadline(now)
