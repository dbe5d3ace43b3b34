"""The commands of `amace`, one line each. Standard library only: `./run --help` reads this before any set-up.

To add a command, write a module that holds `app = typer.Typer(...)` with one or more `@app.command()` functions, and add
one line to COMMANDS. The module is imported only when its command is called. It raises `tools.errors.Problem` for
whatever a person can mend, prints results on stdout and progress on stderr, and takes `--json` where a program might
read the result. A command that needs the larger set of packages is also named in ./run, beside `needs=dev`.
"""

from typing import NamedTuple


class Command(NamedTuple):
    name: str
    module: str
    summary: str


COMMANDS = (
    Command("test", "tools.testing", "Run every check and every test, on CPython and on both MicroPython machines."),
    Command(
        "check", "tools.check.command", "Layers, ways out, device syntax, format, lint and types, in under a minute."
    ),
    Command("lock", "tools.lock", "Pin every package by version and hash in requirements/."),
)
