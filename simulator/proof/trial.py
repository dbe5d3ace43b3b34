"""All three ways over one tree, briefly: `python -m simulator.proof.trial FOLDER WAY` prints as JSON which of them found something."""

import contextlib
import io
import json
import sys
from pathlib import Path

from agent.privacy import purposes as p
from simulator.proof import canaries, model, player, worlds
from simulator.proof.life import ENDS, NEVER, STAYS, UNSENT, Combo, Life, make
from simulator.proof.planted import CANARIES, MODEL, WORLDS

_STEPS = 6_000
_FEW_STEPS = 400
_SEEDS = 4
_FEW = 3  # lives for the ways that need not find this leak
_PLACES = [
    Combo(purpose, precision, p.OWNER, mode)
    for mode in (ENDS, STAYS, UNSENT, NEVER)
    for precision in (1, 0, 2)
    for purpose in (p.LOCATION_REPORT,)
]
_REST = [Combo(p.LOCATION_ALARM, 1, p.OWNER, STAYS), Combo(p.SIM, 0, p.OWNER, NEVER), Combo(p.PHOTO, 0, p.OWNER, ENDS)]


def lives(most: int) -> list[Life]:
    return [make(seed, combo) for seed in range(_SEEDS) for combo in (*_PLACES, *_REST)][:most]


def in_worlds(most: int) -> str:
    for life in lives(most):
        result = worlds.live(life)
        if result.difference is not None:
            return f"{life.combo}, seed {life.seed}, {str(result.difference).splitlines()[0]}"
    return ""


def in_model(folder: Path, steps: int) -> str:
    file = folder / "trace.txt"
    file.write_text("\n".join(model.random_trace(1, steps)) + "\n", encoding="utf-8")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        played = player.run(str(file))
    return "" if played == steps else said.getvalue().splitlines()[0]


def in_canaries(most: int) -> str:
    for life in lives(most):
        watched = canaries.watch(life)
        if watched.hit is not None:
            return f"{life.combo}, seed {life.seed}, {watched.hit.where} shows {watched.hit.what}"
    return ""


def main(folder: Path, least: str) -> None:
    """`least` is the way that must find something: it looks long, the others look briefly. Empty: all look long."""
    every = len(lives(1 << 30))
    found = {
        WORLDS: in_worlds(every if least in ("", WORLDS) else _FEW),
        MODEL: in_model(folder, _STEPS if least in ("", MODEL) else _FEW_STEPS),
        CANARIES: in_canaries(every if least in ("", CANARIES) else _FEW),
    }
    print(json.dumps({way: what for way, what in found.items() if what}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
