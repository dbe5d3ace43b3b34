"""Public names of the agent made short in an image: each is stored once on the device, at its full length.

One map for all joined files, so `core.outbox` and `self.outbox` stay the same name. Left alone: whatever hal/ and boards/ also
say (a port's methods meet other people's code there), names of Python's own types, and modules. An image carries the map
(`symbols.json`), by which a traceback of a device is read.
"""

import ast
import binascii
import builtins
import hashlib
import io
import itertools
import keyword
import struct
import tokenize
from array import array
from collections.abc import Iterable, Mapping
from string import ascii_lowercase

FOLDERS = ("agent/", "simulator/")
_KEYWORDS = ("key", "reverse", "default", "start", "end", "sep", "file")  # of builtin functions
_FOREIGN = (
    bytes,
    bytearray,
    memoryview,
    str,
    int,
    list,
    dict,
    tuple,
    set,
    array,
    Exception,
    struct,
    hashlib,
    binascii,
    builtins,
)
_SHORTEST_GAIN = 3  # a name this short is not worth a line in the map


def symbols(texts: Mapping[str, str]) -> dict[str, str]:
    """Name → short name, for everything that only the agent's own files say."""
    ours = {path: text for path, text in texts.items() if path.startswith(FOLDERS)}
    bound = set[str]().union(*(_bound(ast.parse(text)) for text in ours.values()))
    counts: dict[str, int] = {}
    for text in ours.values():
        for name in _words(text):
            counts[name] = counts.get(name, 0) + 1
    others = set[str]().union(*(_words(text) for path, text in texts.items() if path not in ours))
    modules = {part for path in texts for part in path.removesuffix(".py").split("/")}
    foreign = {name for kind in _FOREIGN for name in dir(kind)} | set(dir(hashlib.sha256()))
    fixed = others | modules | foreign | set(_KEYWORDS)
    wanted = [name for name in bound - fixed if len(name) >= _SHORTEST_GAIN and not name.startswith("_")]
    wanted.sort(key=lambda name: (-counts[name], name))
    taken = fixed | counts.keys() | set(keyword.kwlist)
    return dict(zip(wanted, _short(taken), strict=False))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The same program under the short names. Text in strings and the paths of imported modules stay."""
    lines = text.split("\n")
    importing = False
    edits: list[tuple[int, int, str]] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            if token.string == "from" and not lines[token.start[0] - 1][: token.start[1]].strip():
                importing = True  # until `import`: the path of a module
            elif token.string == "import":
                importing = False
            elif not importing and token.string in names:
                edits.append((token.start[0] - 1, token.start[1], token.string))
        elif token.type == tokenize.STRING and token.string[:1] in "fF":
            raise ValueError(f"line {token.start[0]}: an f-string hides names from the image")
    for row, column, name in reversed(edits):
        lines[row] = lines[row][:column] + names[name] + lines[row][column + len(name) :]
    return "\n".join(lines)


def _words(text: str) -> set[str]:
    return {
        token.string for token in tokenize.generate_tokens(io.StringIO(text).readline) if token.type == tokenize.NAME
    }


def _bound(tree: ast.Module) -> set[str]:
    """Functions, classes, attributes and parameters that these files bind."""
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
    return names


def _short(taken: set[str]) -> Iterable[str]:
    pairs = ("".join(letters) for letters in itertools.product(ascii_lowercase, repeat=2))
    return (name for name in pairs if name not in taken)
