"""`amace prove`: tries in three independent ways to make the agent tell what nobody allowed, and shows that each would have noticed.

Two worlds, one transcript · the core against its model · canaries · and leaks planted on purpose. Ends with 1 at the first finding,
with the seed that shows it again.
"""

import itertools
import json
import random
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from rich.table import Table

from simulator.proof import canaries, model, planted, player, walk, worlds
from simulator.proof.life import combos, make
from tools import app as application
from tools import fetch, mpy
from tools.console import err, out
from tools.errors import Problem
from tools.prove.leaks import Trial, trials
from tools.prove.machine import play_on

app = application.new()
_STATES = 2_000
_STEPS = 2_000  # of one trace
_ON_VM = 10_000


@dataclass
class Account:
    """What was tried, and what was found: nothing, unless `findings` says so."""

    seed: int
    lives: int = 0
    combinations: int = 0
    ticks: int = 0
    exchanges: int = 0
    altered: int = 0
    steps: int = 0
    machine_steps: int = 0
    states: int = 0
    searched_lives: int = 0
    searched_bytes: int = 0
    leaks: list[Trial] = field(default_factory=list[Trial])
    findings: list[str] = field(default_factory=list[str])


@app.command()
def prove(
    seed: Annotated[int, typer.Option(help="Where chance begins.", min=0)] = 1,
    minutes: Annotated[
        float, typer.Option(help="How long to try, shared among the three ways.", min=0.05, max=1_440)
    ] = 1,
    plant: Annotated[bool, typer.Option(help="Also plant leaks and show that each is caught.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was tried as JSON.")] = False,
) -> None:
    """Looks for what leaks, in three ways, and shows with planted leaks that it would be found."""
    account = Account(seed)
    with Progress(console=err, transient=True) as progress:
        for name, share, part in (("two worlds", 0.5, _worlds), ("model", 0.25, _model), ("canaries", 0.25, _canaries)):
            _timed(progress, name, minutes * 60 * share, lambda k, part=part: part(account, seed + k))
        if not account.findings:
            _machine(account)
            account.states = _walk(account)
        if plant and not account.findings:
            task = progress.add_task("planted leaks", total=len(planted.LEAKS))
            for one in trials(planted.LEAKS):
                account.leaks.append(one)
                progress.advance(task)
            account.findings += [f"not caught: {one.name}" for one in account.leaks if not one.caught]
    if as_json:
        print(json.dumps(asdict(account), indent=1))
    else:
        _show(account)
    if account.findings:
        raise typer.Exit(1)


def _timed(progress: Progress, name: str, seconds: float, part: Callable[[int], bool]) -> None:
    """Calls `part(0)`, `part(1)`… until the time is over or it has found something."""
    task = progress.add_task(name, total=seconds)
    began = time.monotonic()
    for k in itertools.count():
        if part(k) or time.monotonic() - began >= seconds:
            return
        progress.update(task, completed=time.monotonic() - began)


def _worlds(account: Account, k: int) -> bool:
    """One life; all combinations in turn, in the order of the seed."""
    every = combos()
    turn, at = divmod(k - account.seed, len(every))
    random.Random(account.seed).shuffle(every)
    result = worlds.live(make(account.seed + turn, every[at]))
    account.lives += 1
    account.combinations = min(account.lives, len(every))
    account.ticks += result.steps
    account.exchanges += result.exchanges
    account.altered += result.altered
    if result.difference is not None:
        small = worlds.shrink(result)
        events = "\n".join(f"  {event.t:>7} ms {event.do} {event.args}" for event in small.life.events)
        account.findings.append(
            f"two worlds differ, seed {account.seed}, {every[at]}, {small.difference}\nin the life of\n{events}"
        )
    return bool(account.findings)


def _model(account: Account, k: int) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        if player.run(str(_trace(Path(folder), k, _STEPS))) < 0:
            account.findings.append(f"the core differs from its model, trace {k}, --seed {k}")
    account.steps += _STEPS
    return bool(account.findings)


def _trace(folder: Path, seed: int, steps: int) -> Path:
    file = folder / "trace.txt"
    file.write_text("\n".join(model.random_trace(seed, steps)) + "\n", encoding="utf-8")
    return file


def _machine(account: Account) -> None:
    """The same on the 32-bit machine, where there is one."""
    try:
        machine, tree = fetch.micropython(32), mpy.compiled(optimise=0)
    except Problem as problem:
        err.print(f"not played on a 32-bit machine: {problem}")
        return
    with tempfile.TemporaryDirectory() as folder:
        said = play_on(machine, tree, _trace(Path(folder), account.seed, _ON_VM))
    if said.split() == [str(_ON_VM)]:
        account.machine_steps = _ON_VM
    else:
        account.findings.append(f"the core on a 32-bit machine differs from its model, trace {account.seed}: {said}")


def _walk(account: Account) -> int:
    try:
        return walk.walk(_STATES)
    except walk.Broken as broken:
        account.findings.append(f"the model breaks its own law: {broken}")
        return 0


def _canaries(account: Account, k: int) -> bool:
    every = combos()
    random.Random(account.seed + 1).shuffle(every)
    combo = every[k % len(every)]
    watched = canaries.watch(make(k, combo))
    account.searched_lives += 1
    account.searched_bytes += watched.searched
    if watched.hit is not None:
        account.findings.append(f"a canary, life {k} of {combo}, {watched.hit}")
    return bool(account.findings)


def _show(account: Account) -> None:
    every = len(combos())
    out.print(f"[bold]seed {account.seed}[/bold]")
    out.print(
        f"two worlds  {account.lives:,} lives, {account.combinations} of {every} combinations of purpose, precision, recipient and fate; "
        f"{account.altered:,} inputs differed, {account.exchanges:,} exchanges in {account.ticks:,} ticks did not"
    )
    out.print(
        f"model       {account.steps:,} random steps agree here, {account.machine_steps:,} on a 32-bit machine; "
        f"{account.states:,} states of the small world walked"
    )
    out.print(f"canaries    {account.searched_bytes:,} bytes of {account.searched_lives:,} lives searched")
    if account.leaks:
        table = Table("planted leak", "found by", box=None, pad_edge=False)
        for one in account.leaks:
            table.add_row(one.name, ", ".join(one.found) or "[red]nobody[/red]")
        out.print(table)
        out.print(f"{sum(one.caught for one in account.leaks)} of {len(account.leaks)} planted leaks caught")
    for finding in account.findings:
        out.print(f"[red]found[/red] {finding}", markup=True)
    out.print("nothing leaked" if not account.findings else "[red]this must not be[/red]")
