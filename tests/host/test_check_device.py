"""What a device cannot do must be red on the host, minutes before it is red on a board."""

from pathlib import Path

import pytest

from tests.host.planted import found
from tools.check import device, habits

FLOATS = [
    ("x = 0.5\n", "1 0.5 is a float"),
    ("x = 1e3\n", "1 1000.0 is a float"),
    ("x = 2j\n", "1 2j is a float"),
    ("def f(a, b):\n    return a / b\n", "2 / makes a float"),
    ("def f(a):\n    a /= 2\n", "2 / makes a float"),
    ("x = float('1')\n", "1 float is used"),
    ("parse = float\n", "1 float is used"),
]

SYNTAX = [
    "match x:\n    case 1:\n        pass\n",
    "def f(a, /):\n    pass\n",
    "x = [*a, *b]\n",
    "x = {**a}\n",
    "with (open('a') as a, open('b') as b):\n    pass\n",
    "async def f():\n    return [x async for x in y]\n",
    "def f(:\n",
]

HABITS = [
    ("agent/a.py", "class A:\n    _X = const(5)\n", "2 const(…) is not folded here"),
    ("agent/a.py", "_X: int = const(5)\n", "1 const(…) is not folded here"),
    ("agent/a.py", "x = f(const(5))\n", "1 const(…) is not folded here"),
    ("agent/a.py", "x = h.hexdigest()\n", "1 the device has no .hexdigest"),
    ("hal/mpy/a.py", "try:\n    pass\nexcept TimeoutError:\n    pass\n", "3 the device has no TimeoutError"),
    ("agent/a.py", "raise ValueError(1) from error\n", "1 raise … from prints a warning on the device"),
    ("agent/a.py", "x = isinstance(y, int)\n", "1 a bool is an int here and none on the device"),
    ("tools/a.py", "import pyaudio\n", "1 pyaudio records sound"),
    ("hal/esp32/a.py", "from machine import I2S\n", "1 I2S records sound"),
    ("hal/esp32/a.py", "import machine\nmachine.I2S(0)\n", "2 I2S records sound"),
    ("boards/a/b.py", "from audiocore import WaveFile\n", "1 audiocore records sound"),
]


@pytest.mark.parametrize(("text", "expected"), FLOATS)
def test_a_float_in_the_agent_is_found(tmp_path: Path, text: str, expected: str) -> None:
    """An ESP32's floats are single precision: 5.6 m at 114° E, and 16 bytes of heap each."""
    assert found(device.floats, tmp_path, "agent/position/a.py", text) == [expected]


def test_integers_and_other_rooms_are_left_alone(tmp_path: Path) -> None:
    """The simulator computes with floats, and a floor division makes none."""
    assert found(device.floats, tmp_path, "agent/a.py", "x = 7 // 2\ny = '0.5'\n") == []
    assert found(device.floats, tmp_path, "simulator/a.py", "x = 0.5 / 2\n") == []


@pytest.mark.parametrize("text", SYNTAX)
@pytest.mark.parametrize(
    "name", ["agent/a.py", "hal/esp32/a.py", "boards/b/c.py", "simulator/remote.py", "tests/portable/test_a.py"]
)
def test_syntax_the_device_lacks_is_found_in_every_device_folder(tmp_path: Path, name: str, text: str) -> None:
    """CPython runs it, linters pass it, and the board does not start."""
    (line,) = found(device.syntax, tmp_path, name, text)
    assert "mpy-cross: SyntaxError" in line


def test_the_refused_line_is_named(tmp_path: Path) -> None:
    """A finding without its line is a search."""
    (line,) = found(device.syntax, tmp_path, "agent/a.py", "x = 1\n\nmatch x:\n    case 1:\n        pass\n")
    assert line.startswith("3 ")


def test_host_code_may_use_modern_syntax(tmp_path: Path) -> None:
    """Only device folders are compiled for the device."""
    assert found(device.syntax, tmp_path, "tools/a.py", SYNTAX[0]) == []


@pytest.mark.parametrize(("name", "text", "expected"), HABITS)
def test_a_habit_that_breaks_on_the_device_is_found(tmp_path: Path, name: str, text: str, expected: str) -> None:
    """A class-level const deletes the attribute on the device; a microphone is a promise broken."""
    assert found(habits.check, tmp_path, name, text) == [expected]


def test_a_folded_constant_is_left_alone(tmp_path: Path) -> None:
    """The one form the device's compiler folds, and `const` as a plain name on the host."""
    assert found(habits.check, tmp_path, "agent/a.py", "_X = const(5)\nx = _X\n") == []
    assert found(habits.check, tmp_path, "tools/a.py", "class A:\n    X = const(5)\n") == []


def test_host_code_may_use_what_only_cpython_has(tmp_path: Path) -> None:
    """The habits are the device's, not ours."""
    text = "try:\n    x = h.hexdigest()\nexcept TimeoutError as error:\n    raise ValueError(isinstance(x, int)) from error\n"
    assert found(habits.check, tmp_path, "tools/a.py", text) == []
