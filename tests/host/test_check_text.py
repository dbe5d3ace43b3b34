"""Words that must not stand in the tree, suppressions without a reason, and things that grew too long."""

from pathlib import Path

import pytest

from tests.host.planted import found, plant
from tools.check import finding, text

# Put together here, so that this file passes its own check.
WRONG = [
    ("docs/a.md", "see py" + "pi.org/simple", "it names a package registry's host"),
    ("a.toml", 'url = "https://files.python' + 'hosted.org"', "it names a package registry's host"),
    ("docs/a.md", "lies in /ho" + "me/somebody", "it holds a path of one machine"),
    ("tools/a.py", 'CACHE = "/t' + 'mp/cache"', "it holds a path of one machine"),
    ("docs/a.md", "written with Chat" + "GPT", "it speaks of how it was written"),
    ("agent/a.py", "x = 1  # TO" + "DO later", "it is unfinished"),
    ("agent/a.py", "raise NotImplemented" + "Error", "it is unfinished"),
    ("agent/a.py", "import x  # no" + "qa: F401", "this suppression gives no reason"),
    ("agent/a.py", "x = y()  # type: ig" + "nore[arg-type]", "this suppression gives no reason"),
]
RIGHT = [
    ("docs/a.md", "pip install amace-edge, then look at agent/core.py and ~/work/x"),
    ("agent/a.py", "import x  # no" + "qa: F401 - for its registration"),
    ("agent/a.py", "todo = []"),
    ("LICENSE", "a licence may name /ho" + "me/anything"),
]


@pytest.mark.parametrize(("name", "line", "expected"), WRONG)
def test_a_forbidden_word_is_found(tmp_path: Path, name: str, line: str, expected: str) -> None:
    """The tree is read by strangers on other machines: it may name neither this one nor a half-done thing."""
    assert found(text.words, tmp_path, name, f"first\n{line}\n") == [f"2 {expected}"]


@pytest.mark.parametrize(("name", "line"), RIGHT)
def test_ordinary_text_is_left_alone(tmp_path: Path, name: str, line: str) -> None:
    """Looking like a forbidden word is not enough."""
    assert found(text.words, tmp_path, name, f"{line}\n") == []


def test_a_file_is_as_long_as_allowed_and_no_longer(tmp_path: Path) -> None:
    """The limit and the limit plus one."""
    assert found(text.lengths, tmp_path, "a.py", "x = 1\n" * text.MAX_FILE) == []
    assert found(text.lengths, tmp_path, "a.py", "x = 1\n" * (text.MAX_FILE + 1)) == ["401 401 lines, at most 400"]


def test_a_function_is_as_long_as_allowed_and_no_longer(tmp_path: Path) -> None:
    """The limit and the limit plus one."""
    body = "    x = 1\n"
    assert found(text.lengths, tmp_path, "a.py", "def f():\n" + body * (text.MAX_FUNCTION - 1)) == []
    assert found(text.lengths, tmp_path, "a.py", "def f():\n" + body * text.MAX_FUNCTION) == [
        "1 f has 61 lines, at most 60"
    ]


@pytest.mark.parametrize("git", [None, "/bin/false"])
def test_a_tree_that_git_cannot_list_is_checked_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git: str | None
) -> None:
    """No git, or a repository git refuses: the checks must neither crash nor pass for want of files."""
    monkeypatch.setattr(finding.shutil, "which", lambda name: git)
    (tmp_path / ".git").mkdir()
    plant(tmp_path, "agent/a.py", "")
    plant(tmp_path, ".venv/lib/b.py", "")
    assert finding.files(tmp_path, ".py") == ["agent/a.py"]
