"""A receiver that is pulled out costs its fixes and nothing else."""

import pytest

from agent.base import journal as j
from agent.core import Core
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.wiring import Ports
from simulator import board, remote
from tests.portable.signed import OWNER

SECRETS = {"device_id": bytes(16), "pairing_key": b"k" * 32, "owner_key": OWNER, "epoch": b"\0\0\0\1"}


class Pulled:
    """A line and a switch that fail until they are plugged in."""

    def __init__(self) -> None:
        self.plugged = False
        self.power: list[bool] = []
        self.forgot = 0

    def _check(self) -> None:
        if not self.plugged:
            raise OSError(5)

    def readinto(self, buf: bytearray) -> int:
        self._check()
        return 0

    def write(self, buf: bytearray, n: int) -> int:
        self._check()
        return n

    def baud(self, rate: int) -> None:
        self._check()

    def set(self, on: bool) -> None:
        self._check()
        self.power.append(on)

    def forget(self) -> None:
        self._check()
        self.forgot += 1


@pytest.fixture
def part() -> Pulled:
    return Pulled()


@pytest.fixture
def core(part: Pulled) -> Core:
    hub = remote.Hub(bytes(16), 0, lambda port, pieces: None)
    hub.secrets = dict(SECRETS)
    ports, ways, profile = board.build(hub, 0)
    whole = Ports(hub, hub, hub, ports.wifi, ports.link, gnss=part, gnss_power=part, motion=ports.motion)
    core = Core(whole, ways, profile, 0)
    core.calendar.learn(300_000_000, 0)
    for column, value in ((g.STATE, g.GIVEN), (g.UNTIL, 400_000_000), (g.RETENTION, 60), (g.RECIPIENTS, 17)):
        core.grants.put(p.LOCATION_REPORT, column, value)
    return core


def test_the_other_machines_go_on_and_the_part_is_tried_again(core: Core, part: Pulled) -> None:
    """An exception in every tick would silence the alarm, and end in the watchdog."""
    for tick in range(0, 5000, 1000):
        core.pump(tick)
    faults = [core.journal.entry(k, 2) for k in range(core.journal.count) if core.journal.entry(k, 1) == j.FAULT]
    assert faults == [j.RECEIVER], "told once, and by its own name"
    assert part.power == []
    part.plugged = True
    core.pump(5000)
    assert part.power == [True]


def test_a_withdrawal_takes_effect_on_a_part_that_failed_then(core: Core, part: Pulled) -> None:
    """It is off as soon as it can be reached; everything else is off at once."""
    part.plugged = True
    core.pump(1000)
    part.plugged = False
    core.grants.put(p.LOCATION_REPORT, g.STATE, g.WITHDRAWN)
    core.consequences.settle(1 << p.LOCATION_REPORT, 2000)
    assert not core.receiver.on
    part.plugged = True
    core.pump(3000)
    assert part.power == [True, False]
