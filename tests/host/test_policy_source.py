"""The reader of policies against anything: a policy or one clear line, never a traceback."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import policy as fuzz
from tools.errors import Problem
from tools.places import ROOT
from tools.policy import rules, source, toml

TEXTS = {name: (source.FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in ("amace", "device")}
LINES = TEXTS["amace"].splitlines()
SETTINGS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
VALUES = st.sampled_from(
    ["1", "-1", "1.5", "true", '""', '"x"', "[]", "[1]", '["x"]', "{}", "{ en = 1 }", "[[1]]", "1979-05-27"]
)


def outcome(folder: Path, amace: str | bytes) -> str:
    """What reading says of a file with that content: "" for a policy."""
    (folder / "device.toml").write_text(TEXTS["device"], encoding="utf-8")
    path = folder / "amace.toml"
    path.write_bytes(amace if isinstance(amace, bytes) else amace.encode("utf-8", "surrogatepass"))
    said = ""
    try:
        rules.faults(source.load("amace", folder))
    except Problem as problem:
        said = str(problem)
    assert "\n" not in said
    return said


@SETTINGS
@given(st.binary(max_size=200))
def test_any_bytes_are_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    """A file of another kind, or half a download."""
    assert outcome(tmp_path, data)


@SETTINGS
@given(st.integers(0, len(LINES) - 1), VALUES)
def test_any_value_in_any_place_is_a_policy_or_one_line(tmp_path: Path, at: int, value: str) -> None:
    """Every key is read by something that says what it takes."""
    lines = list(LINES)
    lines[at] = re.sub(r"= .*", f"= {value}", lines[at])
    outcome(tmp_path, "\n".join(lines))


@SETTINGS
@given(st.integers(0, len(LINES) - 1), st.integers(0, 40), st.text(max_size=4))
def test_any_cut_or_typing_error_is_a_policy_or_one_line(tmp_path: Path, at: int, column: int, text: str) -> None:
    """What a hand does to a file."""
    lines = list(LINES)
    lines[at] = lines[at][:column] + text + lines[at][column + 1 :]
    outcome(tmp_path, "\n".join(lines))
    outcome(tmp_path, "\n".join(lines[:at]))


def test_whatever_is_whole_can_be_used() -> None:
    """A short run of what a fuzzer runs for hours: `python -m tests.fuzz.policy`."""
    counts = fuzz.run(rounds=150, seed=1)
    assert min(counts.values()) > 3, "both verdicts were met"


@pytest.mark.full
def test_whatever_is_whole_can_be_used_for_long() -> None:
    """The same, for long."""
    fuzz.run(rounds=10_000, seed=2)


def test_a_file_at_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    """A limit that nobody tests is none."""
    whole = TEXTS["amace"].encode() + b"\n#"
    at_limit = whole + b"x" * (toml.MAX_FILE - len(whole))
    assert outcome(tmp_path, at_limit) == ""
    assert f"more than {toml.MAX_FILE} bytes" in outcome(tmp_path, at_limit + b"x")


def test_nesting_has_a_limit(tmp_path: Path) -> None:
    """Deep input must not end in a stack that is too deep."""
    for depth in (toml.MAX_DEPTH, 5_000):
        assert outcome(tmp_path, f"a = {'[' * depth}{']' * depth}\n" + TEXTS["amace"])


def test_bases_have_a_limit(tmp_path: Path) -> None:
    """A circle ends in one line."""
    names = ("amace", "b1", "b2", "b3", "b4")
    for name, base in zip(names, (*names[1:], "device"), strict=True):
        (tmp_path / f"{name}.toml").write_text(f'base = "{base}"\n')
    (tmp_path / "device.toml").write_text(TEXTS["device"])
    with pytest.raises(Problem, match=f"more than {toml.MAX_BASES} files"):
        source.load("amace", tmp_path)


def test_the_command_says_bad_input_in_one_line_and_ends_with_2(tmp_path: Path) -> None:
    """What a person can mend is one line on stderr and exit code 2."""
    (tmp_path / "town.toml").write_text('base = "device"\n')
    for words in (
        ["report", "--policy", "gone"],
        ["diff", "amace", str(tmp_path / "town.toml")],
        ["build", "--policy", "minimal"],
    ):
        command = [sys.executable, "-P", "-m", "tools", "policy", *words]
        done = subprocess.run(
            command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, words
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stdout == ""
