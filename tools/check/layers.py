"""Who may import whom. The table is the architecture; the rest of the file reads imports and compares.

Refuses: a wrong arrow, a module the device lacks, an absolute import inside `agent` or `hal`, and a dynamic import
outside the one place that loads rooms.
"""

import ast
from pathlib import Path
from typing import NamedTuple

from tools.check.finding import Finding, files, parse

OURS = ("agent", "hal", "boards", "simulator", "tools", "tests", "amace_edge")
BASE = ("micropython", "struct", "binascii", "hashlib", "collections", "array")
MICROPYTHON = (
    *BASE,
    "asyncio",
    "cryptolib",
    "errno",
    "gc",
    "json",
    "os",
    "random",
    "select",
    "socket",
    "ssl",
    "sys",
    "time",
    "tls",
    "vfs",
)
ESP32 = (*MICROPYTHON, "bluetooth", "camera", "esp", "esp32", "machine", "network", "uctypes", "umqtt", "ussl")
STEPPED = ("board", "stepper", "vm", "proof/player")
"""What of the simulator runs on the device's side of the step wire."""

MODELLED = ("flash", "net", "nor", "peer", "stream")
"""Ports of the simulator that stand alone: they run wherever the agent does, and know nothing of it."""


class Rule(NamedTuple):
    """The first rule whose prefix fits a path decides. `outside=None` admits every foreign module."""

    prefix: str
    ours: tuple[str, ...]
    outside: tuple[str, ...] | None
    typing: tuple[str, ...] = ()  # further modules inside `if _TYPING:`


RULES = (
    Rule("agent/base/rooms.py", ("agent",), (*BASE, "gc", "sys")),
    Rule("agent/runtime.py", ("agent",), (*BASE, "asyncio", "gc", "sys"), ("hal.ports",)),
    Rule("agent/crypto/", ("agent",), (*BASE, "cryptolib"), ("hal.ports",)),
    Rule("agent/", ("agent",), BASE, ("hal.ports",)),
    Rule("hal/__init__.py", (), BASE),
    Rule("simulator/__init__.py", (), BASE),
    Rule("hal/ports.py", (), ("typing", "collections.abc")),
    Rule("hal/parts/", ("hal",), BASE),
    Rule("hal/mpy/", ("hal",), (*MICROPYTHON, "umqtt", "ussl")),
    Rule("hal/esp32/", ("hal",), ESP32),
    Rule("hal/", ("hal",), None),
    Rule("boards/host/", ("agent", "hal", "boards"), None),
    Rule("boards/", ("agent", "hal", "boards"), ESP32),
    *(
        Rule(f"simulator/{name}.py", ("simulator.peer", "simulator.stream"), MICROPYTHON, ("hal.ports",))
        for name in MODELLED
    ),
    Rule("simulator/remote.py", ("simulator",), MICROPYTHON, ("hal.ports",)),
    *(Rule(f"simulator/{name}.py", ("agent", "simulator"), MICROPYTHON, ("hal.ports",)) for name in STEPPED),
    Rule("simulator/", ("agent", "hal.ports", "simulator"), None),
    Rule("tools/replay/device.py", ("agent",), MICROPYTHON),
    Rule("tools/", ("agent", "hal", "boards", "simulator", "tools"), None),
    Rule("amace_edge/", ("tools", "amace_edge"), None),
    Rule("tests/portable/", ("agent", "hal", "simulator", "tests.portable"), MICROPYTHON),
    Rule(
        "tests/contract/portable/",
        (
            "agent",
            "hal",
            "boards",
            "simulator.flash",
            "simulator.net",
            "simulator.nor",
            "simulator.peer",
            "simulator.remote",
            "simulator.stream",
            "tests.contract.portable",
            "tests.fakes",
        ),
        ESP32,
    ),
    Rule("tests/fakes/", ("tests.contract.portable", "tests.fakes"), MICROPYTHON),
    Rule("tests/", OURS, None),
)
FOR_TYPES = ("typing", "collections.abc")
"""Foreign modules that `if _TYPING:` may name anywhere."""

RELATIVE = ("agent", "hal")
"""Folders whose own files import each other relatively, so that they also work as `lib/amace/agent`."""

LOADERS = ("agent/base/rooms.py",)
"""The only device code that may import by a computed name."""

USES_LOADER = ("agent/core.py",)
"""The only one that may ask it to."""


class Import(NamedTuple):
    line: int
    module: str  # absolute, dotted
    relative: bool
    typing: bool


def check(tree: Path) -> list[Finding]:
    return [finding for name in files(tree, ".py") for finding in _check_file(tree, name)]


def rule_of(name: str) -> Rule | None:
    return next((rule for rule in RULES if name.startswith(rule.prefix)), None)


def _check_file(tree: Path, name: str) -> list[Finding]:
    rule = rule_of(name)
    if rule is None:
        return []
    found = [_judge(rule, name, item) for item in imports(parse(tree, name), name)]
    if name.startswith(("agent/", "hal/parts/", "boards/")) and name not in LOADERS:
        found += [
            Finding(
                name,
                node.lineno,
                f"it calls {node.func.id}",
                "import by name at the top; only agent/base/rooms.py loads by name",
            )
            for node in ast.walk(parse(tree, name))
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in ("__import__", "exec", "eval")
        ]
    if name.startswith("agent/") and name not in USES_LOADER:
        found += [
            Finding(name, node.lineno, "it loads rooms", "only agent/core.py decides which rooms are in memory")
            for node in ast.walk(parse(tree, name))
            if isinstance(node, ast.ImportFrom) and "rooms" in [alias.name for alias in node.names]
        ]
    return [finding for finding in found if finding]


def imports(module: ast.Module, name: str) -> list[Import]:
    """Every import of a file, relative ones resolved. `from hal import ports` counts as `hal.ports`."""
    package = name.removesuffix("/__init__.py").removesuffix(".py").split("/")
    if not name.endswith("/__init__.py"):
        package.pop()
    guarded = {id(node) for block in ast.walk(module) if _is_typing(block) for node in ast.walk(block)}
    found: list[Import] = []
    for node in ast.walk(module):
        typing = id(node) in guarded
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name, False, typing) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = ".".join([*base, *([node.module] if node.module else [])])
            packages = start in OURS or (node.level and not node.module)
            targets = [f"{start}.{alias.name}" for alias in node.names] if packages else [start]
            found += [Import(node.lineno, target, bool(node.level), typing) for target in targets]
    return found


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "_TYPING"


def _judge(rule: Rule, name: str, item: Import) -> Finding | None:
    room = name.split("/")[0]
    top = item.module.split(".")[0]
    if item.typing and _within(item.module, (*rule.typing, *FOR_TYPES)):
        return None
    if top in OURS or item.relative:
        if not _within(item.module, rule.ours):
            return Finding(
                name,
                item.line,
                f"{room} must not import {item.module}",
                f"it may import: {', '.join(rule.ours) or 'nothing of ours'}",
            )
        if top == room and room in RELATIVE and not item.relative and not item.typing:
            return Finding(
                name,
                item.line,
                f"{item.module} is imported by its absolute name",
                f"inside {room} write: from .… import …",
            )
    elif rule.outside is not None and not _within(item.module, rule.outside):
        return Finding(
            name, item.line, f"{item.module} is not for this folder", f"it may import: {', '.join(rule.outside)}"
        )
    return None


def _within(module: str, allowed: tuple[str, ...]) -> bool:
    return any(module == entry or module.startswith(entry + ".") for entry in allowed)
