"""Bytecode in the cache: made once for the same content, and again for any other."""

import os
from pathlib import Path

import pytest

from tests.host.planted import plant
from tools import mpy
from tools.errors import Problem


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return plant(tmp_path / "tree", "agent/core.py", "x = 1\n")


def test_bytecode_is_of_the_version_every_supported_machine_loads(tree: Path) -> None:
    """MicroPython 1.25 to 1.29 load version 6.3: `M`, 6, no architecture, 31-bit small ints."""
    made = mpy.compiled(tree) / "agent" / "core.mpy"
    assert made.read_bytes()[:4] == b"M\x06\x00\x1f"


def test_the_same_content_is_compiled_once(tree: Path) -> None:
    """Fifty test files on two machines must not compile the tree a hundred times."""
    first = mpy.compiled(tree)
    stamp = (first / "agent" / "core.mpy").stat().st_mtime_ns
    assert mpy.compiled(tree) == first
    assert (first / "agent" / "core.mpy").stat().st_mtime_ns == stamp


def test_any_change_gives_another_tree(tree: Path) -> None:
    """Stale bytecode would test yesterday's code."""
    first = mpy.compiled(tree)
    assert mpy.compiled(tree, optimise=0) != first
    plant(tree, "agent/core.py", "x = 2\n")
    second = mpy.compiled(tree)
    plant(tree, "agent/late.py", "x = 2\n")
    assert len({first, second, mpy.compiled(tree)}) == 3


def test_only_device_files_are_compiled(tree: Path) -> None:
    """The host's files use what no device has."""
    plant(tree, "tools/a.py", "match 1:\n    case 1:\n        pass\n")
    plant(tree, "boards/b/manifest.py", "include('x')\n")
    names = sorted(path.name for path in mpy.compiled(tree).rglob("*.mpy"))
    assert names == ["core.mpy"]


def test_a_refused_file_is_named_and_leaves_nothing_half_made(tree: Path) -> None:
    """A half-made tree in the cache would look whole to the next caller."""
    plant(tree, "agent/bad.py", "match 1:\n    case 1:\n        pass\n")
    with pytest.raises(Problem, match=r"agent/bad\.py"):
        mpy.compiled(tree)
    home = mpy.cache() / "mpy"
    assert list(home.iterdir()) == []


def test_old_trees_are_deleted_and_recent_ones_are_not(tree: Path) -> None:
    """The cache must not grow with every edit, nor lose what a running machine imports from."""
    for number in range(mpy._KEPT + 3):
        plant(tree, "agent/core.py", f"x = {number}\n")
        made = mpy.compiled(tree)
        if number < 2:
            os.utime(made, (0, 0))
    kept = list((mpy.cache() / "mpy").iterdir())
    assert len(kept) == mpy._KEPT + 1
    assert made in kept
