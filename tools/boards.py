"""`amace boards`: what the agent runs on, from the boards' own folders. Nothing of a board is imported or run.

A board is a folder below boards/ with a `facts.toml`; one that can be flashed has a `flash.toml` as well. Refuses facts with
an unknown key, a missing one, or one of another kind.
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated, NamedTuple, cast

import typer
from rich.table import Table

from tools import app as application
from tools.console import out
from tools.errors import Problem
from tools.places import ROOT

app = application.new()

FEATURES = (
    "gnss",
    "ble",
    "wifi",
    "link",
    "camera",
    "motion",
    "battery",
    "button",
    "light",
    "buzzer",
    "watchdog",
    "console",
)
"""Every port a board may have that a person would ask for."""

_KINDS: dict[str, type] = {
    "about": str,
    "chip": str,
    "flash_mb": int,
    "psram_mb": int,
    "features": list,
    "parts": dict,
    "budgets": dict,
}
_BUDGETS = ("heap_kb", "image_kb")


class Board(NamedTuple):
    name: str
    about: str
    chip: str
    flash_mb: int
    psram_mb: int
    features: tuple[str, ...]
    parts: dict[str, str]  # port → part
    budgets: dict[str, int]  # heap_kb the agent may use, image_kb of files; 0: not bounded
    flashable: bool


def load(folder: Path) -> Board:
    """One board's facts. Raises Problem with the file and the key."""
    where = f"boards/{folder.name}/facts.toml"
    try:
        raw: dict[str, object] = tomllib.loads((folder / "facts.toml").read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Problem(f"the facts cannot be read: {error}", where, "Copy another board's") from error
    if sorted(raw) != sorted(_KINDS):
        raise Problem(f"it holds {', '.join(sorted(raw))}", where, f"Write exactly: {', '.join(_KINDS)}")
    for key, kind in _KINDS.items():
        if type(raw[key]) is not kind:
            raise Problem(f"{key} is {raw[key]!r}", where, f"It is a {kind.__name__}")
    features = tuple(str(item) for item in cast("list[object]", raw["features"]))
    for feature in features:
        if feature not in FEATURES:
            raise Problem(f"no feature is called {feature!r}", where, f"There are: {', '.join(FEATURES)}")
    budgets = cast("dict[str, int]", raw["budgets"])
    if sorted(budgets) != sorted(_BUDGETS):
        raise Problem(f"budgets holds {', '.join(budgets)}", where, f"Write exactly: {', '.join(_BUDGETS)}")
    return Board(
        folder.name,
        str(raw["about"]),
        str(raw["chip"]),
        cast("int", raw["flash_mb"]),
        cast("int", raw["psram_mb"]),
        features,
        cast("dict[str, str]", raw["parts"]),
        budgets,
        (folder / "flash.toml").is_file(),
    )


def boards(tree: Path = ROOT) -> list[Board]:
    """All of them, by name."""
    return [load(path.parent) for path in sorted((tree / "boards").glob("*/facts.toml"))]


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="Only this board, with its parts.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Lists the boards: chip, memory, features and budgets; with a name, one board's parts."""
    found = boards()
    if name:
        found = [board for board in found if board.name == name]
        if not found:
            raise Problem(
                f"no board is called {name!r}", "boards", f"There are: {', '.join(board.name for board in boards())}"
            )
    if as_json:
        print(json.dumps([board._asdict() for board in found], indent=1, ensure_ascii=False))
    elif name:
        _show(found[0])
    else:
        out.print(_table(found))


def _table(found: list[Board]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("board", "chip", "flash", "heap", "image", "features"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "board")
    for board in found:
        table.add_row(
            board.name + ("" if board.flashable else " *"),
            board.chip,
            f"{board.flash_mb} MB" + (f" + {board.psram_mb} MB PSRAM" if board.psram_mb else ""),
            _budget(board.budgets["heap_kb"]),
            _budget(board.budgets["image_kb"]),
            " ".join(board.features),
        )
    table.caption = "* cannot be flashed: it runs on a computer"
    table.caption_justify = "left"
    return table


def _show(board: Board) -> None:
    out.print(f"[bold]{board.name}[/]  {board.about}")
    out.print(f"{board.chip}, {board.flash_mb} MB flash, {board.psram_mb} MB PSRAM")
    for port, part in board.parts.items():
        out.print(f"  {port:8} {part}", markup=False)


def _budget(kilobytes: int) -> str:
    return f"{kilobytes} kB" if kilobytes else "-"
