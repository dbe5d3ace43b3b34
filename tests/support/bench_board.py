"""A tree of the real agent with one small board, `bench`, whose parts are the simulator's: for tests that break something in it."""

import shutil
from pathlib import Path

from tests.support.flash_map import CSV
from tools.places import ROOT

MANIFEST = """\
metadata(version="0.1.0")
include("$(PORT_DIR)/boards/manifest.py")
package("agent", base_path="../..", opt=3)
package("hal", ("__init__.py", "mpy/__init__.py"), base_path="../..", opt=3)
package("boards", ("__init__.py",), base_path="../..", opt=3)
module("boards/bench/board.py", base_path="../..", opt=3)
package("boards/bench", ("__init__.py", "main.py", "remote.py"), base_path="../..", opt=3)
"""

MAIN = '''\
"""Boots the agent on the simulator's ports and lets ten seconds pass."""

import hal.mpy
from agent.core import Core
from boards.bench import board, remote


def main() -> None:
    said = []
    hub = remote.Hub(bytes(16), 0, lambda port, data: said.append(port))
    ports, ways, profile = board.build(hub, board.GNSS | board.CAMERA | board.BLE | board.CONSOLE)
    core = Core(ports, ways, profile, 0)
    for now in range(0, 10_000, 100):
        hub.now = now
        core.pump(now)
    print("started", profile.name, core.deadline(10_000) >= 0, hal.mpy.__name__)
'''

FLASH = 'chip = "esp32"\nflash = "4MB"\nfirmware = ["1.25.0", "1.26.1"]\n'


def plant(tree: Path) -> Path:
    """The tree, made."""
    for folder in ("agent", "hal/mpy"):
        shutil.copytree(ROOT / folder, tree / folder, ignore=shutil.ignore_patterns("__pycache__"))
    board = tree / "boards" / "bench"
    board.mkdir(parents=True)
    for package in (tree / "hal", tree / "boards", board):
        (package / "__init__.py").touch()
    for name in ("board.py", "remote.py"):
        shutil.copy(ROOT / "simulator" / name, board / name)
    for name, text in (
        ("main.py", MAIN),
        ("manifest.py", MANIFEST),
        ("partitions.csv", CSV),
        ("flash.toml", FLASH),
    ):
        (board / name).write_text(text, encoding="utf-8")
    return tree
