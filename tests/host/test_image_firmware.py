"""Firmware comes from elsewhere: what is written to a board has to be for it, and of a version that was tried."""

import hashlib
from pathlib import Path

import pytest

from tests.support import bench_board
from tests.support import firmware as sample
from tools.errors import Problem
from tools.image import firmware, target
from tools.image.target import Target


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Target:
    return target.load("bench", bench_board.plant(tmp_path_factory.mktemp("tree")))


def read(folder: Path, data: bytes, bench: Target) -> firmware.Firmware:
    path = folder / "firmware.bin"
    path.write_bytes(data)
    return firmware.read(path, bench)


def test_a_published_file_is_taken_apart(bench: Target, tmp_path: Path) -> None:
    """Bootloader and application are written apart, so that the file's own map never reaches the board."""
    data = sample.published()
    found = read(tmp_path, data, bench)
    assert (found.version, found.date) == ("1.25.0", "2025-04-15")
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert found.bootloader == data[: len(found.bootloader)]
    assert len(found.bootloader) < 0x7000
    assert found.application == sample.application("esp32")


def test_a_chip_with_its_bootloader_at_the_start_is_read_too(bench: Target, tmp_path: Path) -> None:
    """The file begins at the bootloader's address, which differs by chip."""
    found = read(tmp_path, sample.published("esp32s3"), bench._replace(chip="esp32s3"))
    assert found.application == sample.application("esp32s3")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (sample.published("esp32s3"), "this is no whole firmware for this chip"),
        (sample.published(application_chip="esp32s3"), "it is for esp32s3"),
        (sample.application("esp32").ljust(0x20000, b"\x5a"), "this is an application alone"),
        (sample.application("esp32"), "this is an application alone"),
        (sample.published(banner="MicroPython v1.24.1 on 2024-11-29"), "it is MicroPython 1.24.1 of 2024-11-29"),
        (
            sample.published(banner="MicroPython v1.25.0-preview.12 on 2025-01-01"),
            "it is MicroPython 1.25.0-preview.12",
        ),
        (sample.published(banner="ESP-AT v2.4"), "this is no MicroPython"),
        (sample.published()[:0xF000], "this is no whole firmware"),
        (sample.published()[: 0xF000 + 63], "this is no whole firmware"),
        (b"", "this is no whole firmware"),
        (b"\xe9" * 100, "this is no whole firmware"),
        (bytes(firmware.MAX + 1), "this is no whole firmware"),
    ],
)
def test_a_file_that_is_not_for_this_board_is_refused(bench: Target, tmp_path: Path, data: bytes, message: str) -> None:
    """The refusal says what the board takes."""
    with pytest.raises(Problem) as caught:
        read(tmp_path, data, bench)
    assert message in str(caught.value)
    assert "bench takes MicroPython 1.25.0 or 1.26.1 for esp32" in str(caught.value)


def test_an_application_fits_to_the_last_byte_of_its_partition(bench: Target, tmp_path: Path) -> None:
    """One byte more would run into ota_1."""
    room = bench.part("ota_0").size
    extra = len(sample.application("esp32", size=room)) - room
    data = sample.published(size=room - extra)
    assert len(read(tmp_path, data, bench).application) == room
    with pytest.raises(Problem, match=r"its application has [\d,]+ bytes, ota_0 has 1,638,400"):
        read(tmp_path, data + b"\x5a", bench)


def test_a_missing_file_is_named(bench: Target, tmp_path: Path) -> None:
    """With the system's own reason."""
    with pytest.raises(Problem, match="the firmware cannot be read: No such file"):
        firmware.read(tmp_path / "none.bin", bench)
