"""Deletion mutants of agent/privacy: the same program without one of its lines, or without one part of a condition.

What survives all portable tests enforces nothing, or is enforced by nobody's test. Refuses to judge generated tables: they
are compared with their source elsewhere.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = "agent/privacy"
GENERATED = ("names.py", "notice.py", "table.py")
_RUNNER = Path(__file__).with_name("run_plain.py")
_SECONDS = 60  # a mutant that hangs is caught, too
_PLAIN = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr, ast.Raise, ast.Return, ast.Delete)


class Deletion(NamedTuple):
    """`what` is the source that is taken out, as `ast.unparse` writes it; `nth` tells equal ones of a function apart."""

    file: str
    function: str
    what: str
    nth: int

    def __str__(self) -> str:
        return f"{self.file}:{self.function}: {self.what}" + (f" #{self.nth}" if self.nth else "")


class _Site(NamedTuple):
    deletion: Deletion
    holder: list[ast.stmt] | list[ast.expr]
    index: int


def every() -> list[Deletion]:
    """All of them, in the order of the source."""
    return [site.deletion for file in _files() for site in _sites(file, ast.parse(_text(file)))]


def _files() -> list[str]:
    paths = sorted((ROOT / FOLDER).glob("*.py"))
    return [path.name for path in paths if path.name not in (*GENERATED, "__init__.py")]


def _text(file: str) -> str:
    return (ROOT / FOLDER / file).read_text(encoding="utf-8")


def _sites(file: str, tree: ast.Module) -> Iterator[_Site]:
    for function, name in _functions(tree, ""):
        seen: dict[str, int] = {}
        for holder, index, node in _deletable(function):
            what = ast.unparse(node)
            nth = seen.get(what, 0)
            seen[what] = nth + 1
            yield _Site(Deletion(file, name, what, nth), holder, index)


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[ast.FunctionDef, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef):
            yield child, prefix + child.name
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{child.name}.")


def _deletable(function: ast.FunctionDef) -> Iterator[tuple[list[ast.stmt] | list[ast.expr], int, ast.AST]]:
    for node in ast.walk(function):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if not isinstance(body, list):
                continue
            for index, statement in enumerate(body):
                if isinstance(statement, _PLAIN) and not _is_text(statement):
                    yield body, index, statement
        if isinstance(node, ast.BoolOp):
            for index, part in enumerate(node.values):
                yield node.values, index, part


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def without(deletion: Deletion) -> str:
    """The source of its file, without it. LookupError when the file has no such line."""
    tree = ast.parse(_text(deletion.file))
    for site in _sites(deletion.file, tree):
        if site.deletion != deletion:
            continue
        if isinstance(site.holder[site.index], ast.stmt):
            site.holder[site.index] = ast.Pass()
        else:
            del site.holder[site.index]
        return ast.unparse(ast.fix_missing_locations(tree))
    raise LookupError(f"{FOLDER} has no line {deletion}")


def source(file: str) -> str:
    """The file untouched, in the form of `without`."""
    return ast.unparse(ast.parse(_text(file)))


def copy(tree: Path) -> None:
    """Makes the empty folder `tree` a copy of the project, by links down to the files of agent/privacy."""
    for path in ROOT.iterdir():
        if path.name not in ("agent", ".git", ".venv"):
            (tree / path.name).symlink_to(path)
    for folder in ("agent", FOLDER):
        (tree / folder).mkdir()
        for path in (ROOT / folder).iterdir():
            if path.name not in ("privacy", "__pycache__"):
                (tree / folder / path.name).symlink_to(path)


def tests_for(file: str) -> list[str]:
    """Modules of portable tests that reach agent/privacy, the file's own first."""
    own = f"test_{Path(file).stem}"
    names = []
    for path in sorted((ROOT / "tests/portable").glob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if "agent.privacy" in text or "tests.portable.bench" in text:
            names.append(path.stem)
    names.sort(key=lambda name: (name != own, own not in name, name))
    return [f"tests.portable.{name}" for name in names]


def failing(modules: list[str], tree: Path) -> str:
    """The first test of these modules that fails in `tree`, "" when none does."""
    environment = {"PYTHONPATH": f"{tree}:{tree / 'hal/host/shims'}", "PATH": ""}
    try:
        done = subprocess.run(
            [sys.executable, "-P", _RUNNER, *modules],
            cwd=tree,
            env=environment,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "a test that does not end"
    if done.returncode == 0:
        return ""
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def caught(deletion: Deletion, tree: Path) -> str:
    """The test that fails without this line, "" when none does. `tree` is an empty folder."""
    copy(tree)
    file = tree / FOLDER / deletion.file
    file.unlink()
    file.write_text(without(deletion), encoding="utf-8")
    return failing(tests_for(deletion.file), tree)
