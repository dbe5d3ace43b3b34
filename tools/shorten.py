"""Private names of a module made short, before mpy-cross sees the source.

Every distinct name of a device costs about 18 bytes of heap, and MicroPython's table of names grows by doubling. A private
name is used in its own module only (the type checker refuses anything else), so each module may count from `_a` again:
the agent goes from 650 names to 510. Strings, comments and line numbers stay. Only names that the module itself binds
are touched; a name that belongs to a library is not.
"""

import ast
import io
import tokenize
from string import ascii_lowercase, digits

FOLDERS = ("agent/", "simulator/")
"""Where private names are ours alone: hal/ leans on libraries, whose names it may override."""


def shortened(text: str) -> str:
    """The same program with `_private` names replaced, longest-serving names first."""
    bound = _bound(ast.parse(text))
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


def _bound(tree: ast.Module) -> set[str]:
    """Private names that this module binds: functions, classes, attributes of self, variables and parameters."""
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
