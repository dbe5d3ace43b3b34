"""All three ways over one tree, briefly: `python -m simulator.proof.trial FOLDER` prints as JSON which of them found something."""

import contextlib
import io
import json
import sys
from pathlib import Path

from agent.privacy import purposes as p
from simulator.proof import canaries, model, player, worlds
from simulator.proof.life import ENDS, NEVER, STAYS, UNSENT, Combo, make

_STEPS = 2_500
_SEEDS = 3
_PLACES = [
    Combo(purpose, precision, p.OWNER, mode)
    for mode in (ENDS, STAYS, UNSENT, NEVER)
    for precision in (1, 0, 2)
    for purpose in (p.LOCATION_REPORT,)
]
_REST = [Combo(p.LOCATION_ALARM, 1, p.OWNER, STAYS), Combo(p.SIM, 0, p.OWNER, NEVER), Combo(p.PHOTO, 0, p.OWNER, ENDS)]


def in_worlds() -> str:
    for seed in range(_SEEDS):
        for combo in (*_PLACES, *_REST):
            result = worlds.live(make(seed, combo))
            if result.difference is not None:
                return f"{combo}, seed {seed}, {str(result.difference).splitlines()[0]}"
    return ""


def in_model(folder: Path) -> str:
    file = folder / "trace.txt"
    file.write_text("\n".join(model.random_trace(1, _STEPS)) + "\n", encoding="utf-8")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        played = player.run(str(file))
    return "" if played == _STEPS else said.getvalue().splitlines()[0]


def in_canaries() -> str:
    for seed in range(_SEEDS):
        for combo in (*_PLACES, *_REST):
            watched = canaries.watch(make(seed, combo))
            if watched.hit is not None:
                return f"{combo}, seed {seed}, {watched.hit.where} shows {watched.hit.what}"
    return ""


if __name__ == "__main__":
    found = {"worlds": in_worlds(), "model": in_model(Path(sys.argv[1])), "canaries": in_canaries()}
    print(json.dumps({way: what for way, what in found.items() if what}))
