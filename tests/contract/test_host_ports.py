"""Every laptop port against its contract suite, the same that the simulator's and the ESP32's ports pass."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hal.host.link import PahoLink
from tests.contract import host_lines as lines
from tests.contract import host_worlds as worlds
from tests.contract.host_bench import Bench
from tests.contract.host_link import LinkWorld
from tests.contract.portable import (
    contract_ble,
    contract_camera,
    contract_clock,
    contract_console,
    contract_entropy,
    contract_flash,
    contract_link,
    contract_net,
    contract_parts,
    contract_secrets,
    contract_uart,
    contract_wifi,
    suite,
)

Check = Callable[[Callable[[], object]], None]
Maker = Callable[[Bench], object]

PORTS: list[tuple[str, list[Check], Maker]] = [
    ("clock", suite.checks(contract_clock), worlds.clock),
    ("real_clock", suite.checks(contract_clock), worlds.real_clock),
    ("entropy", suite.checks(contract_entropy), worlds.entropy),
    ("secrets", suite.checks(contract_secrets), worlds.secrets),
    ("flash", suite.checks(contract_flash), worlds.flash),
    ("uart", suite.checks(contract_uart), lines.serial_uart),
    # A TCP line has no rate: the far end of the wire keeps the one it was given there.
    (
        "tcp_uart",
        [c for c in suite.checks(contract_uart) if c is not contract_uart.check_the_rate_can_change],
        lines.socket_uart,
    ),
    ("pty_console", suite.checks(contract_console), lines.pty_console),
    ("pipe_console", suite.checks(contract_console), lines.pipe_console),
    ("uart_console", suite.checks(contract_console), lines.uart_console),
    ("wifi", suite.checks(contract_wifi), worlds.wifi),
    ("ble", suite.checks(contract_ble), worlds.ble),
    ("camera", suite.checks(contract_camera), worlds.camera),
    ("motion", contract_parts.of("motion"), worlds.motion),
    ("iio_motion", contract_parts.of("motion"), worlds.iio_motion),
    ("battery", contract_parts.of("battery"), worlds.battery),
    ("sys_battery", contract_parts.of("battery"), worlds.sys_battery),
    ("gnss", contract_parts.of("gnss"), worlds.gnss),
    ("button", contract_parts.of("button"), worlds.button),
    ("indicator", contract_parts.of("indicator"), worlds.indicator),
    ("watchdog", contract_parts.of("watchdog"), worlds.watchdog),
    ("net", suite.checks(contract_net), lines.net),
]
CASES = [
    pytest.param(check, maker, id=f"{name}-{check.__name__.removeprefix('check_')}")
    for name, checks, maker in PORTS
    for check in checks
]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """What the check's worlds opened is closed after it."""
    bench = Bench(tmp_path)
    with bench.stack:
        yield bench


@pytest.mark.parametrize(("check", "maker"), CASES)
def test_host_port(check: Check, maker: Maker, bench: Bench) -> None:
    """A port that differs here differs on the road."""
    check(lambda: maker(bench))


@pytest.mark.parametrize("check", [pytest.param(check, id=check.__name__) for check in suite.checks(contract_link)])
def test_paho_link(check: Check, bench: Bench, mosquitto: Path) -> None:
    """Against a real broker, the checks that take minutes too."""

    def make() -> tuple[PahoLink, LinkWorld]:
        world = LinkWorld(bench, mosquitto)
        return world.port, world

    check(make)
