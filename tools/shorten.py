"""Private names of a module made short, before mpy-cross sees the source.

Every distinct name of a device costs about 18 bytes of heap, and MicroPython's table of names grows by doubling. A private
name is used in its own module only (the type checker refuses anything else), so each module may count from `_a` again:
the agent goes from 650 names to 510. Strings, comments and line numbers stay. Only names that the module itself binds
are touched; a name that belongs to a library is not.
"""

import ast
import io
import tokenize
from collections.abc import Iterable
from string import ascii_lowercase, digits

FOLDERS = ("agent/", "simulator/")
"""Where private names are ours alone: hal/ leans on libraries, whose names it may override."""


def inherited(texts: Iterable[str]) -> frozenset[str]:
    """Private names of classes that other classes are made from: a subclass in another module must say the same ones."""
    classes = [node for text in texts for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)]
    bases = {base.id for node in classes for base in node.bases if isinstance(base, ast.Name)}
    return frozenset(name for node in classes if node.name in bases for name in _bound(node))


def shortened(text: str, kept: frozenset[str] = frozenset()) -> str:
    """The same program with `_private` names replaced, longest-serving names first; those `kept` stay."""
    bound = _bound(ast.parse(text)) - kept
    counts: dict[str, int] = {}
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    for token in tokens:
        if token.type == tokenize.NAME and token.string in bound:
            counts[token.string] = counts.get(token.string, 0) + 1
    order = sorted(counts, key=lambda name: (-counts[name], name))
    short = dict(zip(order, _names(len(order), bound), strict=True))
    lines = text.split("\n")
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string in short:
            row, column = token.start[0] - 1, token.start[1]
            line = lines[row]
            lines[row] = line[:column] + short[token.string] + line[column + len(token.string) :]
    return "\n".join(lines)


def _bound(tree: ast.AST) -> set[str]:
    """Private names bound in it: functions, classes, attributes of self, variables and parameters."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            names.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
    return {name for name in names if name[:1] == "_" and name[1:2].islower()}


def _names(count: int, taken: set[str]) -> list[str]:
    pool = [f"_{first}" for first in ascii_lowercase]
    pool += [f"_{first}{second}" for second in ascii_lowercase + digits for first in ascii_lowercase]
    free = [name for name in pool if name not in taken]
    if count > len(free):
        raise ValueError(f"{count} private names in one module")
    return free[:count]
