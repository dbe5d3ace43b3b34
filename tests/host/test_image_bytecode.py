"""The last look at each compiled file before it goes into an image: bytecode only, and nothing that could hear."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools import mpy
from tools.check.habits import MICROPHONE
from tools.errors import Problem
from tools.image import bytecode


def compiled(folder: Path, text: str, *flags: str) -> bytes:
    source, target = folder / "x.py", folder / "x.mpy"
    source.write_text(text)
    subprocess.run([mpy.compiler(), *flags, "-o", target, source], check=True)
    return target.read_bytes()


def test_plain_bytecode_passes_and_shows_its_names(tmp_path: Path) -> None:
    """A reader of names that finds none would let everything pass."""
    data = compiled(tmp_path, "def speak(word):\n    return word.shout + volume\n")
    bytecode.check(data, "x")
    assert {"speak", "word", "shout", "volume"} <= set(bytecode.names(data, "x"))


@pytest.mark.parametrize("kind", ["native", "viper"])
def test_native_code_is_refused(tmp_path: Path, kind: str) -> None:
    """It runs on one family of chips and crashes another; nobody can read what it does."""
    data = compiled(tmp_path, f"import micropython\n@micropython.{kind}\ndef f():\n    pass\n", "-march=xtensawin")
    with pytest.raises(Problem, match="no native, no viper"):
        bytecode.check(data, "x")


def test_a_file_for_another_version_is_refused(tmp_path: Path) -> None:
    """A device would say `incompatible .mpy file` at its first start."""
    data = compiled(tmp_path, "x = 1\n")
    for at, byte in ((0, 0x4E), (1, 5), (2, 4), (3, 30)):
        with pytest.raises(Problem, match="its header is"):
            bytecode.check(data[:at] + bytes([byte]) + data[at + 1 :], "x")
    with pytest.raises(Problem, match="its header is"):
        bytecode.check(b"", "x")


@pytest.mark.parametrize("word", sorted(MICROPHONE))
def test_a_name_that_could_hear_is_refused(tmp_path: Path, word: str) -> None:
    """Policy clause 5.6.1: the microphone has no purpose, so no image has a driver, however it is reached."""
    for text in (f"import {word}\n", f"from machine import {word}\n", f"import machine\nf = machine.{word}\n"):
        with pytest.raises(Problem, match=f"it uses {word}"):
            bytecode.check(compiled(tmp_path, text), "x")


def test_a_word_that_only_holds_such_a_name_passes(tmp_path: Path) -> None:
    """`audiogram` is no driver, and a text is no name."""
    bytecode.check(compiled(tmp_path, "audiogram = 'audio is off, says the long text of the owner'\n"), "x")


@given(st.binary(max_size=60))
def test_any_other_bytes_are_a_problem_not_a_traceback(data: bytes) -> None:
    """A damaged cache gives one line, not a stack."""
    try:
        bytecode.names(bytecode.HEADER + data, "x")
    except Problem as problem:
        assert "cut off" in str(problem)  # noqa: PT017 - both outcomes are right; any third is the failure


def test_every_cut_of_a_file_s_names_is_noticed(tmp_path: Path) -> None:
    """Half a table of names must not pass for a table without I2S."""
    data = compiled(tmp_path, "import machine\nf = machine.I2S\n")
    end = data.index(b"I2S") + 4
    for stop in range(5, end):
        with pytest.raises(Problem, match=r"cut off|its header is"):
            bytecode.check(data[:stop], "x")
