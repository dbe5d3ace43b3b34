"""Nothing that runs on a device can hear: the policy names a microphone permission (5.6.1) and no use for one.

Refuses, by name, whatever MicroPython or a board's own firmware offers for sound coming in: I2S, PDM, audio modules, microphone pins.
"""

import ast
from pathlib import Path

from tools.check.finding import Finding, parse
from tools.device import device_files

_HEARS = ("i2s", "pdm", "audio", "mic", "mics", "microphone")
_ALLOWED = ("MICROPHONE", "MICROPHONE_CLOCK", "MICROPHONE_DATA")
"""The permission switch, a bit that no purpose needs; and the pins that a board with a microphone holds still."""


def check(tree: Path) -> list[Finding]:
    return [finding for name in device_files(tree) for finding in _check_file(parse(tree, name), name)]


def _check_file(module: ast.Module, name: str) -> list[Finding]:
    found: list[Finding] = []
    for node in ast.walk(module):
        said = {word for word in _words(node) if word not in _ALLOWED and _hears(word)}
        found += [
            Finding(name, getattr(node, "lineno", 1), f"{word} is for hearing", "no purpose has a microphone (5.6.1)")
            for word in sorted(said)
        ]
    return found


def _words(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
        return [*module.split("."), *(part for alias in node.names for part in alias.name.split("."))]
    if isinstance(node, ast.Attribute):
        return [node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def _hears(word: str) -> bool:
    return any(part in _HEARS for part in word.lower().split("_"))
