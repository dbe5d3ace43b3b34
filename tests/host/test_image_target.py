"""What a board must say about itself before anything is built for it."""

from pathlib import Path

import pytest
from esptool.targets import CHIP_DEFS

from tests.support import bench_board
from tools.errors import Problem
from tools.image import target


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return bench_board.plant(tmp_path)


def test_a_board_is_a_folder_with_a_flash_toml(tree: Path) -> None:
    """A new board is one new folder and no other change."""
    (tree / "boards" / "host").mkdir()
    assert target.names(tree) == ["bench"]
    found = target.load("bench", tree)
    assert (found.chip, found.flash, found.firmware) == ("esp32", "4MB", ("1.25.0", "1.26.1"))
    assert found.part("vfs").size == 0x80000


@pytest.mark.parametrize("name", ["bensh", "", "../boards/bench", "host"])
def test_an_unknown_name_lists_the_boards(tree: Path, name: str) -> None:
    """One line that names what there is."""
    with pytest.raises(Problem, match="There are: bench"):
        target.load(name, tree)


def test_a_near_name_is_suggested(tree: Path) -> None:
    """A slip of the finger costs one look."""
    with pytest.raises(Problem, match=r"Did you mean bench\? There are: bench"):
        target.load("bensh", tree)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("chip = ", "it is no TOML"),
        ('chip = "esp32"', "it holds chip .*Write exactly: chip, flash, firmware"),
        (bench_board.FLASH + 'colour = "red"\n', "it holds chip, flash, firmware, colour"),
        (bench_board.FLASH.replace('"esp32"', '"esp8266"'), "chip is 'esp8266' .*Write one of: esp32, esp32s3"),
        (bench_board.FLASH.replace("4MB", "3MB"), "flash is '3MB'"),
        (bench_board.FLASH.replace('["1.25.0", "1.26.1"]', "[]"), r"firmware is \[\]"),
        (bench_board.FLASH.replace('["1.25.0", "1.26.1"]', '"1.25.0"'), "firmware is '1.25.0'"),
        (bench_board.FLASH.replace('"1.26.1"', "1.26"), "firmware is .*such as"),
    ],
)
def test_facts_that_cannot_be_used_are_refused(tree: Path, text: str, message: str) -> None:
    """A board that says nothing about its chip would be flashed by guess."""
    (tree / "boards" / "bench" / "flash.toml").write_text(text)
    with pytest.raises(Problem, match=message) as caught:
        target.load("bench", tree)
    assert "boards/bench/flash.toml" in str(caught.value)


def test_a_map_past_the_chip_or_none_is_refused(tree: Path) -> None:
    """The chip's size is the board's word, the map is checked against it."""
    csv = tree / "boards" / "bench" / "partitions.csv"
    csv.write_text(csv.read_text().replace("0x3fe000", "0x3ff000"))
    with pytest.raises(Problem, match=r"1,000 bytes too many|4,096 bytes too many"):
        target.load("bench", tree)
    csv.unlink()
    with pytest.raises(Problem, match="the flash map is missing"):
        target.load("bench", tree)


@pytest.mark.parametrize("chip", target.BOOTLOADERS)
def test_the_bootloader_lies_where_esptool_says(chip: str) -> None:
    """Written elsewhere, the chip does not start."""
    assert target.BOOTLOADERS[chip] == CHIP_DEFS[chip].BOOTLOADER_FLASH_OFFSET
