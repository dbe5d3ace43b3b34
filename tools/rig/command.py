"""`amace hil`: the rig tests on a device, with the plugin of tools/rig/plugin.py; `amace hil doctor` tells what is there,
`amace hil show` what one device is doing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from tools import app as application
from tools.console import out
from tools.enrolment import Enrolment, load
from tools.errors import Problem
from tools.places import ROOT, SHIMS
from tools.rig import doctor, show, target
from tools.rig.virtual import DEVICES

app = application.new()
TESTS = "tests/hil"


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def main(
    context: typer.Context,
    dut: Annotated[
        list[str] | None,
        typer.Option(
            "--dut", metavar="DEVICE", help=f"{', '.join(DEVICES)}, a port's path, socket://host:port; repeatable."
        ),
    ] = None,
    enrolment: Annotated[
        Path | None, typer.Option("--enrolment", metavar="FILE", help="Keys of an enrolled device (amace enrol --out).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="With doctor and show: machine-readable.")] = False,
) -> int:
    """Runs the rig tests on a device: `./run hil --dut mp32`, with further arguments for pytest.

    `./run hil doctor` lists devices. `./run hil show --dut PORT` tells what one is doing, with its journal.
    """
    words = list(context.args)
    if words[:1] == ["doctor"]:
        _no_more(words)
        return _doctor(as_json)
    keys = load(enrolment) if enrolment is not None else None  # what is wrong with it is said here, in one line
    if words[:1] == ["show"]:
        _no_more(words)
        return _show(dut or [], keys, as_json)
    if not dut:
        raise Problem(
            "no device is named",
            "amace hil",
            "Write --dut sim, --dut mp32 or --dut PORT; `amace hil doctor` lists them",
        )
    target.probe(dut)
    if enrolment is not None:
        words.append(f"--enrolment={enrolment.resolve()}")
    # Loaded first, the plugin makes pytest know its options wherever they stand; it needs the device's modules then.
    command = [sys.executable, "-m", "pytest", "-p", "tools.rig.plugin", f"--rootdir={ROOT}"]
    command += [f"--dut={name}" for name in dut]
    if not any(word.startswith("tests/") for word in words):
        command.append(TESTS)
    path = os.pathsep.join([str(ROOT), str(SHIMS), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    return subprocess.run([*command, *words], cwd=ROOT, env={**os.environ, "PYTHONPATH": path}, check=False).returncode


def _no_more(words: list[str]) -> None:
    if words[1:]:
        raise Problem(f"{words[0]} takes no {words[1]!r}", f"amace hil {words[0]}", "See amace hil --help")


def _show(duts: list[str], keys: Enrolment | None, as_json: bool) -> int:
    if len(duts) != 1:
        raise Problem("show looks at one device", "amace hil show", "Name it with --dut")
    lines, told = show.look(duts[0], keys)
    print(json.dumps(told, indent=1) if as_json else "\n".join(lines))
    return 0


def _doctor(as_json: bool) -> int:
    findings = doctor.examine()
    if as_json:
        print(json.dumps([finding._asdict() for finding in findings], indent=1))
    else:
        for finding in findings:
            mark = "[green]ok[/]  " if finding.usable else "[yellow]no[/]  "
            out.print(f"{mark}{finding.device:28} {finding.what}")
    return 0
