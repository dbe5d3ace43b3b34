"""Leaks planted on purpose: each is caught, by the way that must catch it. A few here, all with --full and in `amace prove`."""

from pathlib import Path

import pytest

from simulator.proof import planted
from simulator.proof.planted import LEAKS, Change, Leak
from tools.places import ROOT
from tools.prove.leaks import trial

FEW = (
    "cadence: the true movement sets the pace",
    "minimise: a fast ride makes a longer message",
    "consequences: what waits survives a withdrawal",
    "consequences: the key survives a withdrawal",
    "journal: every fix is noted",
    "ledger: what is dropped is counted by its digits",
    "dial: a nameless connection says the device's id",
)


def named(name: str) -> Leak:
    return next(leak for leak in LEAKS if leak.name == name)


@pytest.mark.parametrize("name", FEW)
def test_a_planted_leak_is_caught(name: str) -> None:
    """By timing, by length, by what waits, by memory, by what is counted, by a name."""
    one = trial(named(name))
    assert one.caught, one


@pytest.mark.full
@pytest.mark.parametrize("leak", [leak for leak in LEAKS if leak.name not in FEW], ids=lambda leak: leak.name)
def test_every_planted_leak_is_caught(leak: Leak) -> None:
    """All the others."""
    one = trial(leak)
    assert one.caught, one


def test_without_a_leak_nothing_is_found() -> None:
    """An alarm that always rings catches every leak."""
    assert trial(Leak("none", planted.MODEL, ())).found == {}


@pytest.mark.full
def test_without_a_leak_nothing_is_found_however_long_all_look() -> None:
    """As long as each way looks for the leaks that are its own."""
    assert trial(None).found == {}


def test_every_leak_applies_to_the_sources_of_today(tmp_path: Path) -> None:
    """A leak that cannot be planted any more would count as caught."""
    assert len({leak.name for leak in LEAKS}) == len(LEAKS) >= 25
    for leak in LEAKS:
        for change in leak.changes:
            assert (ROOT / change.file).read_text(encoding="utf-8").count(change.old) == 1, (leak.name, change.old)
    stale = Leak("stale", planted.MODEL, [Change("agent/core.py", "no such line", "")])
    with pytest.raises(planted.Stale, match="core"):
        planted.copy(ROOT, tmp_path, stale)
