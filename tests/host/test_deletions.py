"""Every line of agent/privacy enforces something that a test sees: it is taken out, and a test must fail."""

import tomllib
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support import deletions
from tests.support.deletions import Deletion

SEED = 20230620
SAMPLE = 50
SURVIVORS = Path(deletions.__file__).with_name("survivors.toml")
REASONS: dict[str, str] = tomllib.loads(SURVIVORS.read_text(encoding="utf-8"))
MUST_DIE = [deletion for deletion in deletions.every() if str(deletion) not in REASONS]
SAMPLED = sorted(MUST_DIE, key=lambda each: sha256(f"{SEED} {each}".encode()).digest())[
    :SAMPLE
]  # few change with a line


@pytest.mark.parametrize("deletion", SAMPLED, ids=str)
def test_a_deleted_line_is_missed(deletion: Deletion, tmp_path: Path) -> None:
    """A rule that can be deleted unnoticed will be, one day."""
    assert deletions.caught(deletion, tmp_path), "no portable test fails without this"


@pytest.mark.full
@pytest.mark.parametrize("deletion", [each for each in MUST_DIE if each not in SAMPLED], ids=str)
def test_every_deleted_line_is_missed(deletion: Deletion, tmp_path: Path) -> None:
    """The rest of them."""
    assert deletions.caught(deletion, tmp_path), "no portable test fails without this"


@pytest.mark.full
@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_listed_survivor_survives(name: str, tmp_path: Path) -> None:
    """The list of excuses holds no line that has become a rule, and none that is gone."""
    found = [each for each in deletions.every() if str(each) == name]
    assert found, "agent/privacy has no such line any more: take it off the list"
    assert deletions.caught(found[0], tmp_path) == "", "a test fails without it now: take it off the list"


def test_the_untouched_tree_passes(tmp_path: Path) -> None:
    """Otherwise every mutant would look caught."""
    deletions.copy(tmp_path)
    assert deletions.failing(deletions.tests_for("gate.py"), tmp_path) == ""


def test_survivors_have_reasons() -> None:
    """A reason is a sentence about this line."""
    for name, reason in REASONS.items():
        assert len(reason.split()) >= 4, name


def test_what_is_taken_out_is_gone() -> None:
    """The tool itself: a statement becomes `pass`, a condition loses one part, and an unknown line is refused."""
    gate = [each for each in deletions.every() if each.file == "gate.py"]
    for deletion in gate:
        assert deletions.without(deletion).count(deletion.what) < deletions.source("gate.py").count(deletion.what), (
            deletion
        )
    with pytest.raises(LookupError, match="no line"):
        deletions.without(Deletion("gate.py", "Gate.release", "return 'nothing'", 0))
