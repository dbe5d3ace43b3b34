"""Invariant I1: in agent/, only the gate holds or calls a way out. The tables below are the whole rule.

Boards hand the ways out to the gate as `Ways` and every port to the core as `Ports`. The same object is in both, so the
check goes by name: outside the gate no file touches one of WAYS on anything but the gate itself, and the name `ways`
appears only where a caller passes it on. That whatever is called `gate` is a `Gate`, the type check sees to.
"""

import ast
from pathlib import Path

from tools.check.finding import Finding, files, parse

GATE = "agent/privacy/gate.py"
DEFINES = "agent/wiring.py"
PASSES = ("agent/core.py", "agent/runtime.py")
"""May take `ways` as a parameter and hand it to CARRIERS, nothing else."""

CARRIERS = ("Gate", "Core", "serve")
WAYS = ("open", "send", "advertise", "silence", "notify", "write", "publish", "sendto", "sendall")
"""Methods of hal/ports.py through which a byte leaves, and what sockets and MQTT clients call the same thing."""

ASKED = ("gate", "_gate", "self")
"""The gate has methods of the same names: asking it is the right way. An object's own attribute is no port."""

NAMES = ("ways", "_ways", "Ways")


def check(tree: Path) -> list[Finding]:
    names = [name for name in files(tree, ".py") if name.startswith("agent/") and name not in (GATE, DEFINES)]
    return [finding for name in names for finding in _check_file(parse(tree, name), name)]


def _check_file(module: ast.Module, name: str) -> list[Finding]:
    passed = _passed_on(module) if name in PASSES else set[int]()
    found: list[Finding] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Attribute) and node.attr in WAYS and _last_name(node.value) not in ASKED:
            found.append(Finding(name, node.lineno, f"it uses .{node.attr}, a way out", f"release it through {GATE}"))
        elif (
            isinstance(node, ast.Name | ast.Attribute | ast.arg)
            and _last_name(node) in NAMES
            and id(node) not in passed
        ):
            mend = f"only {GATE} may; core.py passes `ways` straight to Gate(...)"
            found.append(Finding(name, node.lineno, "it holds the ways out", mend))
        elif isinstance(node, ast.Name) and node.id in ("getattr", "globals", "vars"):
            found.append(Finding(name, node.lineno, f"{node.id} can reach a way out unseen", "name the attribute"))
    return found


def _last_name(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.arg if isinstance(node, ast.arg) else ""


def _passed_on(module: ast.Module) -> set[int]:
    """Parameters, and direct arguments of a carrier's call."""
    passed = {id(node) for node in ast.walk(module) if isinstance(node, ast.arg)}
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CARRIERS:
            passed |= {id(argument) for argument in node.args} | {id(keyword.value) for keyword in node.keywords}
    return passed
