"""A board that can be flashed: its folder below boards/, its flash map and its chip.

A board becomes one by a `flash.toml` beside its `partitions.csv`: chip (as esptool names it), flash (the chip's size) and
firmware (the MicroPython versions it was tried with). Refuses unknown names, unknown chips and maps that do not fit.
"""

import difflib
import re
import tomllib
from pathlib import Path
from typing import NamedTuple, cast

from tools.errors import Problem
from tools.image import partitions
from tools.image.partitions import Partition
from tools.places import ROOT

BOOTLOADERS = {"esp32": 0x1000, "esp32s3": 0x0}
"""Where a chip's ROM looks for the bootloader (ESP-IDF, "Bootloader" of each chip)."""

SIZES = {f"{megabytes}MB": megabytes << 20 for megabytes in (4, 8, 16)}
"""Chips' flash as esptool writes it, in bytes."""


class Target(NamedTuple):
    name: str
    folder: Path
    chip: str
    flash: str  # as esptool writes it: 4MB
    firmware: tuple[str, ...]  # MicroPython versions: 1.25.0
    table: tuple[Partition, ...]

    @property
    def bootloader(self) -> int:
        return BOOTLOADERS[self.chip]

    def part(self, name: str) -> Partition:
        return next(part for part in self.table if part.name == name)


def names(tree: Path = ROOT) -> list[str]:
    """Every board of a tree that can be flashed, sorted."""
    return sorted(path.parent.name for path in (tree / "boards").glob("*/flash.toml"))


def listed(tree: Path = ROOT) -> str:
    """For messages."""
    return ", ".join(names(tree)) or "none in this tree"


def load(name: str, tree: Path = ROOT) -> Target:
    known = names(tree)
    if name not in known:
        close = difflib.get_close_matches(name, known, 1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise Problem(f"no board to flash is called {name!r}", "boards", f"{hint}There are: {listed(tree)}")
    folder = tree / "boards" / name
    facts = _facts(folder / "flash.toml", f"boards/{name}/flash.toml")
    where = f"boards/{name}/partitions.csv"
    try:
        table = partitions.parse((folder / "partitions.csv").read_text(encoding="utf-8"), where)
    except FileNotFoundError as error:
        raise Problem("the flash map is missing", where, "Copy another board's and fit vfs to the chip") from error
    partitions.check(table, SIZES[facts.flash], where)
    return Target(name, folder, *facts, tuple(table))


class _Facts(NamedTuple):
    chip: str
    flash: str
    firmware: tuple[str, ...]


def _facts(path: Path, where: str) -> _Facts:
    try:
        raw: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Problem(f"it is no TOML: {error}", where) from error
    if sorted(raw) != sorted(_Facts._fields):
        raise Problem(f"it holds {', '.join(raw) or 'nothing'}", where, f"Write exactly: {', '.join(_Facts._fields)}")
    chip, flash = str(raw["chip"]), str(raw["flash"])
    for key, value, known in (("chip", chip, BOOTLOADERS), ("flash", flash, SIZES)):
        if value not in known:
            raise Problem(f"{key} is {value!r}", where, f"Write one of: {', '.join(known)}")
    versions = raw["firmware"]
    firmware = tuple(str(version) for version in cast("list[object]", versions)) if isinstance(versions, list) else ()
    if not firmware or not all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in firmware):
        raise Problem(f"firmware is {versions!r}", where, 'List MicroPython versions, such as ["1.25.0"]')
    return _Facts(chip, flash, firmware)
