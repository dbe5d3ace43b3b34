"""How large each room is: bytes of bytecode in the image, and bytes of heap while it is loaded on a 32-bit machine.

The heap is measured on MicroPython's unix port, one module after the other, each behind what it imports, so that every
byte counts once. A module that needs the chip's own modules (`machine`, `network`) cannot be loaded there and is not counted.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tools import fetch
from tools.image.contents import HOME
from tools.places import cache

_SECONDS = 30
_PROBE = """\
import gc, json, sys
sys.path.insert(0, sys.argv[1])
heap = {}
for name in sys.argv[2:]:
    gc.collect(); gc.collect()
    before = gc.mem_alloc()
    try:
        __import__(name)
    except (ImportError, AttributeError):
        continue
    gc.collect(); gc.collect()
    heap[name] = gc.mem_alloc() - before
print(json.dumps(heap))
"""


class Room(NamedTuple):
    name: str
    sources: int  # files of the tree
    mpy: int  # bytes
    heap: int | None  # bytes; None: not measured


def room_of(source: str) -> str:
    """`agent/link/uplink.py` → `agent/link`; the files right below agent/ are `agent`."""
    folders = source.split("/")[:-1]
    return "/".join(folders[:2])


def rooms(modules: Mapping[str, int], files: Mapping[str, bytes]) -> list[Room]:
    """The table, sorted by name. `modules` are in the order a device can load them → how many sources each holds."""
    heap = _heap(tuple(modules), files)
    table: list[Room] = []
    for name in sorted({room_of(module) for module in modules}):
        members = [module for module in modules if room_of(module) == name]
        known = [heap[module] for module in members if module in heap]
        size = sum(len(files[_path(module)]) for module in members)
        sources = sum(modules[module] for module in members)
        table.append(Room(name, sources, size, sum(known) if len(known) == len(members) else None))
    return table


def _path(source: str) -> str:
    return f"{HOME}/{source.removesuffix('.py')}.mpy"


def _module(source: str) -> str:
    return source.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _machine() -> Path | None:
    """A 32-bit MicroPython that is here already: a build fetches nothing."""
    ready = os.environ.get("MICROPYTHON32") or (cache() / "mp32").is_file()
    return fetch.micropython(32) if ready else None


def _heap(sources: Sequence[str], files: Mapping[str, bytes]) -> dict[str, int]:
    machine = _machine()
    if machine is None:
        return {}
    with tempfile.TemporaryDirectory() as scratch:
        for source in sources:
            copy = Path(scratch, _path(source))
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(files[_path(source)])
        modules = {_module(source): source for source in sources}
        command = [machine, "-c", _PROBE, Path(scratch, HOME), *modules]
        done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)
    measured: dict[str, int] = json.loads(done.stdout)
    return {modules[name]: size for name, size in measured.items()}
