"""The pytest plugin: `--dut sim|mp64|mp32|host|PORT|socket://…`, once or more; every test that asks for `dut` runs on each.

Says hello once a device, skips by feature with the reason, logs always, shows the log's end when a test fails, and fails the
test during which the device crashed.
"""

from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agent.privacy import purposes as p
from tools.errors import Problem
from tools.rig.client import START_MS, Hello, Rig
from tools.rig.log import DeviceLog
from tools.rig.reset import STRATEGIES
from tools.rig.serial import BAUD
from tools.rig.target import new_log, open_rig
from tools.rig.virtual import DEVICES
from tools.rig.wire import NoAnswer, WireGone

FEATURES = {
    "gps": "a GNSS receiver",
    "camera": "a camera",
    "reset": "a way to be reset without being asked (--dut-reset)",
    "step": "a world of ours (sim, mp64, mp32)",
    "factory": "a device fresh from the factory (any but a real one)",
}
"""What `@pytest.mark.needs("…")` may ask for."""


@dataclass
class Dut:
    """One device under test: its rig, its first hello, its log, and what it can do."""

    name: str
    rig: Rig
    log: DeviceLog
    hello: Hello
    features: frozenset[str]
    gone: str = ""  # why nothing more can be asked of it
    notes: dict[str, object] = field(default_factory=dict[str, object])
    """Room for fixtures to keep what they know about this device for the whole session."""
    figures: list[str] = field(default_factory=list[str])

    def measured(self, what: str, ms: int) -> None:
        """A time that no test judges on a real device: it is printed at the end of the run."""
        clock = "virtual" if "step" in self.features else "real"
        self.figures.append(f"{self.name:8} {what}: {ms} ms ({clock} time)")


def features_of(hello: Hello, wire: Iterable[str]) -> frozenset[str]:
    parts = {"gps": p.LOCATION_REPORT, "camera": p.PHOTO}
    return frozenset(wire) | {name for name, purpose in parts.items() if hello.purposes >> purpose & 1}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("rig", "devices under test")
    group.addoption(
        "--dut", action="append", metavar="DEVICE", help=f"{', '.join(DEVICES)}, a port, socket://host:port; repeatable"
    )
    group.addoption("--dut-baud", type=int, default=BAUD, metavar="BAUD", help=f"speed of a serial port ({BAUD})")
    group.addoption("--dut-reset", choices=sorted(STRATEGIES), default="none", help="how a serial device is reset")
    group.addoption(
        "--dut-wait", type=float, default=START_MS / 1000, metavar="SECONDS", help="how long a device may take to start"
    )
    group.addoption("--enrolment", type=Path, metavar="FILE", help="keys of an enrolled device (amace enrol --out)")
    group.addoption("--dut-log", type=Path, metavar="FOLDER", help="where device logs go (the cache)")


_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []
    config.addinivalue_line("markers", f"needs(feature): runs only on a device with it: {', '.join(FEATURES)}")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "dut" in metafunc.fixturenames:
        names: list[str] = metafunc.config.getoption("--dut") or ["sim"]
        metafunc.parametrize("dut", list(dict.fromkeys(names)), indirect=True, scope="session")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash[_FIGURES]:
        terminalreporter.section("measured")
        for line in config.stash[_FIGURES]:
            terminalreporter.line(line)


@pytest.fixture(scope="session")
def dut(request: pytest.FixtureRequest) -> Generator[Dut]:
    """The device under test, opened once. A device that is not there ends the run with one line and exit code 2."""
    name: str = request.param
    option = request.config.option
    with closing(new_log(name, option.dut_log)) as log:
        try:
            rig = open_rig(name, log, option.dut_baud, option.dut_reset)
        except Problem as problem:
            pytest.exit(f"error: {problem}", returncode=2)
        with closing(rig):
            hello = _first_hello(rig, name, int(option.dut_wait * 1000))
            log.start()  # it may have started just now, for having been opened
            figures = request.config.stash[_FIGURES]
            yield Dut(name, rig, log, hello, features_of(hello, rig.wire.features), figures=figures)


def _first_hello(rig: Rig, name: str, wait_ms: int) -> Hello:
    try:
        return rig.hello(wait_ms)
    except (NoAnswer, WireGone) as error:
        crash = rig.log.crash()
        problem = Problem(
            f"the device says nothing the rig understands: {crash or error}",
            name,
            f"Is the console enabled on this board, and the speed right? Its log: {rig.log.path}",
        )
        pytest.exit(f"error: {problem}", returncode=2)


@pytest.fixture(autouse=True)
def _rig_needs(request: pytest.FixtureRequest) -> None:
    """Skips what the device cannot do, and everything once it is gone: the test that lost it has failed already."""
    if "dut" not in request.fixturenames:
        return
    device: Dut = request.getfixturevalue("dut")
    if device.gone:
        pytest.skip(device.gone)
    for marker in request.node.iter_markers("needs"):
        for feature in marker.args:
            if feature not in FEATURES:
                raise pytest.UsageError(f"needs({feature!r}): there are {', '.join(FEATURES)}")
            if feature not in device.features:
                pytest.skip(f"needs {FEATURES[feature]}; {device.name} ({device.hello.board}) has none")


def _dut_of(item: pytest.Item) -> Dut | None:
    found = getattr(item, "funcargs", {}).get("dut")
    return found if isinstance(found, Dut) else None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    device = _dut_of(item)
    if device is None:
        return (yield)
    device.log.mark(f"test {item.name}")
    item.user_properties += [("dut", device.name), ("board", device.hello.board), ("protocol", device.hello.protocol)]
    try:
        result = yield  # a failing test raises here: its own failure says more than the crash behind it, which the log shows
        _judge(device)
    except WireGone as error:
        device.gone = f"{device.name} went away during {item.name}"
        pytest.fail(f"{device.name} went away during this test: {error}", pytrace=False)
    finally:
        device.log.start()
    return result


def _judge(device: Dut) -> None:
    """Fails the running test when the device crashed, even if it answered everything rightly."""
    device.rig.listen()
    crash = device.log.crash()
    if crash:
        pytest.fail(f"{device.name} crashed during this test: {crash}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    device = _dut_of(item)
    if report.failed and device is not None:
        report.sections.append((f"log of {device.name}, its end ({device.log.path})", device.log.tail()))
    return report
