"""The simulator's flash and net on CPython: the same file that both MicroPython machines run."""

import inspect
from collections.abc import Callable

import pytest

from tests.contract.portable import on_simulator_ports as portable

TESTS = [test for name, test in sorted(vars(portable).items()) if name.startswith("test_") and inspect.isfunction(test)]


@pytest.mark.parametrize("check", TESTS, ids=lambda test: test.__name__)
def test_the_simulators_ports_hold_on_cpython(check: Callable[[], None]) -> None:
    """A scenario runs here and on the machines, and must see the same."""
    check()
