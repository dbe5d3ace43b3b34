"""`amace check`: every part at once, one line each, findings as `file:line: what (how to mend)`."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from tools import app as application
from tools.check import device, habits, layers, lint, policy, text, types, ways
from tools.check.finding import Finding
from tools.console import out
from tools.errors import Problem
from tools.places import ROOT

app = application.new()

PARTS: dict[str, Callable[[Path], list[Finding]]] = {
    # The two slow ones start first.
    "types": types.host,
    "hardware-types": types.device,
    "layers": layers.check,
    "ways-out": ways.check,
    "no-float": device.floats,
    "device-syntax": device.syntax,
    "device-habits": habits.check,
    "policy": policy.check,
    "format": lint.formatting,
    "lint": lint.rules,
    "words": text.words,
    "lengths": text.lengths,
}
_SHOWN = 40  # findings of one part; the rest is counted


def check(tree: Path, names: list[str]) -> int:
    """Runs the named parts, prints as they end; how many found something."""
    red = 0
    with ThreadPoolExecutor(4) as pool:
        started = {name: pool.submit(_timed, PARTS[name], tree) for name in names}
        for name, running in started.items():
            red += _show(name, running)
    return red


def _timed(part: Callable[[Path], list[Finding]], tree: Path) -> tuple[list[Finding], float]:
    start = time.perf_counter()
    return part(tree), time.perf_counter() - start


def _show(name: str, running: "Future[tuple[list[Finding], float]]") -> bool:
    found, seconds = running.result()
    verdict, colour = (f"{len(found)} to mend", "red") if found else ("ok", "green")
    out.print(f"{name:15} [{colour}]{verdict:12}[/] {seconds:5.1f} s")
    for finding in sorted(found)[:_SHOWN]:
        out.print(f"  {finding}", markup=False)
    if len(found) > _SHOWN:
        out.print(f"  … and {len(found) - _SHOWN} more")
    return bool(found)


@app.command()
def main(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Only these parts: {', '.join(PARTS)}.")] = None,
) -> int:
    """Checks layers, ways out, device syntax, format, lint, types and text. Exit code 1 when something is to be mended."""
    names = parts or list(PARTS)
    for name in names:
        if name not in PARTS:
            raise Problem(f"no part is called {name!r}", "amace check", f"There are: {', '.join(PARTS)}")
    red = check(ROOT, names)
    out.print(f"{len(names) - red} parts passed, {red} failed")
    return 1 if red else 0
