"""The demo in a heap of 102 KB on the 32-bit machine, as an image holds it: an ESP32 then keeps what TLS needs."""

from collections.abc import Callable

from simulator.expect import verdicts
from simulator.play import Options, play
from tests.scenario.conftest import Played, ours
from tools.sim import runtimes

HEAP = "102k"  # 79 before what concerns a person was sealed, 88 before an egress ledger was kept, 99 with riders and incidents


def test_the_whole_demo_runs_in_its_heap(played: Callable[..., Played], mp32: object) -> None:
    """Step ports included (`amace bench heap` prints their share). More, and a board without PSRAM has no room for TLS."""
    _, here = played(ours("demo"))
    device = runtimes.open_device("mp32", HEAP)
    lines: list[str] = []
    try:
        run = play(ours("demo"), device, Options(sink=lines.append))
    finally:
        device.close()
    assert lines == here
    assert all(verdict.holds for verdict in verdicts(run))
