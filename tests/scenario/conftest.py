"""Scenarios on every runtime: devices, and one way to run them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulator import scenario
from simulator.device import Device
from simulator.play import Options, Run, play
from simulator.scenario import Scenario
from tools.errors import Problem
from tools.sim import ride, runtimes

Played = tuple[Run, list[str]]
"""A finished run and the lines of its transcript."""


@pytest.fixture
def device() -> Iterator[Callable[[str], Device]]:
    """Opens devices by the name of their runtime and closes them after the test."""
    opened: list[Device] = []

    def make(runtime: str) -> Device:
        try:
            opened.append(runtimes.open_device(runtime))
        except Problem as problem:
            import os

            if os.environ.get("CI") == "true":
                raise
            pytest.skip(str(problem))
        return opened[-1]

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def played(device: Callable[[str], Device]) -> Callable[..., Played]:
    """Plays a scenario: `played(scenario, runtime="cpython")`."""

    def run(chosen: Scenario, runtime: str = "cpython") -> Played:
        lines: list[str] = []
        return play(chosen, device(runtime), Options(sink=lines.append)), lines

    return run


def ours(name: str) -> Scenario:
    """One of the scenarios in simulator/scenarios."""
    return scenario.load(ride.find(name))


def from_text(source: str) -> Scenario:
    return scenario.parse(source, "test")


SCENARIOS: list[Path] = [ride.find(name) for name in ride.names()]
