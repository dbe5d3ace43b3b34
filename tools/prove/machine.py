"""A trace on a MicroPython machine, in one process."""

import subprocess
from pathlib import Path

_SECONDS = 1_800


def play_on(machine: Path, tree: Path, file: Path) -> str:
    """What the player prints: the number of steps, or -1 and the first difference."""
    program = (
        f"import sys; sys.path.insert(0, {str(tree)!r}); from simulator.proof import player; "
        f"print(player.run({str(file)!r}))"
    )
    command = [machine, "-X", "heapsize=400k", "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return (done.stdout + done.stderr).strip()
