"""The region lock from outside (policy 3, 6): a broker of another region hears nothing, and none is called in a hurry."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from simulator.cloud import VirtualCloud
from simulator.expect import verdicts
from tests.scenario.conftest import Played, from_text, ours

_RUNTIMES = ["cpython", "mp64", "mp32"]
_DEVICE = '[device]\nregion = "{}"\nbroker = "{}"\n'
_SHORT = (
    'title = "x"\nlength = "10:00"\n{}[[step]]\nat = "0:01"\ndo = "open app"\n[[step]]\nat = "0:02"\ndo = "power on"\n'
)


@pytest.mark.parametrize("runtime", _RUNTIMES)
def test_a_broker_of_another_region_hears_nothing(runtime: str, played: Callable[..., Played]) -> None:
    """Not a CONNECT, not a name, not a byte, though everything is granted and the owner's phone is there, online."""
    run, lines = played(ours("elsewhere"), runtime)
    assert all(verdict.holds for verdict in verdicts(run))
    assert not [line for line in lines if line.split()[1:3] == ["link", ">"]]
    cloud = run.world.cloud
    assert isinstance(cloud, VirtualCloud)
    name = run.world.owner.binding.topic[2:-1].decode()
    assert not cloud.broker.has_session(name)
    assert len(cloud.broker.clients()) == 2, "the phone and the push bridge"
    assert not [topic for topic, _ in cloud.arrived if "/in/" not in topic]


@pytest.mark.parametrize("runtime", _RUNTIMES)
def test_a_name_that_leads_elsewhere_costs_calls_and_tells_nothing(runtime: str, played: Callable[..., Played]) -> None:
    """A redirected name fails at the certificate; the device backs off, and delivers once the name is right again."""
    run, lines = played(ours("redirect"), runtime)
    assert all(verdict.holds for verdict in verdicts(run))
    calls = [
        int(line.split()[0]) for line in lines if line.split()[1:3] == ["link", ">"] and line.split()[3][:2] == "4f"
    ]
    away = [t for t in calls if 302_000 <= t < 780_000]
    assert min(after - before for before, after in pairwise(away)) >= 260, "handshake and back-off"


@pytest.mark.parametrize(
    ("region", "broker", "meets"),
    [("CN", "CN", True), ("EU", "EU", True), ("CN", "EU", False), ("CN", "", False), ("", "CN", False), ("", "", True)],
)
def test_devices_meet_brokers_of_their_own_region_alone(
    region: str, broker: str, meets: bool, played: Callable[..., Played]
) -> None:
    """A device that nobody told a region meets a broker that names none: there is nothing to be kept apart."""
    run, _ = played(from_text(_SHORT.format(_DEVICE.format(region, broker))))
    assert bool([r for r in run.audit.releases if not r.again]) is meets
