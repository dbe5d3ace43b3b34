"""The commands of `amace`, one line each. Standard library only: `./run --help` reads this before any set-up.

To add a command, write a module that holds `app = tools.app.new()` with one or more `@app.command()` functions, and add
one line to COMMANDS. The module is imported only when its command is called. A function returns its exit code (None is
0: done, 1: the answer is no) and raises `tools.errors.Problem` for whatever a person can mend (2). Results go to
`tools.console.out`, progress to `err`; `--json` is offered where a program might read the result. A command that needs
the larger set of packages is also named in ./run, beside `needs=dev`.
"""

from typing import NamedTuple


class Command(NamedTuple):
    name: str
    module: str
    summary: str
    checkout: bool = False  # works only where the sources and their tests are, not from an installed wheel


COMMANDS = (
    Command("demo", "tools.sim.demo", "Watch a simulated e-bike's first ride, and what left it."),
    Command("sim", "tools.sim.command", "Play a scenario on CPython or MicroPython, with its transcript."),
    Command("replay", "tools.replay.command", "Print a recorded NMEA file as one JSON object for each fix."),
    Command("hil", "tools.rig.command", "Run the rig tests on a device: simulated, virtual or real.", True),
    Command(
        "prove", "tools.prove.command", "Look for what leaks in three ways, and show that it would be found.", True
    ),
    Command("bench", "tools.bench.command", "Measure this build beside its peers, in one run.", True),
    Command("enrol", "tools.enrol", "Give a new device its keys, and its owner's phone the other half."),
    Command("consent", "tools.consent.command", "Allow and withdraw, as the owner, with the device's signed answer."),
    Command("ledger", "tools.ledger.command", "Verify and read what a device's egress ledger says has left it."),
    Command("rights", "tools.rights.command", "Export, correct or erase what a device holds of its owner."),
    Command("test", "tools.testing", "Run every check and every test, on CPython and both MicroPython machines.", True),
    Command("check", "tools.check.command", "Check layers, ways out, device syntax, format, lint and types.", True),
    Command("build", "tools.image.build", "Build a board's image, reproducibly, and say how to flash it."),
    Command("flash", "tools.image.flash", "Write a build to a board, and hear its agent say hello."),
    Command("boards", "tools.boards", "List the boards the agent runs on: chip, memory, parts, features, budgets."),
    Command("policy", "tools.policy.command", "Report, check, compare and build privacy policies.", True),
    Command("lock", "tools.lock", "Pin every package by version and hash in requirements/.", True),
)
