"""The reference model, its properties over every state of a small world, and the real core against it on two runtimes."""

from pathlib import Path

import pytest

from simulator.proof import model, player, walk
from simulator.proof.consent_model import Model
from simulator.proof.model import World
from tools import mpy
from tools.prove.machine import play_on

SHORT = 5_000
LONG = 250_000
_SHARDS = range(4)


def agree(seed: int, steps: int, folder: Path) -> Path:
    """Plays a random trace in this process; the file it is kept in."""
    file = folder / f"trace-{seed}.txt"
    file.write_text("\n".join(model.random_trace(seed, steps)) + "\n", encoding="utf-8")
    assert player.run(str(file)) == steps, f"seed {seed}: see the line above"
    return file


def test_the_core_does_what_the_model_says(tmp_path: Path) -> None:
    """The model can be read in one sitting, the core cannot: where they agree, reading the model is enough."""
    trace = agree(1, SHORT, tmp_path).read_text(encoding="utf-8")
    answers = [line.split(" = ")[1].split() for line in trace.splitlines()]
    assert sum(answer[1] != "-" for answer in answers) > SHORT // 100, "something must leave, or nothing is compared"
    assert len({answer[0] for answer in answers}) > 5, "records must be refused for several reasons"


def test_the_core_does_the_same_on_a_32_bit_machine(mp32: Path, tmp_path: Path) -> None:
    """The same trace, in one process of the machine whose integers and heap are a device's."""
    file = agree(2, SHORT, tmp_path)
    assert play_on(mp32, mpy.compiled(optimise=0), file) == str(SHORT)


@pytest.mark.full
@pytest.mark.parametrize("shard", _SHARDS)
def test_a_million_steps_agree(shard: int, mp32: Path, tmp_path: Path) -> None:
    """10⁶ in all; the first shard on the 32-bit machine, too."""
    file = agree(100 + shard, LONG, tmp_path)
    if shard == 0:
        assert play_on(mp32, mpy.compiled(optimise=0), file) == str(LONG)


def test_a_core_that_differs_is_noticed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A comparison that cannot fail proves nothing."""
    lines = list(model.random_trace(1, 200))
    lines[150] = lines[150].replace(" = 0", " = 99").replace(" = 1", " = 99")
    file = tmp_path / "wrong.txt"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert player.run(str(file)) == -1
    assert "line 151" in capsys.readouterr().out


def test_the_properties_hold_in_every_state_near_the_beginning() -> None:
    """Nothing leaves without a word that allows it; a no ends it at once and for good, whatever is cut. More with --full."""
    assert walk.walk(2_000) >= 2_000


@pytest.mark.full
def test_the_properties_hold_in_states_further_on() -> None:
    """Until no new state is found, or these many."""
    assert walk.walk(20_000) > 2_000


def test_a_model_that_keeps_what_was_withdrawn_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The walk judges by what was plainly said, not by the model itself."""
    monkeypatch.setattr(World, "end", lambda self, ended: setattr(self, "live", self.consent.live(self.now)))
    with pytest.raises(walk.Broken, match="left"):
        walk.walk(4_000)


def test_a_model_that_forgets_a_no_over_a_power_cut_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worst of all faults: acknowledged, and on again."""
    kept = World.restart

    def restart(self: World) -> None:
        kept(self)
        self.consent.pins.clear()

    monkeypatch.setattr(World, "restart", restart)
    with pytest.raises(walk.Broken):
        walk.walk(40_000)


def test_a_model_that_takes_a_permission_for_on_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turned off by hand, it stays off over a restart, until a signed record says otherwise."""
    monkeypatch.setattr(World, "narrow", lambda self, switches: self.end(set()))
    with pytest.raises(walk.Broken):
        walk.walk(4_000)


def test_a_model_that_seals_nothing_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """A place that the platform may not read leaves sealed, or not at all."""
    monkeypatch.setattr(Model, "sealed", lambda self, purpose: False)
    with pytest.raises(walk.Broken, match="place"):
        walk.walk(4_000)
