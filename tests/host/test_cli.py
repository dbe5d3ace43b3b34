"""`amace` tells a person what went wrong in one line, and a program in its exit code."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools import cli, commands
from tools.errors import Problem


def amace(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools", *words], cwd=cli.ROOT, capture_output=True, text=True, check=False
    )


def test_help_lists_every_command_with_its_summary() -> None:
    """Help on everything, and nothing that does not exist."""
    text = cli.usage()
    for command in commands.COMMANDS:
        assert command.name in text
        assert command.summary in text


@pytest.mark.parametrize("command", commands.COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help(command: commands.Command, capsys: pytest.CaptureFixture[str]) -> None:
    """A command listed and not there would be a stub."""
    assert cli.call(command, ["--help"]) == 0
    assert f"amace {command.name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["chekc"], "error: no command is called 'chekc' (amace). Did you mean check?\n"),
        (["check", "--nope"], "error: No such option: --nope (amace check). See amace check --help\n"),
    ],
)
def test_bad_words_get_one_line_and_exit_code_2(words: list[str], expected: str) -> None:
    """What, where, how to mend: never a traceback, never a screenful."""
    done = amace(*words)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", expected)


def test_an_unknown_command_without_a_near_one_lists_what_exists() -> None:
    """The person learns the names without another call."""
    with pytest.raises(Problem, match="There are: "):
        cli.find("zzzzzz")


def test_a_command_of_the_checkout_says_so_in_a_wheel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installed wheel has no tests: it must not pretend to run them."""
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    assert "  check" not in cli.usage()
    with pytest.raises(Problem, match="only in a checkout"):
        cli.find("check")


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wheel brings the base set only: building an image takes more, and says which."""
    for name in [name for name in sys.modules if name.startswith("tools.image")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "littlefs", None)
    with pytest.raises(
        Problem, match=r"the package littlefs is missing \(amace build\)\. pip install amace-edge\[device\]"
    ):
        cli.call(cli.find("build"), ["--help"])
    monkeypatch.setitem(sys.modules, "tools.image.make", None)
    with pytest.raises(ModuleNotFoundError):
        cli.call(cli.find("build"), ["--help"])


def test_a_problem_is_one_line_whatever_it_is_made_of() -> None:
    """Messages of other programs hold line breaks; scripts read line by line."""
    assert str(Problem("a\nb", "c", "d")) == "a b (c). d"
    assert str(Problem("a")) == "a"


def test_help_starts_at_once() -> None:
    """Under 0.3 s: commands are imported when called, not before."""
    best = 9.0
    for _ in range(3):
        start = time.perf_counter()
        amace("--help")
        best = min(best, time.perf_counter() - start)
    assert best < 0.3
