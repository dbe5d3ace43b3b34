"""A small tree with one board, `bench`, in the agent's own layout: for tests that then break something in it.

Builds in a tenth of the real agent's time; that the real one starts from its images, test_image_boards.py sees to.
"""

from pathlib import Path

from tests.support.flash_map import CSV

MANIFEST = """\
metadata(version="0.1.0")
include("$(PORT_DIR)/boards/manifest.py")
package("agent", base_path="../..", opt=3)
package("hal", ("__init__.py", "mpy/__init__.py", "mpy/clock.py"), base_path="../..", opt=3)
package("boards", ("__init__.py",), base_path="../..", opt=3)
module("boards/bench/pins.py", base_path="../..", opt=3)
package("boards/bench", ("__init__.py", "main.py"), base_path="../..", opt=3)
"""

FLASH = 'chip = "esp32"\nflash = "4MB"\nfirmware = ["1.25.0", "1.26.1"]\n'

FACTS = """\
about = "a board for tests"
chip = "none"
flash_mb = 4
psram_mb = 0
features = []

[parts]

[budgets]
heap_kb = 64
image_kb = 400
"""

TREE = {
    "agent/__init__.py": "",
    "agent/core.py": '''\
"""Two machines and a room."""

from .base import rooms, ticks


class Core:
    def __init__(self) -> None:
        self._rooms = rooms.Rooms()

    def pump(self, now: int) -> int:
        return ticks.add(now, self._rooms.load(rooms.PHOTO).Capture().size())
''',
    "agent/wiring.py": """\
class Profile:
    def __init__(self, name: str) -> None:
        self.name = name
""",
    "agent/base/__init__.py": "",
    "agent/base/ticks.py": """\
from micropython import const

_TYPING = const(False)
if _TYPING:
    from hal.ports import Clock

STEP = 20


def add(now: int, ms: int) -> int:
    return now + ms + STEP
""",
    "agent/base/rooms.py": """\
import sys

PHOTO = "media.capture media.frame"


class Rooms:
    def load(self, room: str):
        name = "agent." + room.split()[0]
        __import__(name)
        return sys.modules[name]
""",
    "agent/media/__init__.py": "",
    "agent/media/capture.py": """\
from . import frame


class Capture:
    def size(self) -> int:
        return frame.width() * 2
""",
    "agent/media/frame.py": """\
def width() -> int:
    return 40
""",
    "agent/media/unused.py": "def never() -> None:\n    pass\n",
    "hal/__init__.py": "",
    "hal/ports.py": "class Clock:\n    pass\n",
    "hal/mpy/__init__.py": "",
    "hal/mpy/clock.py": "def ticks() -> int:\n    return 100\n",
    "hal/mpy/unused.py": "import camera\n",
    "boards/__init__.py": "",
    "boards/other/__init__.py": "import camera\n",
    "boards/bench/__init__.py": "",
    "boards/bench/pins.py": "LAMP = [2]\n",
    "boards/bench/main.py": """\
from agent.core import Core
from agent.wiring import Profile
from boards.bench import pins
from hal.mpy import clock


def main() -> None:
    print("started", Profile("bench").name, Core().pump(clock.ticks()), pins.LAMP)
""",
    "boards/bench/manifest.py": MANIFEST,
    "boards/bench/partitions.csv": CSV,
    "boards/bench/flash.toml": FLASH,
    "boards/bench/facts.toml": FACTS,
}

SAID = "started bench 200 [2]\n"
"""What its start prints: 100 + 2 * 40 + 20."""


def plant(tree: Path) -> Path:
    """The tree, made."""
    for name, text in TREE.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tree
