"""The wheel puts one name into site-packages: `tools` and `agent` loose there would meet other people's."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.places import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_installs_one_top_level_name(wheel: Path) -> None:
    """Everything else lies in its bundle."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"amace_edge"}


def test_the_wheel_holds_every_room_and_no_test(wheel: Path) -> None:
    """A room left out would be an ImportError on somebody else's machine."""
    with zipfile.ZipFile(wheel) as archive:
        rooms = {name.split("/")[2] for name in archive.namelist() if name.startswith("amace_edge/_bundle/")}
        assert not [name for name in archive.namelist() if name.endswith((".pyc", ".mpy"))]
    assert {"agent", "boards", "hal", "simulator", "tools"} <= rooms
    assert "tests" not in rooms


def test_the_installed_command_runs_outside_the_checkout(wheel: Path, tmp_path: Path) -> None:
    """From an empty folder, with a stranger's `tools` beside it: the bundle's must win."""
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").write_text("raise SystemExit('a stranger')\n")
    path = "import sys; sys.path.insert(0, sys.argv.pop(1)); from amace_edge.__main__ import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", path, site, "--version"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("amace ")


def test_the_package_runs_from_the_checkout_too() -> None:
    """`python -m amace_edge` is the same command before anything is installed."""
    command = [sys.executable, "-m", "amace_edge", "--version"]
    done = subprocess.run(command, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
