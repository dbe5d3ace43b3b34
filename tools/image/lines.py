"""The command lines that put an image on a board: printed by `build`, run by `flash`. esptool 5 writes its commands with dashes."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from tools.image import partitions
from tools.image.target import Target

Line = list[str]

TABLE = "partition-table.bin"
VFS = "vfs.img"
NVS = "nvs.bin"
START = "main.py"
BAUD = 460_800  # what MicroPython's own instructions for the ESP32 write with; every common USB bridge has it


def esptool(target: Target, port: str, *words: str) -> Line:
    return ["esptool", "--chip", target.chip, "--port", port, *words]


def write(target: Target, port: str, pieces: Sequence[tuple[int, Path | str]], baud: int = BAUD) -> Line:
    """Writes files at addresses and checks each against its hash. The size goes into the bootloader's header."""
    placed = [word for at, file in pieces for word in (f"{at:#x}", str(file))]
    return esptool(target, port, "--baud", str(baud), "write-flash", "--flash-size", target.flash, *placed)


def parts(target: Target, folder: Path, *, table: bool) -> list[tuple[int, Path]]:
    """What a build left in `folder`, with addresses. The table only where it is to be written."""
    pieces = [(partitions.OFFSET, folder / TABLE)] if table else []
    if (folder / NVS).exists():
        pieces.append((target.part("nvs").offset, folder / NVS))
    return [*pieces, (target.part("vfs").offset, folder / VFS)]


def text(target: Target, folder: Path, mip: Path, port: str = "PORT", firmware: str = "FIRMWARE.bin") -> str:
    """What a person without this tool types, in order."""
    steps = (
        (
            f"First time: an erased chip, MicroPython {' or '.join(target.firmware)} for it, then AMACE's map and image.",
            [
                esptool(target, port, "erase-flash"),
                write(target, port, [(target.bootloader, firmware)]),
                write(target, port, parts(target, folder, table=True)),
            ],
        ),
        ("From then on: the agent alone.", [write(target, port, parts(target, folder, table=False))]),
        (
            "Or into the file system of a running MicroPython, file by file.",
            [
                ["mpremote", "connect", port, "mip", "install", str(mip / "package.json")],
                ["mpremote", "connect", port, "cp", str(folder / START), f":{START}"],
            ],
        ),
    )
    return "\n".join(f"# {why}\n" + "".join(shlex.join(line) + "\n" for line in lines) for why, lines in steps)
