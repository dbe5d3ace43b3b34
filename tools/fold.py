"""Public integer constants folded across modules, before mpy-cross sees the source: it folds only `_NAME = const(…)` in one file.

On a 32-bit board every public constant costs its name, a slot in its module's dictionary and a look-up at each use;
folded, `purposes.PHOTO` is the byte 15. Text and line numbers stay, so tracebacks still point into the source. A name
that is ever assigned twice, or is not a plain integer, is left alone.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.BitOr: int.__or__,
    ast.BitAnd: int.__and__,
    ast.LShift: int.__lshift__,
    ast.RShift: int.__rshift__,
    ast.Add: int.__add__,
    ast.Sub: int.__sub__,
    ast.Mult: int.__mul__,
}


@dataclass
class _Module:
    """One source file: its tree, where its imports lead, and the constants it defines."""

    tree: ast.Module
    aliases: dict[str, str]  # local name → dotted module
    imported: dict[str, tuple[str, str]]  # local name → (dotted module, its name there)
    values: dict[str, int]


def folded(sources: Mapping[str, str]) -> dict[str, str]:
    """`sources` maps paths (forward slashes, relative to the tree) to text; the result maps the same paths to folded text."""
    modules = {_dotted(path): _read(path, text) for path, text in sources.items()}
    for name in modules:
        _evaluate(name, modules)
    return {path: _rewrite(text, modules[_dotted(path)], modules) for path, text in sources.items()}


def _dotted(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(path: str, text: str) -> _Module:
    module = _Module(ast.parse(text), {}, {}, {})
    package = _dotted(path).split(".") if path.endswith("__init__.py") else _dotted(path).split(".")[:-1]
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1] if node.level else [])
            origin = ".".join(part for part in (base, node.module) if part)
            for item in node.names:
                local = item.asname or item.name
                module.aliases[local] = f"{origin}.{item.name}"
                module.imported[local] = (origin, item.name)
    return module


def _evaluate(name: str, modules: Mapping[str, _Module], busy: tuple[str, ...] = ()) -> None:
    """Fills `values`, following imports first. A circle of imports is left to the device, which refuses it by itself."""
    module = modules[name]
    if module.values or name in busy:
        return
    for target in {*module.aliases.values(), *(origin for origin, _ in module.imported.values())}:
        if target in modules:
            _evaluate(target, modules, (*busy, name))
    stores = [
        node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    ]
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            target = node.targets[0].id
            value = _value(node.value, module, modules)
            if value is not None and stores.count(target) == 1:
                module.values[target] = value


def _value(node: ast.expr, module: _Module, modules: Mapping[str, _Module]) -> int | None:
    """The integer an expression stands for, None when it is none."""
    if isinstance(node, ast.Constant):
        return node.value if type(node.value) is int else None
    if isinstance(node, ast.Name | ast.Attribute):
        return _look_up(node, module, modules)
    if (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "const"
        and len(node.args) == 1
    ):
        return _value(node.args[0], module, modules)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert | ast.USub):
        value = _value(node.operand, module, modules)
        return None if value is None else ~value if isinstance(node.op, ast.Invert) else -value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _value(node.left, module, modules), _value(node.right, module, modules)
        return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
    return None


def _look_up(node: ast.Name | ast.Attribute, module: _Module, modules: Mapping[str, _Module]) -> int | None:
    """The value of `NAME`, or of `alias.NAME`."""
    if isinstance(node, ast.Name):
        if node.id in module.values:
            return module.values[node.id]
        origin, name = module.imported.get(node.id, ("", ""))
        return modules[origin].values.get(name) if origin in modules else None
    if isinstance(node.value, ast.Name):
        target = modules.get(module.aliases.get(node.value.id, ""))
        return target.values.get(node.attr) if target and not node.attr.startswith("_") else None
    return None


def _rewrite(text: str, module: _Module, modules: Mapping[str, _Module]) -> str:
    # Offsets of the tree count bytes of UTF-8.
    lines = [line.encode() for line in text.split("\n")]
    for node, new in sorted(_edits(module, modules), key=lambda edit: (-edit[0].lineno, -edit[0].col_offset)):
        _replace(lines, node, new)
    return b"\n".join(lines).decode()


def _edits(module: _Module, modules: Mapping[str, _Module]) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    used: set[str] = set()
    inside: set[int] = set()  # nodes of definitions that go away as a whole
    for node in module.tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in module.values and not name.startswith("_"):
                inside |= {id(part) for part in ast.walk(node)}
                yield node, ""
    for node in ast.walk(module.tree):
        if id(node) in inside or not isinstance(node, ast.Name | ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        value = None if isinstance(node, ast.Name) and node.id.startswith("_") else _look_up(node, module, modules)
        if value is not None:
            inside |= {id(part) for part in ast.walk(node)}
            yield node, str(value) if value >= 0 else f"({value})"
        elif isinstance(node, ast.Name):
            used.add(node.id)
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            kept = [
                item for item in node.names if (item.asname or item.name) in used or not _pure(item, module, modules)
            ]
            if len(kept) != len(node.names):
                yield node, _import(node, kept)


def _pure(item: ast.alias, module: _Module, modules: Mapping[str, _Module]) -> bool:
    """Whether an imported name is a folded constant, or a module only asked for constants: nothing is lost without it."""
    local = item.asname or item.name
    origin, name = module.imported[local]
    return module.aliases[local] in modules or (origin in modules and name in modules[origin].values)


def _import(node: ast.ImportFrom, kept: list[ast.alias]) -> str:
    if not kept:
        return ""
    names = ", ".join(item.name + (f" as {item.asname}" if item.asname else "") for item in kept)
    return f"from {'.' * node.level}{node.module or ''} import {names}"


def _replace(lines: list[bytes], node: ast.expr | ast.stmt, new: str) -> None:
    """Puts `new` where `node` was and leaves the lines it spanned in place."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    tail = lines[last][node.end_col_offset :]
    lines[first] = lines[first][: node.col_offset] + new.encode() + (tail if first == last else b"")
    for line in range(first + 1, last + 1):
        lines[line] = tail if line == last else b""
