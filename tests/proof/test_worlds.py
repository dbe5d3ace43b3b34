"""Two worlds, one transcript (I10): whatever differs in data that nobody may know, every port says the same, in the same ticks."""

import random

import pytest

from agent.privacy import purposes as p
from simulator import remote
from simulator.device import Exchange, InProcess, Step
from simulator.proof import worlds
from simulator.proof.life import ENDS, MODES, NEVER, SEALED, STAYS, UNSENT, Combo, combos, make

SEEDS = range(3)


def some() -> list[Combo]:
    """Every way the active purposes fare, and a few of the rest."""
    every = combos()
    own = [combo for combo in every if p.GRANTABLE >> combo.purpose & 1 and combo.recipient == p.OWNER]
    rest = [combo for combo in every if combo not in own]
    places = [combo for combo in own if combo.purpose in (p.LOCATION_REPORT, p.LOCATION_ALARM)]
    return (
        places
        + random.Random(3).sample([one for one in own if one not in places], 12)
        + random.Random(4).sample(rest, 12)
    )


@pytest.mark.parametrize("combo", some(), ids=str)
def test_what_is_withheld_changes_nothing_that_anybody_sees(combo: Combo) -> None:
    """Not a byte, a size, a tick, a pause, nor a call of a port."""
    result = worlds.live(make(1, combo))
    assert result.difference is None, f"{combo}: {result.difference}"


@pytest.mark.full
@pytest.mark.parametrize("seed", SEEDS)
def test_every_purpose_precision_and_recipient(seed: int) -> None:
    """All of the policy, in every way it can fare."""
    results = worlds.prove(seed)
    assert results[-1].difference is None, results[-1]
    assert len(results) == len(combos())
    assert sum(result.altered > 0 for result in results) > len(results) * 8 // 10


def test_every_purpose_is_proven_at_every_precision_and_towards_every_recipient() -> None:
    """A proof over a part of the policy would say nothing about the rest."""
    every = {(one.purpose, one.precision, one.recipient) for one in combos()}
    assert every == {(a, b, c) for a in range(1, p.COUNT) for b in range(3) for c in range(6)}
    for purpose in range(1, p.COUNT):
        modes = {one.mode for one in combos() if one.purpose == purpose}
        assert modes - {SEALED} == (set(MODES) if p.GRANTABLE >> purpose & 1 else {NEVER})
    assert {one.purpose for one in combos() if one.mode == SEALED} == {p.LOCATION_REPORT, p.LOCATION_ALARM, p.PHOTO}


@pytest.mark.parametrize("mode", [NEVER, ENDS, UNSENT])
def test_the_other_world_is_another_one(mode: str) -> None:
    """Two equal worlds are equal: a comparison without altered data proves nothing."""
    result = worlds.live(make(2, Combo(p.LOCATION_REPORT, 0, p.OWNER, mode)))
    assert result.altered > 30
    assert result.exchanges > 10


class Blabber(InProcess):
    """A device that tells one byte of every sentence it is given."""

    def step(self, now: int, inputs: list[Exchange]) -> Step:  # pyright: ignore[reportIncompatibleMethodOverride] - narrower on purpose
        step = super().step(now, inputs)
        said = [(remote.BLE, data[26:27]) for port, data in inputs if port == remote.GNSS]
        return Step([*step.outputs, *said], step.wait_ms)


class Nervous(InProcess):
    """A device that says nothing, but wakes sooner after some sentences."""

    def step(self, now: int, inputs: list[Exchange]) -> Step:  # pyright: ignore[reportIncompatibleMethodOverride] - narrower on purpose
        step = super().step(now, inputs)
        early = sum(data[26] & 1 for port, data in inputs if port == remote.GNSS and len(data) > 26)
        return Step(step.outputs, step.wait_ms - early)


class Diarist(InProcess):
    """A device that says nothing, but keeps one byte of every sentence in its flash."""

    def step(self, now: int, inputs: list[Exchange]) -> Step:  # pyright: ignore[reportIncompatibleMethodOverride] - narrower on purpose
        events = self.chip.region("events")
        for port, data in inputs:
            if port == remote.GNSS and len(data) > 26:
                events.program(0, data[26:27])
        return super().step(now, inputs)


@pytest.mark.parametrize(("device", "what"), [(Blabber, "ble"), (Nervous, "wait"), (Diarist, "calls")])
def test_a_difference_is_found_reported_and_cut_down(device: type[InProcess], what: str) -> None:
    """Whoever reads the report needs the first exchange that differs, both ways, and the least life that shows it."""
    life = make(1, Combo(p.LOCATION_REPORT, 0, p.OWNER, NEVER))
    result = worlds.live(life, device)
    assert result.difference is not None
    assert result.difference.what == what
    small = worlds.shrink(result, device)
    assert small.difference is not None
    assert len(small.life.events) <= 3
    assert str(small.difference.t) in str(small.difference)
    assert small.difference.mine != small.difference.theirs


def test_within_a_granted_cell_two_worlds_are_one() -> None:
    """A coarse grant gives away the cell, and not how the bike moves in it."""
    results = [worlds.live(make(seed, Combo(p.LOCATION_REPORT, k, p.OWNER, STAYS))) for seed in SEEDS for k in (1, 2)]
    assert not [result.difference for result in results if result.difference]
    assert sum(result.altered > 30 for result in results) >= len(results) - 1, "a precise alarm leaves nothing to alter"


def test_who_lacks_the_owners_key_sees_one_world_under_the_seal() -> None:
    """Another ride, another picture: the same times, sizes, numbers and counters, and not one byte in clear."""
    for purpose in (p.LOCATION_REPORT, p.PHOTO):
        results = [worlds.live(make(seed, Combo(purpose, 0, p.OWNER, SEALED))) for seed in SEEDS]
        assert not [str(result.difference) for result in results if result.difference], purpose
        assert sum(result.veiled for result in results) > 3, "something must differ within the cipher"
