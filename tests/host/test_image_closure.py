"""What a board loads is found by reading, never by running: a file too few stops a device, a file too many is a way in."""

import pytest

from tools.errors import Problem
from tools.image.closure import closure

TREE = {
    "agent/__init__.py": "",
    "agent/core.py": "import struct\nfrom .base import rooms, ticks\nfrom .base.cbor import put\n",
    "agent/base/__init__.py": "",
    "agent/base/ticks.py": "_TYPING = False\nif _TYPING:\n    from hal.ports import Clock\nelse:\n    x = 1\n",
    "agent/base/cbor.py": "def put():\n    from . import errors\n",
    "agent/base/errors.py": "",
    "agent/base/late.py": "",
    "agent/base/rooms.py": 'A = "media.capture base.late no.such"\nB = "a.text of words"\n',
    "agent/media/__init__.py": "",
    "agent/media/capture.py": "from ..base import ticks\n",
    "agent/media/unused.py": "",
    "hal/__init__.py": "",
    "hal/esp32/__init__.py": "",
    "hal/esp32/uart.py": "import machine\n",
    "hal/esp32/camera.py": "import camera\n",
    "boards/__init__.py": "",
    "boards/a/__init__.py": "import hal.esp32.uart\n",
    "boards/a/main.py": "from agent.core import Core\nfrom boards.a import pins\n",
    "boards/a/pins.py": "",
    "boards/b/__init__.py": "",
    "boards/b/main.py": "",
}


def test_a_board_gets_what_it_imports_and_nothing_else() -> None:
    """No other board, no part it does not have, no room nobody loads."""
    assert sorted(closure(TREE, "boards/a/main.py")) == [
        "agent/__init__.py",
        "agent/base/__init__.py",
        "agent/base/cbor.py",
        "agent/base/errors.py",
        "agent/base/late.py",
        "agent/base/rooms.py",
        "agent/base/ticks.py",
        "agent/core.py",
        "agent/media/__init__.py",
        "agent/media/capture.py",
        "boards/__init__.py",
        "boards/a/__init__.py",
        "boards/a/main.py",
        "boards/a/pins.py",
        "hal/__init__.py",
        "hal/esp32/__init__.py",
        "hal/esp32/uart.py",
    ]


def test_every_file_stands_behind_what_it_imports() -> None:
    """The heap of each is measured in this order: what was loaded before is not counted again."""
    order = closure(TREE, "boards/a/main.py")
    for earlier, later in (
        ("agent/__init__.py", "agent/core.py"),
        ("agent/base/ticks.py", "agent/core.py"),
        ("agent/base/errors.py", "agent/base/cbor.py"),
        ("boards/a/pins.py", "boards/a/main.py"),
        ("agent/base/rooms.py", "agent/media/capture.py"),
    ):
        assert order.index(earlier) < order.index(later)
    assert order[-1] == "boards/a/main.py"


def test_a_circle_of_imports_ends() -> None:
    """The device refuses or survives it by itself; the build must not hang."""
    circle = {"agent/a.py": "import agent.b\n", "agent/b.py": "import agent.a\n"}
    assert closure(circle, "agent/a.py") == ["agent/b.py", "agent/a.py"]


@pytest.mark.parametrize("line", ["import agent.gone", "from agent.gone import x", "from .gone import x"])
def test_an_import_that_leads_nowhere_is_named(line: str) -> None:
    """On the device it would be an ImportError at the first start, or at the first use of a room."""
    with pytest.raises(Problem, match=r"imports agent\.gone, which no device file is \(agent/a\.py\)"):
        closure({"agent/__init__.py": "", "agent/a.py": line}, "agent/a.py")
