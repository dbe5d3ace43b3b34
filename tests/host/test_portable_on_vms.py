"""Every portable test file, compiled to bytecode, on both MicroPython machines."""

import re
import subprocess
from pathlib import Path

import pytest

from tools import mpy

HERE = Path(__file__).resolve().parent.parent
FILES = sorted((HERE / "portable").glob("test_*.py"))
RUNNER = HERE / "portable" / "run.py"
_HEAP = "320k"  # of a 32-bit machine's words; a file may ask for another with a line `# heap: 64k`
_SECONDS = 120


def heap(file: Path) -> str:
    asked = re.search(r"^# heap: (\d+k)\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    return asked[1] if asked else _HEAP


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_portable_file_passes_on_micropython(vm: Path, file: Path) -> None:
    """CPython forgives what a device does not: 31-bit small integers, unordered dicts, a small heap."""
    tree = mpy.compiled(optimise=0)
    command = [vm, "-X", f"heapsize={heap(file)}", RUNNER, tree, f"tests.portable.{file.stem}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == 0, f"{file.name} on {vm.name}:\n{done.stdout}{done.stderr}"
