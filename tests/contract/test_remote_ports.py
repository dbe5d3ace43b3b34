"""The simulated device's ports against the suites of the real ones, on CPython too: most scenarios run here."""

from collections.abc import Callable

import pytest

from tests.contract.portable import on_remote, on_remote_radios

TESTS: list[Callable[[], None]] = [
    getattr(module, name)
    for module in (on_remote, on_remote_radios)
    for name in dir(module)
    if name.startswith("test_")
]


@pytest.mark.parametrize("test", [pytest.param(test, id=test.__name__.removeprefix("test_")) for test in TESTS])
def test_remote_port(test: Callable[[], None]) -> None:
    """The same functions as on both machines."""
    test()
