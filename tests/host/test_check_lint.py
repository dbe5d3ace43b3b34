"""ruff runs with the tree's own settings, and what it says becomes a finding."""

import shutil
from pathlib import Path

from tests.host.planted import found, plant
from tools.check import lint
from tools.places import ROOT


def tree(folder: Path) -> Path:
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_an_unformatted_file_is_found(tmp_path: Path) -> None:
    """One format, so that a diff shows only what was meant."""
    assert found(lint.formatting, tree(tmp_path), "tools/a.py", "x = 1\n") == []
    (line,) = found(lint.formatting, tmp_path, "tools/a.py", "x  =  1\n")
    assert line.startswith("1 unformatted")


def test_a_lint_error_is_found_with_its_line(tmp_path: Path) -> None:
    """An unused import costs a device file lookups and heap."""
    plant(tree(tmp_path), "agent/b.py", "x = 1\n")
    assert found(lint.rules, tmp_path, "agent/a.py", "import struct\n") == ["1 F401: `struct` imported but unused"]


def test_a_bare_except_is_found(tmp_path: Path) -> None:
    """It would swallow the watchdog's own exit."""
    text = "try:\n    x = 1\nexcept:\n    x = 2\n"
    codes = {line.split()[1] for line in found(lint.rules, tree(tmp_path), "agent/a.py", text)}
    assert "E722:" in codes


def test_device_folders_keep_their_quoted_names_and_old_syntax(tmp_path: Path) -> None:
    """Modernising a device file would break it: no rule may ask for that."""
    text = 'class Gate:\n    def join(self, other: "Gate | None") -> "Gate | None":\n        return other\n'
    assert found(lint.rules, tree(tmp_path), "hal/mpy/a.py", text) == []
