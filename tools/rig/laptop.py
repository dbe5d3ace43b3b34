"""The laptop board as a device of its own: `python -m tools.rig.laptop`, console on stdin and stdout, state in $AMACE_STATE. Ends when it restarts.

Talks to no broker, whatever it was enrolled with: a device under test must not speak for a real one.
"""

import asyncio
import os
from pathlib import Path

from tools.places import add_shims

add_shims()

from agent import runtime  # noqa: E402 - the device's modules need the shims
from agent.base import journal  # noqa: E402 - as above
from agent.core import Core  # noqa: E402 - as above
from boards.host import Options, build  # noqa: E402 - as above

_NOBODY = "mqtt://127.0.0.1:9"  # the discard port (RFC 863): refused at once


async def _sleep_ms(ms: int) -> None:
    await asyncio.sleep(ms / 1000)


def main(state: Path) -> None:
    ports, ways, profile = build(Options(state, broker=_NOBODY, console="-", ble=True))
    core = Core(ports, ways, profile, ports.clock.ticks())
    core.journal.note(core.now, journal.BOOT, 0)
    runtime.run(core, _sleep_ms)


if __name__ == "__main__":
    main(Path(os.environ["AMACE_STATE"]))
