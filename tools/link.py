"""Joins modules that always live together into one, as a linker does, before mpy-cross sees them.

On a 32-bit board a module costs about 190 bytes of heap before its first line, and every name one module takes from
another costs a dictionary slot in both. The resident part of the agent is 23 modules, a consent record brings six more:
joined they are one and one. What a unit does not give to others is renamed to a short private name. The source stays
as it is; only images and simulated devices run the joined form, and their bytes are compared with the source's.

Refuses (ValueError): a name that a unit would bind twice, and a joined module taken as a value (only `module.name` works).
A file outside every unit keeps what it imports from its like.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from string import ascii_lowercase, ascii_uppercase

Origin = tuple[str, str]
"""(path of a module, name bound at its top level)"""


@dataclass
class _Module:
    path: str
    tree: ast.Module
    aliases: dict[str, str] = field(default_factory=dict[str, str])  # local name → path of one of our modules
    names: dict[str, Origin] = field(default_factory=dict[str, Origin])  # local name → where one of ours is bound
    outside: list[ast.stmt] = field(default_factory=list[ast.stmt])  # imports that stay


def linked(sources: Mapping[str, str], units: Sequence[Sequence[str]]) -> dict[str, str]:
    """`units` lists the paths to join, each unit under its first path; every other source keeps its own file."""
    home = {path: unit[0] for unit in units for path in unit}
    modules = {path: _read(path, text, sources, home) for path, text in sources.items()}
    files: dict[str, list[str]] = {}
    for path in sources:
        files.setdefault(home.get(path, path), []).append(path)
    exports = _exports(modules, home)
    renamed = _rename(modules, files, exports)
    keywords = {
        node.arg
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.keyword) and node.arg
    }
    return {
        unit: _write(unit, _ordered(paths, modules), modules, home, renamed, keywords) for unit, paths in files.items()
    }


def _dotted(path: str) -> str:
    parts = PurePosixPath(path).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(path: str, text: str, sources: Mapping[str, str], home: Mapping[str, str]) -> _Module:
    """Splits a module's imports into ours and outside ones, and drops what a device never runs."""
    # Between two files that stay as they are, an import stays too.
    paths = {_dotted(other): other for other in sources if path in home or other in home}
    tree = ast.parse(text)
    body = [node for node in tree.body if not _is_typing(node)]
    if body and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del body[0]
    module = _Module(path, ast.Module([], []))
    package = _dotted(path).split(".") if path.endswith("__init__.py") else _dotted(path).split(".")[:-1]
    for node in body:
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            _import(node, start, paths, module)
        elif isinstance(node, ast.Import):
            module.outside.append(node)
        else:
            module.tree.body.append(node)
    return module


def _import(node: ast.ImportFrom, start: str, paths: Mapping[str, str], module: _Module) -> None:
    kept: list[ast.alias] = []
    for item in node.names:
        local = item.asname or item.name
        if f"{start}.{item.name}" in paths:
            module.aliases[local] = paths[f"{start}.{item.name}"]
        elif start in paths and not paths[start].endswith("__init__.py"):
            module.names[local] = (paths[start], item.name)
        else:
            kept.append(item)
    if kept:
        module.outside.append(ast.ImportFrom(node.module, kept, node.level))


def _is_typing(node: ast.stmt) -> bool:
    if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
        return node.test.id == "_TYPING"
    return isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == "_TYPING"


def _bound(tree: ast.Module) -> Iterator[str]:
    """Names a module binds at its top level."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def _exports(modules: Mapping[str, _Module], home: Mapping[str, str]) -> set[Origin]:
    """What one file takes from another."""

    def foreign(path: str, other: str) -> bool:
        return home.get(path, path) != home.get(other, other)

    taken: set[Origin] = set()
    for path, module in modules.items():
        taken |= {origin for origin in module.names.values() if foreign(path, origin[0])}
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in module.aliases:
                origin = (module.aliases[node.value.id], node.attr)
                if foreign(path, origin[0]):
                    taken.add(origin)
    return taken


def _rename(
    modules: Mapping[str, _Module], files: Mapping[str, Sequence[str]], exports: set[Origin]
) -> dict[Origin, str]:
    """The new name of everything that is bound in a joined file. Classes and exports stay readable."""
    renamed: dict[Origin, str] = {}
    for paths in files.values():
        used: set[str] = set()
        short = iter([f"_{a}{b}" for b in ["", *ascii_lowercase] for a in ascii_lowercase])
        for path in paths:
            tree = modules[path].tree
            classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
            for name in dict.fromkeys(_bound(tree)):
                stem = PurePosixPath(path).stem
                if len(paths) == 1 or (name in classes and not name.startswith("_")):
                    new = name
                elif (path, name) in exports:
                    new = f"{stem}_{name}"
                elif name.isupper() or name[1:2].isupper():
                    new = f"_{stem}_{name}"  # a constant: mpy-cross folds it, its name never reaches the device
                else:
                    new = next(short)
                if new in used:
                    raise ValueError(f"{path}: {name} is bound twice in its unit")
                used.add(new)
                renamed[path, name] = new
    return renamed


def _ordered(paths: Iterable[str], modules: Mapping[str, _Module]) -> list[str]:
    """Each module after those it imports."""
    wanted = list(paths)
    done: list[str] = []

    def visit(path: str, busy: tuple[str, ...]) -> None:
        if path in done or path not in wanted or path in busy:
            return
        module = modules[path]
        for other in (*module.aliases.values(), *(origin for origin, _ in module.names.values())):
            visit(other, (*busy, path))
        done.append(path)

    for path in wanted:
        visit(path, ())
    return done


class _Renamer(ast.NodeTransformer):
    """Turns local names and `alias.name` of one module into the names of the joined file, and notes what it takes from others."""

    def __init__(self, module: _Module, renamed: Mapping[Origin, str], keywords: set[str] | None) -> None:
        """`keywords` are the names that calls give by name; None leaves parameters alone: foreign code may call them."""
        self._module = module
        self._renamed = renamed
        self._keywords = keywords
        self._letters = 0  # taken by the functions around
        self._own = {name: (module.path, name) for name in _bound(module.tree)}
        self.taken: set[Origin] = set()

    def _new(self, origin: Origin) -> str:
        self.taken.add(origin)
        return self._renamed.get(origin, origin[1])

    def visit_Name(self, node: ast.Name) -> ast.expr:
        origin = self._own.get(node.id) or self._module.names.get(node.id)
        if node.id in self._module.aliases:
            raise ValueError(f"{self._module.path}: module {node.id} is taken as a value")
        return ast.Name(self._new(origin), node.ctx) if origin else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if isinstance(node.value, ast.Name) and node.value.id in self._module.aliases:
            return ast.Name(self._new((self._module.aliases[node.value.id], node.attr)), node.ctx)
        return self.generic_visit(node)  # pyright: ignore[reportReturnType] - an expression stays one

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        outer = self._letters
        if self._keywords is not None:
            self._parameters(node, self._keywords)
        new = self._definition(node)
        self._letters = outer
        return new

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._definition(node)

    def _parameters(self, node: ast.FunctionDef | ast.AsyncFunctionDef, keywords: set[str]) -> None:
        """Parameters become A, B, C…: a device stores each distinct name once, and only keywords need them."""
        names = [arg.arg for arg in (*node.args.args, *node.args.kwonlyargs)]
        hidden = [name for name in names if name in keywords and (name in self._own or name in self._module.names)]
        if hidden:
            raise ValueError(f"{self._module.path}: parameter {hidden[0]} hides a name of its module")
        # A function inside another one counts on, or it would hide the outer one's.
        letters = ascii_uppercase[self._letters :]
        short = {name: letter for name, letter in zip(names, letters, strict=False) if name not in keywords}
        self._letters += len(names)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name) and inner.id in short:
                inner.id = short[inner.id]
            elif isinstance(inner, ast.arg) and inner.arg in short:
                inner.arg = short[inner.arg]

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.AST:
        if node in self._module.tree.body:
            node.name = self._new((self._module.path, node.name))
        first = node.body[0]
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and len(node.body) > 1:
            del node.body[0]
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)  # without its annotation

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return self.generic_visit(ast.Assign([node.target], node.value, lineno=0))


def _write(
    unit: str,
    paths: Sequence[str],
    modules: Mapping[str, _Module],
    home: Mapping[str, str],
    renamed: Mapping[Origin, str],
    keywords: set[str],
) -> str:
    body: list[str] = []
    taken: set[Origin] = set()
    outside: dict[str, None] = {}
    own = {(path, name) for path in paths for name in _bound(modules[path].tree)}
    bound = {renamed.get(origin, origin[1]) for origin in own}
    # What comes from another file under a name that this one binds, too, gets one of its own here.
    names = {
        origin: f"_{PurePosixPath(origin[0]).stem}_{new}" if new in bound and origin not in own else new
        for origin, new in renamed.items()
    }
    for path in paths:
        module = modules[path]
        outside |= dict.fromkeys(ast.unparse(node) for node in module.outside)
        renamer = _Renamer(module, names, keywords if len(paths) > 1 else None)
        tree = renamer.visit(module.tree)
        body.append(ast.unparse(ast.fix_missing_locations(tree)))
        taken |= renamer.taken
    imports: list[str] = []
    for path, name in sorted(taken):
        if home.get(path, path) != unit:
            there, here = renamed.get((path, name), name), names.get((path, name), name)
            line = f"from {_dotted(home.get(path, path))} import {there}"
            imports.append(line if here == there else f"{line} as {here}")
    return "\n".join([*outside, *imports, *body]) + "\n"
