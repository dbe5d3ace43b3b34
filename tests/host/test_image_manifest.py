"""manifest.py is read by a firmware build that cannot run here: what it would freeze is worked out and judged."""

from pathlib import Path

import pytest

from tests.support import bench_board
from tools.errors import Problem
from tools.image import contents, manifest, target

GOOD = bench_board.MANIFEST


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    return bench_board.plant(tmp_path)


def judge(tree: Path, text: str) -> str:
    board = tree / "boards" / "bench"
    (board / "manifest.py").write_text(text)
    try:
        manifest.check(board, tree, ["agent/core.py", "boards/bench/main.py"])
    except Problem as problem:
        return str(problem)
    return ""


def test_a_manifest_that_freezes_what_the_board_loads_passes(tree: Path) -> None:
    """The whole closure, not a sample."""
    found = target.load("bench", tree)
    manifest.check(found.folder, tree, contents.collect(found, contents.form(tree)).sources)
    assert manifest.read(found.folder, tree).version == "0.1.0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace('package("agent"', 'package("agents"'), "it leaves out agent/core.py"),
        (GOOD.replace('"__init__.py", "main.py"', '"__init__.py",'), "it leaves out boards/bench/main.py"),
        (GOOD.replace("$(PORT_DIR)", "$(MPY_DIR)"), "it includes $(MPY_DIR)/boards/manifest.py"),
        ("\n".join(GOOD.splitlines()[2:]), "the port's own modules are left out"),
        (GOOD + 'module("gone.py")\n', "it freezes gone.py, which is not there"),
        (GOOD + 'module("pins.csv")\n', "it freezes pins.csv, which is not there"),
        (GOOD + 'module("manifest.py", base_path=".")\n', "boards/bench/manifest.py, which is no device file"),
        (GOOD + 'package("hal", base_path="../..")\n', "it freezes hal/ports.py, which is no device file"),
        (GOOD + 'package("bench", base_path="..")\n', "it freezes boards/bench/__init__.py as bench/__init__.py"),
        (GOOD + 'module("main.py")\n', "it freezes boards/bench/main.py as main.py"),
        (GOOD + 'require("requests")\n', "it requires 'requests'"),
        (GOOD + 'freeze("x")\n', "it cannot be run: name 'freeze' is not defined"),
        (GOOD + 'package("agent", compile=True)\n', "it cannot be run: "),
        ("include(", "it cannot be run: "),
    ],
)
def test_a_manifest_that_would_break_a_firmware_is_refused(tree: Path, text: str, message: str) -> None:
    """Otherwise the first person with an ESP-IDF finds out, an hour into a build."""
    found = judge(tree, text)
    assert message in found
    assert "boards/bench/manifest.py" in found


def test_what_micropython_lib_brings_may_be_required(tree: Path) -> None:
    """umqtt.simple is in stock firmware and may be asked for."""
    assert judge(tree, GOOD + 'require("umqtt.simple")\n') == ""
    assert manifest.read(tree / "boards" / "bench", tree).required == ("umqtt.simple",)


def test_a_missing_manifest_is_named(tree: Path) -> None:
    """A board without one cannot be frozen."""
    (tree / "boards" / "bench" / "manifest.py").unlink()
    with pytest.raises(Problem, match="the manifest is missing"):
        manifest.read(tree / "boards" / "bench", tree)
