"""Runs a scenario and tells about it: timeline and report on stdout, progress on stderr, files where asked."""

import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO, TypeVar

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from simulator import expect, report, scenario, show
from simulator.device import DeviceError
from simulator.errors import ScenarioError
from simulator.play import Options, play
from simulator.scenario import Scenario
from tools.console import err, out
from tools.errors import Problem
from tools.sim import ledger, runtimes

Made = TypeVar("Made")
SCENARIOS = Path(scenario.__file__).parent / "scenarios"
_LONG_MS = 2 * 3_600_000  # from here on, and on a VM, a bar is shown


@dataclass
class Wishes:
    """What the command line asked for beside the scenario."""

    runtime: str = "cpython"
    heap: str = ""
    transcript: str = ""
    json: str = ""
    timeline: bool = True


def find(name: str) -> Path:
    """A scenario's file: a path, or the name of one of ours without its ending."""
    path = Path(name)
    ours = SCENARIOS / f"{name}.toml"
    if not path.exists() and path.name == name and ours.is_file():
        return ours
    return path


def names() -> list[str]:
    return sorted(path.stem for path in SCENARIOS.glob("*.toml"))


def asked(make: Callable[[], Made]) -> Made:
    """What `make` returns; its refusal as a Problem."""
    try:
        return make()
    except ScenarioError as error:
        raise Problem(error.what, error.where, error.mend) from error


def ride(chosen: Scenario, wishes: Wishes, options: Options | None = None) -> int:
    """Plays, prints, writes; 0 when every expectation holds, else 1."""
    runtimes.check(wishes.runtime, wishes.heap)
    options = options or Options()
    text = ""
    with ExitStack() as files:
        transcript = files.enter_context(_writer(wishes.transcript, "--transcript")) if wishes.transcript else None
        report_file = files.enter_context(_writer(wishes.json, "--json")) if wishes.json not in ("", "-") else None
        if transcript is not None:
            options.sink = transcript.write
        timeline = show.Timeline(out)
        told = wishes.timeline and wishes.json != "-"
        if told:
            out.print(f"[bold]{chosen.title}[/bold]  [dim]{chosen.about}[/dim]")
            options.on_entry = timeline.show
        device = runtimes.open_device(wishes.runtime, wishes.heap)
        files.callback(device.close)
        files.enter_context(_bar(chosen, wishes, options, told))
        try:
            run = play(chosen, device, options)
        except DeviceError as error:
            raise Problem(str(error), f"--runtime {wishes.runtime}", "Give it more heap with --heap") from error
        timeline.flush()
        facts = report.facts(run, expect.verdicts(run), wishes.runtime, ledger.facts(run, device))
        text = json.dumps(facts, indent=2) + "\n"
        if report_file is not None:
            report_file.write(text)
    if wishes.json == "-":
        sys.stdout.write(text)
    else:
        show.report(out, facts)
    return 0 if facts["holds"] else 1


def _writer(name: str, where: str) -> TextIO:
    try:
        return open(name, "w", encoding="utf-8", newline="\n")
    except OSError as error:
        raise Problem(
            f"{name!r} cannot be written: {error.strerror}", where, "Name a file in a folder of yours"
        ) from error


def _bar(chosen: Scenario, wishes: Wishes, options: Options, told: bool) -> Progress:
    """A bar of virtual minutes. A timeline moves by itself."""
    long = chosen.length > _LONG_MS or wishes.runtime != "cpython"
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total} virtual minutes"),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal or not long or (told and out.is_terminal),
    )
    task = bar.add_task(chosen.title, total=chosen.length // 60_000)
    options.progress = lambda t: bar.update(task, completed=t // 60_000)
    return bar
