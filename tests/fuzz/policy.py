"""A fuzz target for policies: `one(data)` raises when a law is broken, whatever `data` is taken for amace.toml.

`PYTHONPATH=.:hal/host/shims python -m tests.fuzz.policy FILE…` runs files (a corpus, or AFL's findings); without files it mutates
the policy itself. Law: one line says what is wrong, or everything that is made of it can be used.
"""

import random
import sys
import tempfile
from pathlib import Path

from simulator.schema import Schema
from tools.errors import Problem
from tools.policy import make, rules, source
from tools.policy import model as m
from tools.policy import table as generated

_DEVICE = (source.FOLDER / "device.toml").read_bytes()
SEED = (source.FOLDER / "amace.toml").read_bytes()
_WORDS = SEED.split()


def one(data: bytes) -> str:
    """What is said of it; "" for a policy that is whole."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "device.toml").write_bytes(_DEVICE)
        (Path(folder) / "amace.toml").write_bytes(data)
        try:
            policy = source.load("amace", Path(folder))
            said = "; ".join(rules.faults(policy))
            if not said:
                _usable(policy)
        except Problem as problem:
            said = str(problem)
    assert "\n" not in said, "more than one line"
    return said


def _usable(policy: m.Policy) -> None:
    made = make.everything(policy)
    scope: dict[str, object] = {}
    exec(made[generated.PATH], scope)
    exec(made[generated.NOTICE_PATH], scope)
    rows, width, facts = (scope[name] for name in ("ROWS", "WIDTH", "FACTS"))
    assert isinstance(rows, int) and isinstance(width, int) and isinstance(facts, bytes)  # noqa: PT018 - types only
    assert len(facts) == rows * width
    assert Schema(made["docs/messages.cddl"]).messages
    assert "| |" not in made["docs/clauses.md"]


def mutated(rng: random.Random) -> bytes:
    lines = SEED.split(b"\n")
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(lines))
        match rng.randrange(5):
            case 0:
                del lines[at]
            case 1:
                lines[at : at + 1] = [lines[at], rng.choice(lines)]
            case 2:
                words = lines[at].split(b" ")
                words[rng.randrange(len(words))] = rng.choice(_WORDS)
                lines[at] = b" ".join(words)
            case 3:
                column = rng.randrange(len(lines[at]) + 1)
                lines[at] = lines[at][:column] + rng.randbytes(rng.randrange(3)) + lines[at][column + 1 :]
            case _:
                key = lines[at].split(b"=")[0]
                lines[at] = (
                    key + b"= " + rng.choice((b"0", b"-1", b"true", b'""', b'"x"', b"[]", b'["x"]', b"{}", b"1e400"))
                )
    return b"\n".join(lines)


def run(rounds: int, seed: int) -> dict[bool, int]:
    """How many were whole policies, and how many were refused."""
    rng = random.Random(seed)
    counts = {True: 0, False: 0}
    for _ in range(rounds):
        counts[one(mutated(rng)) == ""] += 1
    return counts


if __name__ == "__main__":
    for name in sys.argv[1:]:
        one(Path(name).read_bytes())
    if not sys.argv[1:]:
        print(run(10_000, random.SystemRandom().randrange(1 << 30)))
