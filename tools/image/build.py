"""`amace build`: a board's image, its flash map, and how to get them onto the board."""

import json
import shutil
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from tools import app as application
from tools import enrolment
from tools.cli import version
from tools.console import err, out
from tools.errors import Problem
from tools.image import make, mip
from tools.image.contents import form
from tools.image.make import Build
from tools.image.target import listed, load, names

app = application.new()


@app.command()
def main(
    board: Annotated[str, typer.Option(help="A folder below boards/.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Every board that can be flashed.")] = False,
    secrets: Annotated[
        Path | None, typer.Option("--enrol", metavar="FILE", help="Put this device's secrets into its nvs partition.")
    ] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the results go.")] = Path("dist"),
    as_json: Annotated[bool, typer.Option("--json", help="Print sizes and hashes for a program.")] = False,
) -> int:
    """Makes dist/BOARD/ (vfs.img, partition-table.bin, SHA256SUMS, sizes.json, flash.txt) and dist/mip/package.json."""
    if every == bool(board):
        raise Problem("one board or all of them", "amace build", f"--board B or --all. There are: {listed()}")
    if every and secrets is not None:
        raise Problem("an enrolment is for one device", "amace build", "Give --board with --enrol")
    values = enrolment.load(secrets).secrets if secrets is not None else None
    targets = [load(name) for name in (names() if every else [board])]
    if not targets:
        raise Problem("no board of this tree can be flashed", "boards", "A board becomes one by a flash.toml")
    with err.status("compiling"):
        shipped = form()
    builds: list[Build] = []
    for target in targets:
        with err.status(f"building {target.name}"):
            builds.append(make.make(target, shipped, folder, values))
    _write_package(folder / "mip", builds)
    if as_json:
        out.print_json(json.dumps([make.report(build) for build in builds]), indent=1)
        return 0
    for build in builds:
        _show(build)
    out.print(f"\n{folder / 'mip' / 'package.json'}: the same modules for mpremote mip install")
    return 0


def _write_package(folder: Path, builds: list[Build]) -> None:
    """One package of all boards built now; an earlier one goes."""
    if (folder / "package.json").is_file():
        shutil.rmtree(folder)
    mip.write(folder, {path: data for build in builds for path, data in build.contents.files.items()}, version())


def _show(build: Build) -> None:
    out.print(f"\n[bold]{build.board}[/]", markup=True)
    out.print(_rooms(build))
    out.print(_uses(build))
    for name, digest in build.sums.items():
        out.print(f"{digest}  {build.folder / name}", markup=False)
    if build.secrets:
        out.print(f"\nThis build holds secrets of one device: {', '.join(build.secrets)}. Keep nvs.bin to yourself.")
        out.print("Writing it wipes the consents and settings the device holds now.")
    out.print(f"\n{build.steps}", markup=False, end="")


def _rooms(build: Build) -> Table:
    table = Table("room", "sources", "bytecode", "heap on 32 bits", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for room in build.rooms:
        table.add_row(room.name, str(room.sources), f"{room.mpy:,}", "-" if room.heap is None else f"{room.heap:,}")
    known = [room.heap for room in build.rooms if room.heap is not None]
    heap = f"{sum(known):,}" if known else "no machine here"
    if len(known) not in (0, len(build.rooms)):
        heap = f"{heap} without the chip's"
    table.add_row("total", str(sum(room.sources for room in build.rooms)), f"{sum(r.mpy for r in build.rooms):,}", heap)
    return table


def _uses(build: Build) -> Table:
    table = Table("partition", "at", "size", "used", "", box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for use in build.uses:
        share = "" if use.used is None else f"{100 * use.used // use.size} %"
        used = "" if use.used is None else f"{use.used:,}"
        table.add_row(use.name, f"{use.offset:#x}", f"{use.size:,}", used, share)
    end = build.uses[-1].offset + build.uses[-1].size
    table.add_row("map", "", f"{end:,}", "", "")
    if build.budget:
        image = next(use.used or 0 for use in build.uses if use.name == "vfs")
        table.add_row("budget", "vfs", f"{build.budget:,}", f"{image:,}", f"{100 * image // build.budget} %")
    return table
