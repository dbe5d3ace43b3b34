"""`amace bench`: this slice's figures beside its peers', measured in one run, with the ratio. Never a test: times are shown, not judged."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tools import app as application
from tools.bench.figures import Figure, table
from tools.bench.parts import PARTS
from tools.console import err, out
from tools.errors import Problem

app = application.new()

_PEERS = ("micropyGPS/micropyGPS.py", "micropython-lib/python-ecosys/cbor2/cbor2/__init__.py")


@app.command()
def bench(
    parts: Annotated[list[str] | None, typer.Argument(help=f"Only these: {', '.join(PARTS)}.")] = None,
    peers: Annotated[
        Path | None,
        typer.Option(
            help="Folder of checkouts named micropyGPS and micropython-lib; without it they are not measured."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the figures as JSON.")] = False,
) -> None:
    """Measures parsing, reporting, publishing and heap beside the peers, in one run on this machine."""
    wanted = parts or list(PARTS)
    for name in wanted:
        if name not in PARTS:
            raise Problem(f"there is no part {name}", "bench", f"Choose from {', '.join(PARTS)}")
    folder = _checked(peers)
    figures: list[Figure] = []
    for name in wanted:
        with err.status(f"measuring {name}"):
            figures += PARTS[name](folder)
    _show(figures, as_json, folder)


def _checked(peers: Path | None) -> Path | None:
    if peers is None:
        return None
    for place in _PEERS:
        if not (peers / place).is_file():
            raise Problem(f"{place} is not there", str(peers), "Clone micropyGPS and micropython-lib into this folder")
    return peers.resolve()


def _show(figures: Sequence[Figure], as_json: bool, peers: Path | None) -> None:
    if as_json:
        print(json.dumps([figure.as_dict() for figure in figures], indent=1))
        return
    out.print(table(figures))
    if peers is None:
        err.print("micropyGPS and cbor2 were not measured: name a folder of their checkouts with --peers")
