"""`amace`: finds the command's module, runs it, and turns what goes wrong into one line and an exit code.

Exit codes: 0 done, 1 the command ran and the answer is no, 2 something to mend (bad input, a missing part),
130 stopped from the keyboard.
"""

import difflib
import importlib
import os
import sys
from collections.abc import Sequence

from tools.commands import COMMANDS, Command
from tools.errors import Problem
from tools.places import ROOT, add_shims


def available() -> list[Command]:
    """Every command that works where this code lies: a wheel has no tests to run."""
    checkout = (ROOT / "pyproject.toml").is_file()
    return [command for command in COMMANDS if checkout or not command.checkout]


def usage() -> str:
    commands = available()
    width = max((len(command.name) for command in commands), default=0)
    rows = [f"  {command.name:{width}}  {command.summary}" for command in commands]
    return "\n".join(
        [
            "Usage: amace COMMAND [ARGUMENTS]    (in a checkout: ./run COMMAND [ARGUMENTS])",
            "",
            *rows,
            "",
            "amace COMMAND --help tells more. --version prints the version.",
        ]
    )


def version() -> str:
    """The installed wheel's version, else the one the checkout declares."""
    import tomllib
    from importlib import metadata

    declared = ROOT / "pyproject.toml"
    if declared.is_file():
        return str(tomllib.loads(declared.read_text())["project"]["version"])
    return metadata.version("amace-edge")


def find(name: str) -> Command:
    commands = {command.name: command for command in available()}
    if name in commands:
        return commands[name]
    if any(command.name == name for command in COMMANDS):
        raise Problem(f"{name} works only in a checkout", "amace", "Clone the sources and start ./run there")
    close = difflib.get_close_matches(name, commands, 1)
    hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(commands)}"
    raise Problem(f"no command is called {name!r}", "amace", hint)


def call(command: Command, arguments: Sequence[str]) -> int:
    """Runs one command in this process; its exit code."""
    # typer takes 70 ms to import: help and --version need none of it.
    import typer
    from typer.exceptions import TyperException

    add_shims()
    where = f"amace {command.name}"
    try:
        app: typer.Typer = importlib.import_module(command.module).app
    except ModuleNotFoundError as error:
        package = (error.name or "").split(".")[0]
        if (ROOT / package).is_dir():
            raise  # one of ours: a bug, not a missing package
        raise Problem(f"the package {package} is missing", where, "pip install amace-edge[device]") from error
    try:
        code = app(args=list(arguments), prog_name=where, standalone_mode=False)
    except typer.Abort:
        return 130
    except TyperException as error:
        raise Problem(error.format_message().rstrip("."), where, f"See {where} --help") from error
    return code if type(code) is int else 0


def run(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        print(usage())
        return 0
    if arguments[0] == "--version":
        print(f"amace {version()}")
        return 0
    return call(find(arguments[0]), arguments[1:])


def main() -> None:
    try:
        code = run(sys.argv[1:])
        sys.stdout.flush()
    except Problem as problem:
        print(f"error: {problem}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    except BrokenPipeError:
        # The reader of our output went away (`amace … | head`): nothing is left to say, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
