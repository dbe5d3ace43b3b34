"""`amace test`: the checks, then pytest on CPython and on both MicroPython machines."""

import subprocess
import sys
from typing import Annotated

import typer

from tools import app as application
from tools.check import command as checks
from tools.console import err
from tools.places import ROOT

app = application.new()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def main(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="Also the slow sweeps.")] = False,
) -> int:
    """Runs everything; with further arguments only pytest, which gets them: `./run test tests/portable -k wrap --pdb`."""
    chosen = list(context.args)
    red = 0
    if not chosen:
        red = checks.check(ROOT, list(checks.PARTS))
    else:
        err.print("test: further arguments given, so only pytest runs, without ./run check")
    command = [
        sys.executable,
        "-m",
        "pytest",
        *(["--full"] if full else []),
        *(chosen or ["--durations=15", "-n", "2"]),
    ]
    failed = subprocess.run(command, cwd=ROOT, check=False).returncode
    if red:
        err.print(f"test: {red} parts of ./run check failed (above)")
    return failed or (1 if red else 0)
