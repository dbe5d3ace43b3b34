"""basedpyright, twice: portable and host code against CPython, hardware code against the ESP32's own stubs."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.check.finding import Finding, files
from tools.places import ROOT

HOST = ("agent", "hal", "simulator", "tools", "amace_edge", "boards/host")
"""Against CPython's library, except what stands in DEVICE."""

DEVICE = ("hal/esp32", "hal/mpy", "boards", "simulator/vm.py")
"""Against the device's library, except what stands in HOST and is named there more closely."""

STUBS = ROOT / ".venv" / "stubs"
TYPINGS = "hal/esp32/typings"
"""Stubs of our own for firmware modules that no package describes, or describes wrongly."""

PEERS = ("tools/bench/device",)
"""Scripts that measure other people's modules, which have no types."""

_STRICT = {
    "typeCheckingMode": "strict",
    "pythonVersion": "3.11",
    "reportMissingModuleSource": "none",
    "reportUnnecessaryTypeIgnoreComment": "error",
}
_LOOSE = dict.fromkeys(("reportUnknownMemberType", "reportUnknownVariableType", "reportUnknownArgumentType"), "none")
"""The firmware's stubs leave many results untyped; what our own code declares is still checked."""


def host(tree: Path) -> list[Finding]:
    return _run(tree, HOST, (*DEVICE, *PEERS), {"extraPaths": [str(tree), str(tree / "hal/host/shims")]})


def device(tree: Path) -> list[Finding]:
    if not STUBS.is_dir():
        return [
            Finding("requirements/stubs.txt", 1, "the device's type stubs are not installed", "start with ./run check")
        ]
    # CPython's library is replaced by MicroPython's, so that what the device lacks is an error. Of the paths the first one
    # that has a module wins: ours come before what is published.
    paths = [str(tree), str(tree / TYPINGS), str(STUBS)]
    library = {"typeshedPath": str(STUBS), "stubPath": str(tree / TYPINGS), "extraPaths": paths}
    return _run(tree, DEVICE, HOST, library | _LOOSE)


def _run(tree: Path, include: Sequence[str], exclude: Sequence[str], settings: Mapping[str, object]) -> list[Finding]:
    present = files(tree, ".py")
    included = [
        folder for folder in include if any(name == folder or name.startswith(folder + "/") for name in present)
    ]
    if not included:
        return []
    # "boards/host" of one run is inside "boards" of the other: only what is deeper than an included folder is cut out.
    cut = [other for other in exclude if any(other.startswith(folder + "/") for folder in include)]
    chosen = {
        "include": [str(tree / folder) for folder in included],
        "exclude": [str(tree / folder) for folder in cut] + ["**/__pycache__", str(tree / "boards/**/manifest.py")],
    }
    with tempfile.TemporaryDirectory() as scratch:
        project = Path(scratch, "pyrightconfig.json")
        project.write_text(json.dumps(chosen | _STRICT | dict(settings)))
        command = [
            sys.executable,
            "-m",
            "basedpyright",
            "--outputjson",
            "--pythonpath",
            sys.executable,
            "-p",
            str(project),
        ]
        done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    return _read(tree.resolve(), done)


def _read(tree: Path, done: subprocess.CompletedProcess[str]) -> list[Finding]:
    try:
        report = json.loads(done.stdout)
    except ValueError:
        return [
            Finding(
                "pyproject.toml",
                1,
                f"basedpyright cannot run: {(done.stderr or done.stdout)[:300]}",
                "mend what it names",
            )
        ]
    found: list[Finding] = []
    for item in report["generalDiagnostics"]:
        path = Path(item["file"])
        name = path.relative_to(tree).as_posix() if path.is_relative_to(tree) else str(path)
        message = " ".join(item["message"].split())
        if item["severity"] != "information":
            found.append(Finding(name, item["range"]["start"]["line"] + 1, message, item.get("rule", "syntax")))
    return found
