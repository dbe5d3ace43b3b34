"""`amace sim`: one scenario file on one runtime, with its transcript."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from simulator import scenario
from tools import app as application
from tools.console import out
from tools.sim import ride, runtimes

app = application.new()
_MAX_SEED = 2**31 - 1


@app.command()
def main(
    file: Annotated[
        str, typer.Argument(metavar="FILE", help="A scenario (TOML), or the name of one of ours; `list` names them.")
    ],
    runtime: Annotated[str, typer.Option(help="Where the agent runs: cpython, mp64 or mp32.")] = "cpython",
    transcript: Annotated[str, typer.Option(metavar="OUT", help="Write every byte at every port there.")] = "",
    seed: Annotated[int | None, typer.Option(min=0, max=_MAX_SEED, help="Another world than the scenario's.")] = None,
    as_json: Annotated[str, typer.Option("--json", metavar="FILE", help="Write the report as JSON; - is stdout.")] = "",
    heap: Annotated[str, typer.Option(metavar="SIZE", help="Heap of the virtual machine, like 120k.")] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No timeline, only the report.")] = False,
) -> int:
    """Plays a scenario and says whether what it expects came true: 0 yes, 1 no, 2 something to mend."""
    if file == "list":
        for name in ride.names():
            path = ride.find(name)
            out.print(f"{name:12} {scenario.load(path).about}")
        return 0
    runtimes.check(runtime, heap)
    path: Path = ride.find(file)
    chosen = ride.asked(lambda: scenario.load(path))
    if seed is not None:
        chosen = replace(chosen, setting=replace(chosen.setting, seed=seed))
    return ride.ride(chosen, ride.Wishes(runtime, heap, transcript, as_json, not quiet))
