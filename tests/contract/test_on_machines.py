"""The device's own ports, compiled to bytecode, held to their contracts on both MicroPython machines."""

import os
import subprocess
from pathlib import Path

import pytest

from tools import mpy

HERE = Path(__file__).resolve().parent
FILES = sorted((HERE / "portable").glob("on_*.py"))
RUNNER = HERE.parent / "portable" / "run.py"
_SECONDS = 120


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_ports_keep_their_contracts_on_micropython(vm: Path, umqtt: Path, tmp_path: Path, file: Path) -> None:
    """Sockets, files and the fakes of a board's modules behave there as on the device, not as on CPython."""
    command = [vm, RUNNER, mpy.compiled(optimise=0), f"tests.contract.portable.{file.stem}"]
    paths = os.environ | {"MICROPYPATH": f"{umqtt}:.frozen"}
    done = subprocess.run(
        command, cwd=tmp_path, env=paths, capture_output=True, text=True, timeout=_SECONDS, check=False
    )
    assert done.returncode == 0, f"{file.name} on {vm.name}:\n{done.stdout}{done.stderr}"
