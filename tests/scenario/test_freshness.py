"""A whole world whose device comes back from a restart with an older flash: nothing that was withdrawn is live again."""

from collections.abc import Sequence

from agent.privacy import purposes as p
from simulator import remote
from simulator.device import Exchange, InProcess, Start, Step
from simulator.expect import verdicts
from simulator.play import play
from tests.scenario.conftest import from_text, ours

RIDE = """
title = "Rolled back"
length = "6:00"
[[step]]
at = "0:00"
do = "open app"
[[step]]
at = "0:02"
do = "power on"
[[step]]
at = "0:20"
do = "grant"
purposes = ["presence", "status"]
[[step]]
at = "1:00"
do = "withdraw"
purposes = ["presence"]
[[step]]
at = "3:00"
do = "restart"
"""


class RolledBack(InProcess):
    """At its second start it finds the store that its `generation`th change left, whole as it was."""

    def __init__(self, generation: int) -> None:
        super().__init__()
        self._wanted = generation
        self._stores: list[bytes] = []
        self.boots = 0

    def boot(self, start: Start) -> None:
        self.boots += 1
        secrets = dict(start.secrets)
        if self.boots == 2:
            secrets["consent"] = self._stores[self._wanted]
        super().boot(Start(start.now, start.parts, start.seed, secrets))

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        step = super().step(now, inputs)
        self._stores += [
            data[9:] for port, data in step.outputs if port == remote.SECRETS and data[:9] == b"P\7consent"
        ]
        return step


def test_an_older_store_is_noticed_in_a_whole_world() -> None:
    """The phone goes on talking to the device, and every broker and phone hears `damaged` in place of a message."""
    device = RolledBack(0)
    run = play(from_text(RIDE), device)
    assert device.boots == 2
    core = device.stepper.core
    assert core.grants.damaged
    assert core.grants.live(core.calendar.seconds) == 1 << p.CONTROL
    late = [release for release in run.audit.releases if release.t >= 180_000]
    assert late
    assert {release.purpose for release in late} == {p.CONTROL}


def test_the_newest_store_goes_on_in_a_whole_world() -> None:
    """The same device with its last store: the restart costs nothing."""
    device = RolledBack(-1)
    play(from_text(RIDE), device)
    assert device.boots == 2
    assert not device.stepper.core.grants.damaged


def test_the_restart_scenario_keeps_its_history() -> None:
    """Every expectation of `restart` with the anchor in place."""
    assert all(verdict.holds for verdict in verdicts(play(ours("restart"), InProcess())))
