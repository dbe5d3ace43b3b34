"""The files of one board's image, by their path on the device: what this board loads, compiled, and a start of two lines.

Everything of ours lies below lib/amace, which main.py puts on the path, so that a user's own `agent` or `hal` cannot meet
ours. Refuses a board without an entry, native code, and anything that could record sound.
"""

from pathlib import Path
from typing import NamedTuple

from tools import mpy
from tools.device import device_files
from tools.errors import Problem
from tools.image import bytecode
from tools.image.closure import closure
from tools.image.target import Target
from tools.places import ROOT
from tools.units import units

HOME = "lib/amace"
ENTRY = "main.py"
"""The board's file that starts the agent, and the name of the file MicroPython runs after start-up."""

_OPTIMISE = 3  # no assert, no line numbers
_START = """\
import sys; sys.path.insert(0, "/{home}")
from boards.{board}.main import main; main()
"""


class Contents(NamedTuple):
    sources: tuple[str, ...]
    """What the board needs of the tree, in order of need: `agent/core.py`."""

    modules: dict[str, int]
    """What the board loads, each behind what it imports → how many sources are joined in it (docs/adr/0001)."""

    files: dict[str, bytes]
    """Path on the device → content."""


def collect(target: Target, tree: Path = ROOT) -> Contents:
    """Compiles and checks. The same tree gives the same bytes."""
    entry = f"boards/{target.name}/{ENTRY}"
    names = device_files(tree)
    if entry not in names:
        raise Problem("the board has no entry", entry, "Write one that defines main()")
    sources = closure({name: (tree / name).read_text(encoding="utf-8") for name in names}, entry)
    # What ships is another form of the same program: constants folded, modules joined. Some are not needed any more.
    texts = mpy.device_texts(tree, _OPTIMISE, joined=True)
    joined = {unit[0]: len(unit) for unit in units(mpy.device_texts(tree, _OPTIMISE, joined=False))}
    modules = {name: joined.get(name, 1) for name in closure(texts, entry)}
    made = mpy.compiled(tree, _OPTIMISE, joined=True)
    files = {ENTRY: _START.format(home=HOME, board=target.name).encode()}
    for name in modules:
        compiled = name.removesuffix(".py") + ".mpy"
        data = (made / compiled).read_bytes()
        bytecode.check(data, name)
        files[f"{HOME}/{compiled}"] = data
    return Contents(tuple(sources), modules, dict(sorted(files.items())))
