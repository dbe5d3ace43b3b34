"""A second, unrelated policy on the same program: another table in a copy of the tree, no other line changed."""

import subprocess
import sys
from pathlib import Path

import pytest

from agent.privacy.names import PURPOSES
from tests.host.policies import MINIMAL
from tools import mpy
from tools.errors import Problem
from tools.policy import make, table, tree

ASKS = """
from agent.privacy import table
from agent.privacy.grants import Grants
from tests.portable import test_policy
grants = Grants()
grants.bound = True
for purpose in (1, 6, 7, 8, 9, 10, 11, 15):  # presence, every use of the location, photo
    assert grants.refusal(purpose, 0, 1) == 6, purpose  # not in this build
for purpose in (2, 12):  # status, wake_abnormal
    assert grants.refusal(purpose, 0, 1) == 1, purpose  # never asked
assert len(table.FACTS) == 3 * 9
for name in sorted(dir(test_policy)):
    if name.startswith("test_"):
        getattr(test_policy, name)()
print("done")
"""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("minimal") / "tree"
    changed = tree.copied(MINIMAL, target)
    assert sorted(changed) == sorted(make.everything(MINIMAL)), "only what is generated differs"
    return target


def test_another_policy_runs_on_the_same_program(town: Path) -> None:
    """What it allows can be granted and withdrawn; location, photo and presence stay inactive whatever is signed."""
    command = [sys.executable, "-c", "import sys; sys.path[:0] = ['hal/host/shims', '.']\n" + ASKS]
    done = subprocess.run(command, cwd=town, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "done", done.stderr


def test_another_policy_runs_on_a_small_machine(town: Path, mp32: Path) -> None:
    """The same from bytecode on the 32-bit machine, joined folding of the table included."""
    bytecode = mpy.compiled(town, optimise=0)
    command = [mp32, "-X", "heapsize=300k", "-c", f"import sys; sys.path.insert(0, {str(bytecode)!r})\n" + ASKS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.stdout.strip() == "done", done.stdout + done.stderr


def test_the_smaller_policy_knows_less() -> None:
    """It is not the platform's with another name."""
    active, grantable = table.masks(MINIMAL)
    assert [name for at, name in enumerate(PURPOSES) if active >> at & 1] == ["control", "status", "wake_abnormal"]
    assert [name for at, name in enumerate(PURPOSES) if grantable >> at & 1] == ["status", "wake_abnormal"]


def test_a_tree_is_copied_into_an_empty_folder_only(tmp_path: Path) -> None:
    """Nobody's files are overwritten."""
    (tmp_path / "mine").write_text("x")
    with pytest.raises(Problem):
        tree.copied(MINIMAL, tmp_path)
