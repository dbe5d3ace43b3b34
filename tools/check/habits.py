"""What compiles for a device and then behaves otherwise there, and a microphone anywhere.

Sources: MicroPython 1.25, `docs/genrst` (differences) and measurements on its 32-bit unix port.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.check.finding import Finding, files, parse
from tools.device import is_device

MICROPHONE = {"I2S", "PDM", "audio", "audiocore", "pyaudio", "sounddevice", "soundfile", "alsaaudio"}
METHODS = {"hexdigest", "zfill", "removeprefix", "removesuffix", "bit_length", "casefold", "isidentifier", "translate"}
"""Methods that CPython's built-in types have and the device's lack."""

EXCEPTIONS = {"ConnectionError", "TimeoutError", "FileNotFoundError", "UnicodeDecodeError", "RecursionError"}
"""Exceptions the device lacks: naming one in an `except` raises NameError there, and only when something else failed."""

_Fault = tuple[ast.AST, str, str]  # where, what, how to mend


def check(tree: Path) -> list[Finding]:
    found: list[Finding] = []
    for name in files(tree, ".py"):
        module = parse(tree, name)
        faults = list(_microphones(module))
        if is_device(name):
            faults += [*_constants(module), *_absent(module), *_misleading(module)]
        found += [Finding(name, getattr(node, "lineno", 1), what, mend) for node, what, mend in faults]
    return found


def _microphones(module: ast.Module) -> Iterator[_Fault]:
    for node in ast.walk(module):
        words: list[str] = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            words = [part for alias in node.names for part in alias.name.split(".")]
            words += (node.module or "").split(".") if isinstance(node, ast.ImportFrom) else []
        elif isinstance(node, ast.Attribute):
            words = [node.attr]
        for word in MICROPHONE.intersection(words):
            yield node, f"{word} records sound", "the product has no microphone and must not be able to hear"


def _constants(module: ast.Module) -> Iterator[_Fault]:
    """`const` folds only for `_NAME = const(…)` at module level; in a class body it deletes the attribute."""
    good = {id(node.value) for node in module.body if isinstance(node, ast.Assign) and len(node.targets) == 1}
    for node in ast.walk(module):
        if _called(node) == "const" and id(node) not in good:
            yield node, "const(…) is not folded here", "write _NAME = const(…) at module level, without annotation"


def _absent(module: ast.Module) -> Iterator[_Fault]:
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in METHODS:
            yield node, f"the device has no .{node.attr}", "CONTRIBUTING.md lists what it has"
        elif isinstance(node, ast.Name) and node.id in EXCEPTIONS:
            yield node, f"the device has no {node.id}", "catch OSError and look at .args[0]"


def _misleading(module: ast.Module) -> Iterator[_Fault]:
    for node in ast.walk(module):
        if isinstance(node, ast.Raise) and node.cause is not None:
            yield node, "raise … from prints a warning on the device", "raise without from"
        elif isinstance(node, ast.Call) and _called(node) == "isinstance" and len(node.args) == 2:
            kind = node.args[1]
            if isinstance(kind, ast.Name) and kind.id in ("int", "bool"):
                yield node, "a bool is an int here and none on the device", f"write type(x) is {kind.id}"


def _called(node: ast.AST) -> str:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
