"""How a contract suite runs, the same on CPython and on a MicroPython machine.

A suite is a file `contract_<port>.py` of functions `check_<fact>(make)`. `make()` gives (port, world): a port in the state
of a fresh start, and a small driver that makes things happen at its other side. Each suite's docstring lists what its
world can do. A suite imports nothing of ours but this folder, so every implementation can be held to it.

Under pytest: `@pytest.mark.parametrize("check", suite.checks(contract_uart))`, then `check(make)`.
On a machine: `suite.hold(suite.checks(contract_uart), make)`.
"""

_STEP_MS = 10
_WRAP = 1 << 30
START = _WRAP - 1_000  # ticks at the start of every world: each suite crosses the wrap within its first second


class World:
    """A world in virtual time. A world of real sockets overrides `step`, and says `virtual = False`."""

    virtual = True

    def __init__(self) -> None:
        self.now = START

    def step(self, port) -> None:
        """Lets a moment pass and polls the port once."""
        self.now = (self.now + _STEP_MS) % _WRAP
        port.poll(self.now)

    def until(self, port, done, ms: int = 60_000) -> bool:
        """Steps until `done()` is true; False when that does not happen within `ms`."""
        for _ in range(ms // _STEP_MS):
            if done():
                return True
            self.step(port)
        return done()

    def run(self, port, ms: int) -> None:
        for _ in range(ms // _STEP_MS):
            self.step(port)


def checks(module, virtual: bool = True) -> list:
    """The suite's functions by name. `virtual=False` leaves out what takes minutes where time is real."""
    skipped = () if virtual else getattr(module, "VIRTUAL_ONLY", ())
    names = sorted(name for name in dir(module) if name.startswith("check_") and name not in skipped)
    return [getattr(module, name) for name in names]


def hold(checks: list, make, defects: tuple = ()) -> None:
    """Runs a suite. A check named in `defects` must fail: a defect that is gone must leave the list."""
    names = [check.__name__ for check in checks]
    for name in defects:
        assert name in names, f"{name} is no check of this suite"
    for check in checks:
        name = check.__name__
        try:
            check(make)
        except (AssertionError, OSError):
            if name in defects:
                continue
            print("in", name)
            raise
        assert name not in defects, f"{name} passes: take it off the list of defects"


def refuses(call, *arguments) -> bool:
    """Did it raise OSError? Any other exception is the port's bug and goes on."""
    try:
        call(*arguments)
    except OSError:
        return True
    return False
