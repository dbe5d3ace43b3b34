"""`amace flash`: writes what `amace build` made to a board, and hears the agent say hello.

Order: the chip, the map on it, then the writing. Refuses another chip, another map (its data would be lost), a build whose sums
do not match, and firmware the board was not tried with.
"""

import hashlib
import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from tools import app as application
from tools.console import err, out
from tools.errors import Problem
from tools.image import firmware as published
from tools.image import lines, make
from tools.image.firmware import Firmware
from tools.image.lines import Line
from tools.image.loader import Loader
from tools.image.target import Target, load
from tools.rig import target as rigs
from tools.rig.client import Hello
from tools.rig.lock import PortLock
from tools.rig.wire import NoAnswer, WireGone

app = application.new()

BOOTLOADER = "bootloader.bin"
APPLICATION = "application.bin"
OTADATA = "otadata.bin"
_BACK_S = 15  # after a reset: a board's own USB, and the agent's start


@app.command()
def main(
    board: Annotated[str, typer.Option(help="A folder below boards/.")],
    port: Annotated[str, typer.Option(help="Its serial port: a path, COM3, socket://host:port.")],
    firmware: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="MicroPython for this board, the first time and for a new version."),
    ] = None,
    folder: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where amace build put its results.")] = Path(
        "dist"
    ),
    baud: Annotated[int, typer.Option(min=9_600, max=4_000_000, help="Speed of writing.")] = lines.BAUD,
    erase: Annotated[bool, typer.Option("--erase", help="Erase the whole chip first, whatever it holds.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the lines, open nothing.")] = False,
    hello: Annotated[bool, typer.Option(help="Wait for the agent's hello: boards with a console.")] = True,
) -> int:
    """Writes a build to a board and checks that its agent starts."""
    target = load(board)
    home = folder / target.name
    _check_build(home, target)
    given = published.read(firmware, target) if firmware is not None else None
    if given is not None:
        out.print(f"MicroPython {given.version} of {given.date}, SHA-256 {given.sha256}", markup=False)
        _split(home, given)
    if erase and given is None:
        raise Problem("an erased chip needs MicroPython", "amace flash", "Give --firmware FILE with --erase")
    if dry_run:
        planned = plan(target, port, home, given, erase, baud)
        out.print("".join(shlex.join(line) + "\n" for line in planned), markup=False, end="")
        return 0
    lock = PortLock(port)
    try:
        loader = Loader(target, port)
        with err.status("asking the board for its chip and its map"):
            loader.check_chip()
            empty = _is_empty(loader, target, port, given, erase)
        for line in plan(target, port, home, given, erase or empty, baud):
            loader.run(line)
    finally:
        lock.release()
    if not hello:
        return 0
    return greet(port, target)


def _check_build(home: Path, target: Target) -> None:
    """What is written is what the build's own sums say."""
    mend = f"amace build --board {target.name}"
    sums: dict[str, str] = {}
    try:
        for line in (home / make.SUMS).read_text().splitlines():
            digest, _, name = line.partition("  ")
            sums[name] = digest
        wrong = [name for name, digest in sums.items() if _sha256(home / name) != digest]
    except OSError as error:
        raise Problem("there is no build", str(home), mend) from error
    extra = (home / lines.NVS).exists() and lines.NVS not in sums
    if wrong or extra or not {lines.VFS, lines.TABLE} <= set(sums):
        raise Problem("the build was changed", str(home), mend)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _split(home: Path, given: Firmware) -> None:
    """The published file without its own map: a power cut must not leave the board with another one."""
    (home / BOOTLOADER).write_bytes(given.bootloader)
    (home / APPLICATION).write_bytes(given.application)


def plan(
    target: Target, port: str, home: Path, given: Firmware | None, erase: bool, baud: int = lines.BAUD
) -> list[Line]:
    """The lines, in order."""
    pieces = lines.parts(target, home, table=given is not None)
    if given is None:
        return [lines.write(target, port, pieces, baud)]
    first = target.part("otadata")
    (home / OTADATA).write_bytes(b"\xff" * first.size)  # erased: the bootloader takes ota_0
    pieces += [
        (target.bootloader, home / BOOTLOADER),
        (first.offset, home / OTADATA),
        (target.part("ota_0").offset, home / APPLICATION),
    ]
    erasing = [lines.esptool(target, port, "erase-flash")] if erase else []
    return [*erasing, lines.write(target, port, sorted(pieces), baud)]


def _is_empty(loader: Loader, target: Target, port: str, given: Firmware | None, erase: bool) -> bool:
    """Whether the board has no map yet. Refuses what would lose another program's data without being told to."""
    table = loader.table()
    if table == list(target.table) or erase:
        return False
    if table:
        raise Problem(
            f"the board holds another map: {', '.join(part.name for part in table)}",
            port,
            "Its data would be lost. --erase with --firmware FILE takes the whole chip",
        )
    if table is None:
        raise Problem("what the board holds is no map", port, "--erase with --firmware FILE takes the whole chip")
    if given is None:
        raise Problem("the board is empty", port, "Give MicroPython for it with --firmware FILE")
    return True


def greet(port: str, target: Target) -> int:
    with err.status("waiting for the agent"):
        hello, log = _hello(port)
    if hello is None:
        err.print(f"flash: written, but no agent answered in {_BACK_S} s. Its log: {log}", markup=False)
        return 1
    if hello.board != target.name:
        err.print(f"flash: written, but the agent says it is {hello.board}", markup=False)
        return 1
    state = "enrolled" if hello.enrolled else "not enrolled yet: amace enrol"
    out.print(f"{target.name} says hello: protocol {hello.protocol}, {state}", markup=False)
    return 0


def _hello(port: str) -> tuple[Hello | None, Path]:
    """Opens the port until it is back."""
    log = rigs.new_log(port)
    until = time.monotonic() + _BACK_S
    try:
        while True:
            try:
                rig = rigs.open_rig(port, log)
                try:
                    return rig.hello(), log.path
                finally:
                    rig.close()
            except (Problem, NoAnswer, WireGone):
                if time.monotonic() >= until:
                    return None, log.path
                time.sleep(0.2)
    finally:
        log.close()
