"""Runs one device script on a MicroPython machine and reads the JSON line it prints."""

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

from tools.errors import Problem

SCRIPTS = Path(__file__).parent / "device"
HEAP = "112k"
"""As an ESP32 without PSRAM has after one growth (design: performance §1)."""

_PATIENCE_S = 60


def run(machine: Path, script: str, arguments: Sequence[str] = (), heap: str = HEAP) -> dict[str, object]:
    """The object that tools/bench/device/`script` prints on its last line."""
    command = [str(machine), "-X", f"heapsize={heap}", str(SCRIPTS / script), *arguments]
    environment = {**os.environ, "MICROPYPATH": ".frozen"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PATIENCE_S, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        raise Problem(
            f"it did not end within {_PATIENCE_S} s", script, "Run it by hand: " + " ".join(command)
        ) from None
    if done.returncode:
        raise Problem(
            f"it failed: {(done.stdout + done.stderr)[-400:]}", script, "Run it by hand: " + " ".join(command)
        )
    return cast(dict[str, object], json.loads(done.stdout.strip().splitlines()[-1]))


def starts(machine: Path, script: str, arguments: Sequence[str], heap_kb: int) -> bool:
    """Whether the script ends well in a heap of this size."""
    try:
        run(machine, script, arguments, f"{heap_kb}k")
    except Problem:
        return False
    return True


def smallest(fits: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest whole KB for which `fits(kb)` holds, None when not even `high` does."""
    if not fits(high):
        return None
    while low < high:
        middle = (low + high) // 2
        if fits(middle):
            high = middle
        else:
            low = middle + 1
    return high
