"""A copy of the sources under another policy: the same program, another generated table, nothing else changed."""

from pathlib import Path

from tools.check.finding import files
from tools.errors import Problem
from tools.places import ROOT
from tools.policy import make
from tools.policy import model as m


def copied(policy: m.Policy, target: Path) -> list[str]:
    """Writes the whole tree below `target` with everything that `policy` generates; the paths that differ from this tree's.

    Raises Problem when something is there already.
    """
    if target.exists() and any(target.iterdir()):
        raise Problem("the folder is not empty", str(target), "Name a new one")
    for name in files(ROOT):
        if not (ROOT / name).resolve().is_relative_to(target.resolve()):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes((ROOT / name).read_bytes())
    (target / "run").chmod(0o755)
    return make.write(policy, target)
