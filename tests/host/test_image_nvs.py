"""One device's secrets on their way into its nvs partition."""

import pytest

from agent.link.console import LENGTHS, SECRETS
from tests.support import nvs_reader
from tools.errors import Problem
from tools.image import nvs

GOOD = {name.decode(): bytes([size % 251]) * size for name, size in zip(SECRETS, LENGTHS, strict=True)}
"""Every secret the agent knows, each as long as it may be."""


def test_the_partition_holds_the_secrets_as_esp_idf_reads_them() -> None:
    """Checked by a reader written from ESP-IDF's description, every CRC included."""
    found = nvs_reader.read(nvs.image(GOOD, 0x4000, "nvs"))
    assert found == {(nvs.NAMESPACE, name): value for name, value in GOOD.items()}


def test_the_partition_is_exactly_as_long_as_in_the_map() -> None:
    """A longer one would overwrite otadata."""
    for size in (0x3000, 0x4000, 0x6000):
        assert len(nvs.image(GOOD, size, "nvs")) == size


def test_two_builds_of_one_enrolment_are_equal() -> None:
    """No time, no chance and no order of the file in it."""
    assert nvs.image(GOOD, 0x4000, "nvs") == nvs.image(dict(reversed(GOOD.items())), 0x4000, "nvs")


def test_secrets_that_do_not_fit_are_refused() -> None:
    """Of three pages one is kept free, and a blob may span two."""
    seven = {f"ca{number}": bytes(1024) for number in range(7)}
    assert nvs_reader.read(nvs.image(seven, 0x3000, "nvs"))
    with pytest.raises(Problem, match=r"the secrets do not fit the nvs partition \(boards/x nvs\)"):
        nvs.image({**seven, "one_more": bytes(1024)}, 0x3000, "boards/x nvs")
