"""The loop on a board: a tick that fails costs itself, the watchdog is fed while ticks work, a restart ends it."""

from agent import runtime
from agent.base import journal as j


class Clock:
    now = 0

    def ticks(self) -> int:
        return self.now


class Watchdog:
    def __init__(self) -> None:
        self.started = 0
        self.fed = 0

    def start(self, timeout_ms: int) -> None:
        self.started = timeout_ms

    def feed(self) -> None:
        self.fed += 1


class Core:
    """A core that does in each tick what the test says, and asks for a restart after the last."""

    restart = False
    watchdog_ms = 30_000
    idle_ms = 20

    def __init__(self, ticks, watchdog: "Watchdog | None", wait: int = 5) -> None:
        self.ports = self.profile = self.console = self.uplink = self
        self.clock = Clock()
        self.watchdog = watchdog
        self.journal = j.Journal(64)
        self.closed: "list[bool]" = []
        self.slept: "list[int]" = []
        self._ticks = list(ticks)
        self._wait = wait

    def pump(self, now: int) -> None:
        error = self._ticks.pop(0)
        self.restart = not self._ticks
        if error is not None:
            raise error

    def deadline(self, now: int) -> int:
        return self._wait

    def close(self, polite: bool) -> None:
        self.closed.append(polite)

    async def sleep(self, ms: int) -> None:
        self.slept.append(ms)

    def faults(self) -> "list[tuple[int, int]]":
        rows = self.journal
        return [(rows.entry(k, 2), rows.entry(k, 3)) for k in range(rows.count) if rows.entry(k, 1) == j.FAULT]


def ran(ticks, watchdog: bool = True, wait: int = 5) -> Core:
    core = Core(ticks, Watchdog() if watchdog else None, wait)
    runtime.run(core, core.sleep)
    return core


def test_it_pumps_until_the_rig_asks_for_a_restart_and_says_goodbye() -> None:
    """Never a prompt: the board's entry resets after it."""
    core = ran([None] * 3)
    assert core.slept == [5, 5, 5]
    assert core.closed == [True]
    assert (core.watchdog.started, core.watchdog.fed) == (30_000, 3)
    assert ran([None], watchdog=False).closed == [True]


def test_it_sleeps_no_longer_than_ports_can_wait() -> None:
    """A deadline of a day must not leave a byte of the receiver unread for one."""
    assert ran([None], wait=86_400_000).slept == [20]


def test_a_tick_that_fails_is_counted_and_the_next_one_runs() -> None:
    """1: out of memory, 2: our bug. In a row they add up, a good tick clears them."""
    core = ran([None, MemoryError(), ValueError(), None, KeyError(1), None])
    assert core.faults() == [(j.MEMORY, 1), (j.EXCEPTION, 2), (j.EXCEPTION, 1)]
    assert core.watchdog.fed == 6


def test_the_watchdog_bites_after_twenty_failures_in_a_row() -> None:
    """At nineteen it is fed, from the twentieth on it is not."""
    core = ran([ValueError()] * 25)
    assert core.watchdog.fed == 19
    assert ran([ValueError()] * 19 + [None] + [ValueError()] * 19).watchdog.fed == 39
