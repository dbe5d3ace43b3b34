"""Which of our files a device loads from one entry on, by reading their imports. Nothing is run.

Imports inside functions count, those under `if _TYPING:` do not, and the rooms that the core loads by name are read from
its strings. Refuses an import of ours that leads nowhere.
"""

import ast
from collections.abc import Iterator, Mapping

from tools.errors import Problem

OURS = ("agent", "hal", "boards")
NAMES_ROOMS = ("agent/base/rooms.py", "agent/core.py")
"""Where the rooms are listed, and the unit that list is joined into (tools/link.py)."""


def closure(texts: Mapping[str, str], entry: str) -> list[str]:
    """Paths of `texts` that `entry` (one of them) needs: every file stands behind what it imports, a room behind the core.

    `texts` maps paths with forward slashes to sources. A circle of imports is cut where it is entered.
    """
    ready: dict[str, None] = {}
    _visit(entry, texts, ready, set())
    return list(ready)


def _visit(path: str, texts: Mapping[str, str], ready: dict[str, None], open_: set[str]) -> None:
    if path in open_:
        return
    open_.add(path)
    # Importing a module runs the __init__ of every package above it, outermost first.
    parts = path.split("/")
    for depth in range(1, len(parts)):
        package = "/".join([*parts[:depth], "__init__.py"])
        if package in texts:
            _visit(package, texts, ready, open_)
    tree = ast.parse(texts[path], path)
    for needed in [name for node in _live(tree) for name in _imported(node, path, texts)]:
        _visit(needed, texts, ready, open_)
    ready[path] = None
    if path in NAMES_ROOMS:  # a room is loaded by the core, so the core is there first
        for needed in [name for node in ast.walk(tree) for name in _room(node, texts)]:
            _visit(needed, texts, ready, open_)


def _live(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes a device runs: what `if _TYPING:` guards is never executed."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "_TYPING":
            continue
        yield child
        yield from _live(child)


def _imported(node: ast.AST, path: str, texts: Mapping[str, str]) -> list[str]:
    if isinstance(node, ast.Import):
        return [_file(alias.name, path, texts) for alias in node.names if alias.name.split(".")[0] in OURS]
    if not isinstance(node, ast.ImportFrom):
        return []
    package = path.split("/")[:-1]  # also right for __init__.py: its package is its folder
    base = package[: len(package) - node.level + 1] if node.level else []
    origin = ".".join([*base, *([node.module] if node.module else [])])
    if not node.level and origin.split(".")[0] not in OURS:
        return []
    # `from a.b import c`: c is a module of package a.b, else a name in module a.b.
    inner = [_find(f"{origin}.{alias.name}", texts) for alias in node.names]
    return [_file(origin, path, texts), *[name for name in inner if name]]


def _find(module: str, texts: Mapping[str, str]) -> str:
    stem = module.replace(".", "/")
    return next((name for name in (f"{stem}.py", f"{stem}/__init__.py") if name in texts), "")


def _file(module: str, path: str, texts: Mapping[str, str]) -> str:
    found = _find(module, texts)
    if not found:
        raise Problem(f"it imports {module}, which no device file is", path)
    return found


def _room(node: ast.AST, texts: Mapping[str, str]) -> list[str]:
    """A string of words that are our modules: the first is loaded by name, others may have been joined into it."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return []
    found = [_find(f"agent.{word}", texts) for word in node.value.split() if word.replace(".", "").isidentifier()]
    return [name for name in found if name] if found and found[0] else []
