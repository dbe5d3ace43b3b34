"""What the clerk owes beside its lines: the right reason, a signature when one is due and none else, and order after failed flash."""

# heap: 640k - the tests keep everything the device said, and its flash, with the words of a 64-bit machine

from agent.base import ticks
from agent.privacy import egress as e
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench
from tests.portable.clerked import Ledger
from tests.portable.signed import line, no
from tests.portable.test_clerk import fresh

_HOUR = 60 * MINUTE
_PATIENCE = 1_000  # ticks of a signature, and some


def busy() -> Bench:
    """Online, with a status that left."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.run(MINUTE)
    return bench


def quiet() -> Bench:
    """Everything signed, and no network since: nothing is left to write."""
    bench = busy()
    bench.run(15 * MINUTE, MINUTE)
    bench.settle()
    bench.give(remote.WIFI, b"D\1")
    bench.run(2 * _HOUR, MINUTE)
    bench.settle()
    return bench


def count(bench: Bench, purpose: int = p.STATUS) -> None:
    assert bench.core.gate.cells.add(purpose, p.OWNER, p.GRANTED, 1, 5, False)


def test_a_change_of_consent_on_the_minute_is_told_as_a_change() -> None:
    """The line that closes a consent says so, or nobody finds it again."""
    bench = busy()
    before = len(Ledger(bench).lines)
    count(bench)
    bench.now += MINUTE
    assert bench.record(bench.chain.next(no(p.STATUS))) == 0
    whys = Ledger(bench).whys()[before:]
    assert e.CONSENT in whys
    assert e.MINUTE not in whys


def test_a_dump_that_is_asked_for_by_cable_settles() -> None:
    """Every answer to the rig is counted itself: it must not put off for ever what the rig waits for."""
    bench = busy()
    clerk = bench.core.clerk
    whys = Ledger(bench).whys().count(e.EXPORT)
    questions = 0
    while not clerk.settled():
        assert bench.core.gate.answers(9)
        bench.tick(10)
        bench.tick()  # a slice of the signature or two, not all of it
        questions += 1
        assert questions < _PATIENCE
    assert Ledger(bench).whys().count(e.EXPORT) == whys + 1
    turns = clerk.turns
    bench.settle()
    bench.tick(SECOND)
    assert clerk.turns == turns, "who got the last answer asks no more"


def test_pieces_of_two_states_of_the_flash_can_be_told_apart() -> None:
    """A dump is fetched in pieces; a line in the middle of it would break its chain."""
    bench = busy()
    turns = bench.core.clerk.turns
    bench.run(2 * MINUTE)
    assert bench.core.clerk.turns == turns
    count(bench)
    bench.run(MINUTE)
    assert bench.core.clerk.turns > turns


def test_nothing_new_is_not_signed_again() -> None:
    """An hour in a garage costs no flash."""
    bench = quiet()
    assert Ledger(bench).signed == len(Ledger(bench).lines)
    turns = bench.core.clerk.turns
    bench.run(2 * _HOUR, MINUTE)
    assert bench.core.clerk.turns == turns


def test_lines_are_signed_by_the_hour() -> None:
    """A signature keeps the processor awake for most of a second."""
    bench = busy()
    bench.run(15 * MINUTE, MINUTE)
    bench.settle()
    signed = Ledger(bench).signed
    assert signed
    for _ in range(8):
        bench.run(6 * MINUTE, MINUTE)
        bench.settle()
    assert Ledger(bench).signed == signed
    bench.run(12 * MINUTE, MINUTE)
    bench.settle()
    assert Ledger(bench).signed > signed


def test_the_device_wakes_for_a_line_and_for_a_signature() -> None:
    """And sleeps on when neither is due."""
    bench = busy()
    assert bench.core.gate.cells.used == 0
    assert 0 < ticks.diff(bench.core.clerk.deadline(), bench.now) <= MINUTE, "unsigned"
    bench = quiet()
    assert bench.core.clerk.deadline() == -1
    count(bench)
    assert 0 < ticks.diff(bench.core.clerk.deadline(), bench.now) <= MINUTE


def test_a_restart_alone_is_signed() -> None:
    """That cells were lost is a statement of the device's, too."""
    bench = busy()
    bench.boot()
    lines = len(Ledger(bench).lines)
    bench.run(12 * MINUTE, MINUTE)
    bench.settle()
    assert Ledger(bench).signed >= lines


def test_an_erasure_alone_is_signed() -> None:
    """Whoever holds the flash must not be able to say that it was the owner who erased."""
    bench = quiet()
    assert bench.core.clerk.erase(1 << p.STATUS)
    lines = len(Ledger(bench).lines)
    assert Ledger(bench).lines[-1].why == e.ERASED
    assert Ledger(bench).signed < lines
    bench.run(2 * _HOUR, MINUTE)
    bench.settle()
    assert Ledger(bench).signed == lines


def test_a_line_that_flash_took_and_denied_is_not_forked() -> None:
    """It may be there or not: what is there decides, not what the clerk remembers."""
    bench = busy()
    events = bench.ports.events
    program = events.program

    def denied(at: int, buf: bytes) -> None:
        program(at, buf)
        if bytes(buf[1:2]) == bytes((e.LINE,)):
            raise OSError(5)

    events.program = denied
    count(bench)
    bench.run(MINUTE)
    events.program = program
    before = len(Ledger(bench).lines)
    bench.run(2 * MINUTE)
    assert len(Ledger(bench).lines) == before + 1, "the chain holds, or it could not be read"


def test_an_erasure_that_power_or_flash_broke_off_goes_on_at_the_next_start() -> None:
    """The order stands in the ring: a start reads it before anything else is written."""
    bench = busy()
    events = bench.ports.events
    blank = events.program

    def refused(at: int, buf: bytes) -> None:
        if not any(buf):
            raise OSError(5)
        blank(at, buf)

    events.program = refused
    assert not bench.core.clerk.erase(1 << p.STATUS)
    assert Ledger(bench).total(p.STATUS)[0], "not yet"
    events.program = blank
    bench.boot()
    assert Ledger(bench).total(p.STATUS) == [0, 0, 0, 0]


def test_nobodys_device_writes_no_diary() -> None:
    """Whatever still stands in the cells when the owner has gone is nobody's to keep."""
    bench = busy()
    lines = len(Ledger(bench).lines)
    bench.core.grants.bound = False
    count(bench)
    bench.core.clerk.soon(e.MINUTE)
    bench.tick(2 * MINUTE)
    bench.tick(2 * MINUTE)
    assert len(Ledger(bench).lines) == lines
