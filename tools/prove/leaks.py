"""Runs the planted leaks: each in a process of its own over a changed copy of the sources, a few at a time."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from simulator.proof import planted
from simulator.proof.planted import Leak
from tools.errors import Problem
from tools.places import ROOT

_SECONDS = 300


@dataclass(frozen=True)
class Trial:
    """One leak: which ways found it, and what they saw first. No leak: what they find in the sources as they are."""

    name: str
    least: str
    found: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def caught(self) -> bool:
        return self.least in self.found


def trial(leak: Leak | None) -> Trial:
    with tempfile.TemporaryDirectory() as folder:
        try:
            tree = planted.copy(ROOT, Path(folder), leak)
        except planted.Stale as stale:
            raise Problem(
                "a planted leak no longer applies", str(stale), "Write it anew for the sources of today"
            ) from None
        path = os.pathsep.join((str(tree), str(tree / "hal/host/shims")))
        done = subprocess.run(
            [sys.executable, "-P", "-m", "simulator.proof.trial", folder, leak.least if leak else ""],
            cwd=tree, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=_SECONDS, check=False,
        )  # fmt: skip
    if done.returncode != 0:
        raise Problem(
            f"the leak {leak.name if leak else 'none'!r} broke the agent", done.stderr[-300:], "A leak must run"
        )
    return Trial(leak.name if leak else "", leak.least if leak else "", json.loads(done.stdout))


def trials(leaks: Sequence[Leak]) -> Iterator[Trial]:
    """In the order of `leaks`."""
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        yield from pool.map(trial, leaks)
