"""Which modules always live together on a device: the resident agent, each of its rooms, and the simulated board's wire.

Read off the source: the resident unit is whatever agent/core.py imports; a room is a constant of agent/base/rooms.py.
Refuses (ValueError) a room that imports a module it does not list: nothing would ever drop it.
"""

import ast
from collections.abc import Mapping, Sequence

ROOMS = "agent/base/rooms.py"
RESIDENT = ("agent/core.py", "agent/wiring.py")
WIRE = ("simulator/vm.py", "simulator/stepper.py", "simulator/board.py", "simulator/remote.py", "simulator/nor.py")


def units(sources: Mapping[str, str]) -> list[list[str]]:
    """The units for `tools.link.linked`, each beginning with the path that others import."""
    resident = sorted(_closure(RESIDENT, sources), key=lambda path: (path != RESIDENT[0], path))
    rooms = _rooms(sources[ROOMS])
    wire = [path for path in WIRE if path in sources]
    found = [resident]
    users: dict[str, list[str]] = {}  # of a module: the first modules of the rooms that list it, and the wire
    for room in rooms:
        stray = _closure(room, sources) - {*room, *resident}
        if stray:
            raise ValueError(f"{ROOMS}: the room of {room[0]} imports {sorted(stray)[0]} and does not list it")
        for path in room:
            users.setdefault(path, []).append(room[0])
    for path in _closure(wire, sources) & users.keys():
        users[path].append(wire[0])
    # Modules that the same rooms list come and go together.
    together: dict[tuple[str, ...], list[str]] = {}
    for path, names in users.items():
        together.setdefault(tuple(names), []).append(path)
    found += together.values()
    return [unit for unit in [*found, wire] if len(unit) > 1]


def _rooms(text: str) -> list[list[str]]:
    """The module lists of agent/base/rooms.py: its public string constants."""
    values = [node.value for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    lists = [value.value for value in values if isinstance(value, ast.Constant) and isinstance(value.value, str)]
    return [[f"agent/{name.replace('.', '/')}.py" for name in line.split()] for line in lists]


def _closure(roots: Sequence[str], sources: Mapping[str, str]) -> set[str]:
    """The modules that `roots` import, themselves included; what only type checkers see does not count."""
    done: set[str] = set()
    todo = list(roots)
    while todo:
        path = todo.pop()
        if path not in done:
            done.add(path)
            todo += [other for other in _imports(path, sources[path]) if other in sources]
    return done


def _imports(path: str, text: str) -> list[str]:
    package = path.split("/")[:-1]
    found: list[str] = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            start = [*package[: len(package) - node.level + 1], *(node.module or "").split(".")]
            base = "/".join(part for part in start if part)
            found += [f"{base}.py", *(f"{base}/{item.name}.py" for item in node.names)]
        elif isinstance(node, ast.ImportFrom) and node.module:
            base = node.module.replace(".", "/")
            found += [f"{base}.py", *(f"{base}/{item.name}.py" for item in node.names)]
    return found
