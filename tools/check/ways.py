"""Invariant I1: in agent/, only the gate holds or calls a way out. The tables below are the whole rule.

Boards hand the ways out to the gate as `Ways` and every port to the core as `Ports`. The same object may be in both, so
the check is by name: outside the gate no file calls one of WAYS' methods on anything, and the word `ways` appears only
where a caller passes it on to `Gate(...)`.
"""

import ast
from pathlib import Path

from tools.check.finding import Finding, files, parse

GATE = "agent/privacy/gate.py"
DEFINES = "agent/wiring.py"
PASSES = ("agent/core.py", "agent/runtime.py")
"""May take `ways` as a parameter and give it to CARRIERS, nothing else."""

CARRIERS = ("Gate", "Core")
WAYS = ("send", "advertise", "silence", "notify", "write", "publish", "sendto", "sendall")
"""Methods of hal/ports.py through which a byte leaves."""

NAMES = ("ways", "_ways", "Ways")


def check(tree: Path) -> list[Finding]:
    names = [name for name in files(tree, ".py") if name.startswith("agent/") and name not in (GATE, DEFINES)]
    return [finding for name in names for finding in _check_file(parse(tree, name), name)]


def _check_file(module: ast.Module, name: str) -> list[Finding]:
    found = [
        Finding(name, node.lineno, f"it calls .{node.func.attr}(), a way out", f"release it through {GATE}")
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WAYS
    ]
    passed = _passed_on(module) if name in PASSES else set[int]()
    found += [
        Finding(
            name,
            getattr(node, "lineno", 1),
            "it holds the ways out",
            f"only {GATE} may; core.py passes `ways` straight to Gate(...)",
        )
        for node in ast.walk(module)
        if _names_ways(node) and id(node) not in passed
    ]
    return found


def _names_ways(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in NAMES
    if isinstance(node, ast.Attribute):
        return node.attr in NAMES
    return isinstance(node, ast.arg) and node.arg in NAMES


def _passed_on(module: ast.Module) -> set[int]:
    """Parameters, and direct arguments of a carrier's call."""
    passed = {id(node) for node in ast.walk(module) if isinstance(node, ast.arg)}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CARRIERS:
            passed |= {id(argument) for argument in node.args} | {id(keyword.value) for keyword in node.keywords}
    return passed
