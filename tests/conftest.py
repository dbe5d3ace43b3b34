"""What every test may ask for: the two MicroPython machines, a broker, and which tests run at all."""

import os
import random
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

from tools import fetch
from tools.errors import Problem

# Two cores are shared: how long an example takes says nothing. CI repeats itself; a person's run explores.
hypothesis.settings.register_profile("here", deadline=None, derandomize=os.environ.get("CI") == "true")
hypothesis.settings.load_profile("here")

pytest_plugins = ["tools.rig.plugin"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true", help="also run the slow sweeps (marker: full)")
    parser.addoption("--seed", type=int, help="of the random sweeps, as a failed run printed it")


def pytest_configure(config: pytest.Config) -> None:
    """One seed for all processes of a run: they get the options of the one that was started."""
    if config.option.seed is None:
        config.option.seed = 1 if os.environ.get("CI") == "true" else random.SystemRandom().randrange(1 << 30)


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {config.option.seed}"


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    """Of whatever a random sweep tries; in the run's first lines, and taken back with --seed."""
    return int(request.config.option.seed)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--full"):
        return
    slow = [item for item in items if item.get_closest_marker("full")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


_provided: dict[str, Path | Problem] = {}


def provided(name: str, get: Callable[[], Path]) -> Path:
    """A fetched program, asked for once. Without it CI fails; elsewhere the test is skipped with what to do about it."""
    if name not in _provided:
        try:
            _provided[name] = get()
        except Problem as problem:
            _provided[name] = problem
    result = _provided[name]
    if isinstance(result, Path):
        return result
    if os.environ.get("CI") == "true":
        raise result
    pytest.skip(str(result))


def machine(name: str) -> Path:
    return provided(name, lambda: fetch.micropython(int(name.removeprefix("mp"))))


@pytest.fixture(scope="session")
def mp64() -> Path:
    """A 64-bit MicroPython, 1.25 or later."""
    return machine("mp64")


@pytest.fixture(scope="session")
def mp32() -> Path:
    """A 32-bit MicroPython, 1.25 or later: the object layout of an ESP32."""
    return machine("mp32")


@pytest.fixture(scope="session", params=["mp64", "mp32"])
def vm(request: pytest.FixtureRequest) -> Path:
    """Each of the two machines in turn."""
    return machine(request.param)


@pytest.fixture(scope="session")
def mosquitto() -> Path:
    """The reference broker's program."""
    return provided("mosquitto", fetch.mosquitto)


@pytest.fixture(scope="session")
def umqtt() -> Path:
    """The folder to put on a machine's sys.path so that `import umqtt.simple` works."""
    return provided("umqtt", fetch.umqtt)
