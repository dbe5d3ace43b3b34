"""Every scenario holds, and says the same on every runtime."""

from collections.abc import Callable

import pytest

from simulator.expect import verdicts
from tests.scenario.conftest import Played, ours
from tools.sim import ride

ON_VMS = ("demo", "records", "beside", "wrap", "in_hand", "orders")
HERE = [name for name in ride.names() if name != "day"]  # test_determinism.py plays that one


@pytest.mark.parametrize("name", HERE)
def test_everything_a_scenario_expects_holds(name: str, played: Callable[..., Played]) -> None:
    """A scenario is a promise about the agent; its own file says which."""
    run, _ = played(ours(name))
    failed = [verdict for verdict in verdicts(run) if not verdict.holds]
    assert not failed, failed


@pytest.mark.parametrize("runtime", ["mp64", "mp32"])
@pytest.mark.parametrize("name", ON_VMS)
def test_the_transcript_is_the_same_bytes_on_micropython(
    name: str, runtime: str, played: Callable[..., Played]
) -> None:
    """What is proved in this process is proved for the device's own interpreter, at an ESP32's word size and heap."""
    _, here = played(ours(name))
    run, there = played(ours(name), runtime)
    assert here == there
    assert all(verdict.holds for verdict in verdicts(run))
