"""Policy 5.6.1 names a microphone permission and no use: whatever could hear breaks the build."""

from pathlib import Path

import pytest

from tests.host.planted import found
from tools.check import microphone


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("hal/esp32/ear.py", "from machine import I2S\n", 1),
        ("hal/esp32/ear.py", "import machine\near = machine.I2S(0)\n", 2),
        ("hal/mpy/ear.py", "import audio\n", 1),
        ("agent/media/ear.py", "from ..hal import mic\n", 1),
        ("boards/esp32s3/pins.py", "MIC_DATA = 41\n", 1),
    ],
)
def test_a_planted_ear_is_found(tmp_path: Path, name: str, text: str, line: int) -> None:
    """An import, an attribute, a pin."""
    assert [what.split()[0] for what in found(microphone.check, tmp_path, name, text)] == [str(line)]


def test_the_permission_and_pins_held_still_are_no_ears(tmp_path: Path) -> None:
    """A switch is a number, and a board holds the pins of a microphone that it has."""
    assert found(microphone.check, tmp_path, "boards/esp32s3/pins.py", "MICROPHONE_DATA = 41\nMICROPHONE = 64\n") == []
