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


class Form(NamedTuple):
    """A tree in the form that ships: constants folded, modules joined (docs/adr/0001). Worked out once for all boards."""

    tree: Path
    sources: dict[str, str]  # as people read them
    texts: dict[str, str]  # as the compiler gets them
    joined: dict[str, int]  # file → how many sources it holds, where more than one
    made: Path  # the folder of .mpy files


class Contents(NamedTuple):
    sources: tuple[str, ...]
    """What the board needs of the tree, in order of need: `agent/core.py`."""

    modules: dict[str, int]
    """What the board loads, each behind what it imports → how many sources are joined in it."""

    files: dict[str, bytes]
    """Path on the device → content."""


def form(tree: Path = ROOT) -> Form:
    """Compiles. The same tree gives the same bytes."""
    sources = {name: (tree / name).read_text(encoding="utf-8") for name in device_files(tree)}
    texts = mpy.device_texts(tree, _OPTIMISE, joined=True)
    joined = {unit[0]: len(unit) for unit in units(mpy.device_texts(tree, _OPTIMISE, joined=False))}
    return Form(tree, sources, texts, joined, mpy.compiled(tree, _OPTIMISE, joined=True))


def collect(target: Target, form: Form) -> Contents:
    entry = f"boards/{target.name}/{ENTRY}"
    if entry not in form.sources:
        raise Problem("the board has no entry", entry, "Write one that defines main()")
    # The two differ: a module asked only for constants, or joined into another, is not needed on the device any more.
    modules = {name: form.joined.get(name, 1) for name in closure(form.texts, entry)}
    files = {ENTRY: _START.format(home=HOME, board=target.name).encode()}
    for name in modules:
        compiled = name.removesuffix(".py") + ".mpy"
        data = (form.made / compiled).read_bytes()
        bytecode.check(data, name)
        files[f"{HOME}/{compiled}"] = data
    return Contents(tuple(closure(form.sources, entry)), modules, dict(sorted(files.items())))
