"""The import table is the architecture: a wrong arrow must break the build, and a right one must not."""

from pathlib import Path

import pytest

from tests.host.planted import found
from tools import device
from tools.check import layers
from tools.places import ROOT

WRONG = [
    ("agent/core.py", "from hal.parts import gps\n", "agent must not import hal.parts"),
    ("agent/core.py", "import simulator.world\n", "agent must not import simulator.world"),
    ("agent/core.py", "from ..hal import ports\n", "agent must not import hal.ports"),
    ("agent/core.py", "from agent.base import ticks\n", "agent.base is imported by its absolute name"),
    ("agent/core.py", "import asyncio\n", "asyncio is not for this folder"),
    ("agent/core.py", "import time\n", "time is not for this folder"),
    ("agent/core.py", "from machine import Pin\n", "machine is not for this folder"),
    ("agent/base/cbor.py", "def late():\n    import socket\n", "socket is not for this folder"),
    ("agent/core.py", "if _TYPING:\n    from hal.esp32 import uart\n", "agent must not import hal.esp32"),
    ("agent/core.py", "if True:\n    from hal.ports import Link\n", "agent must not import hal.ports"),
    ("agent/media/photo.py", "__import__('hal')\n", "it calls __import__"),
    ("agent/media/photo.py", "from ..base import rooms\n", "it loads rooms"),
    ("agent/media/photo.py", "exec('import hal')\n", "it calls exec"),
    ("hal/parts/gps.py", "from agent.base import ticks\n", "hal must not import agent.base"),
    ("hal/parts/gps.py", "from ...agent.base import ticks\n", "hal must not import agent.base"),
    ("hal/parts/gps.py", "import machine\n", "machine is not for this folder"),
    ("hal/esp32/uart.py", "import typing\n", "typing is not for this folder"),
    ("hal/host/net.py", "from hal.parts import gps\n", "hal.parts is imported by its absolute name"),
    ("boards/unix/board.py", "import tools\n", "boards must not import tools"),
    ("simulator/world.py", "import boards.host\n", "simulator must not import boards.host"),
    ("simulator/world.py", "from hal.host import net\n", "simulator must not import hal.host"),
    ("simulator/remote.py", "from agent.base import ticks\n", "simulator must not import agent.base"),
    ("simulator/remote.py", "import dataclasses\n", "dataclasses is not for this folder"),
    ("tools/sim.py", "import tests.conftest\n", "tools must not import tests.conftest"),
]

RIGHT = [
    ("agent/core.py", "import struct\nfrom micropython import const\nfrom .base import ticks\n"),
    ("agent/privacy/gate.py", "from ..base.errors import LocalError\n"),
    (
        "agent/core.py",
        "_TYPING = const(False)\nif _TYPING:\n    from hal.ports import Link\n    from collections.abc import Callable\n",
    ),
    ("agent/core.py", "if _TYPING:\n    from hal import ports\n"),
    ("agent/base/rooms.py", "import sys\n\ndef load(room):\n    return __import__(room)\n"),
    ("agent/core.py", "from .base import rooms, ticks\n"),
    ("agent/runtime.py", "import asyncio\nimport gc\n"),
    ("hal/esp32/uart.py", "import machine\nfrom ..parts import gps\n"),
    ("hal/host/net.py", "import selectors\nfrom ..ports import Net\n"),
    ("boards/unix/board.py", "import time\nfrom agent import runtime\nfrom hal.mpy import clock\n"),
    (
        "simulator/world.py",
        "import random\nfrom agent.base import ticks\nfrom hal.ports import Uart\nfrom hal import ports\n",
    ),
    ("tools/sim.py", "from boards.host import board\nfrom simulator import world\n"),
]


@pytest.mark.parametrize(("name", "text", "expected"), WRONG)
def test_a_wrong_arrow_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """Invariants are proved on agent/ alone; an arrow out of it would void the proof."""
    line = text.count("\n")
    assert found(layers.check, tmp_path, name, text) == [f"{line} {expected}"]


@pytest.mark.parametrize(("name", "text"), RIGHT)
def test_a_right_arrow_is_left_alone(tmp_path: Path, name: str, text: str) -> None:
    """A check that cries wolf is switched off by the next person in a hurry."""
    assert found(layers.check, tmp_path, name, text) == []


def test_no_device_file_may_import_whatever_it_likes() -> None:
    """A module the device lacks is an ImportError at start; every device file has a list of what it may import."""
    names = device.device_files(ROOT)
    assert len(names) > 20
    for name in names:
        rule = layers.rule_of(name)
        assert rule is not None, name
        assert rule.outside is not None, name


def test_every_folder_of_ours_has_a_rule() -> None:
    """A folder without a rule would be a hole in the table."""
    for room in layers.OURS:
        assert any(rule.prefix == room + "/" for rule in layers.RULES), room
