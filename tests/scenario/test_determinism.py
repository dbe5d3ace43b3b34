"""The same seed gives the same bytes: today, on another machine, under another hash seed."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from simulator.expect import verdicts
from tests.scenario.conftest import Played, ours
from tools.places import ROOT


def test_a_day_at_one_fix_a_second_holds_and_repeats_itself(tmp_path: Path, played: Callable[..., Played]) -> None:
    """86,400 seconds: a dictionary's order, a clock or a leak of chance would show somewhere in them."""
    other = tmp_path / "day.txt"
    command = [sys.executable, "-P", "-m", "tools", "sim", "day", "--quiet", "--transcript", str(other)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "4711"}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL) as process:
        run, lines = played(ours("day"))
        assert process.wait(120) == 0
    failed = [verdict for verdict in verdicts(run) if not verdict.holds]
    assert not failed, failed
    assert run.world.receiver.fixes > 86_000  # pyright: ignore[reportAttributeAccessIssue] - the scenario's receiver is the bike's own
    here = hashlib.sha256("".join(lines).encode()).hexdigest()
    assert here == hashlib.sha256(other.read_bytes()).hexdigest()


def test_another_seed_is_another_world(played: Callable[..., Played]) -> None:
    """Else the seed would do nothing, and every sweep over seeds would try one run many times."""
    chosen = ours("coarse")
    _, one = played(chosen)
    _, same = played(chosen)
    _, other = played(replace(chosen, setting=replace(chosen.setting, seed=2)))
    assert one == same
    assert one != other


def test_the_counters_start_shifts_nothing_but_the_ticks(played: Callable[..., Played]) -> None:
    """A run across the wrap of 2**30 is the same run: time differences are all the agent knows."""
    chosen = ours("wrap")
    _, across = played(chosen)
    _, plain = played(replace(chosen, ticks=1_000))
    assert across == plain
