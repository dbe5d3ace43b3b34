"""A record that finds no memory is neither lost in silence nor in the way of the next one, wherever the memory ended."""

# heap: 400k - a whole agent beside the chain that talks to it

from agent.base import errors
from agent.privacy import purposes as p
from simulator import board
from tests.portable.bench import Bench
from tests.portable.hoard import ENDLESS, starve
from tests.portable.signed import line, no

STATUS = 1 << p.STATUS
_STEP = 3  # pieces of memory more, from one try to the next
_TRIES = 4 if ENDLESS else 60  # where nothing fails, a few show that the bench is right


class Told:
    """What became of a record: kept without an allocation."""

    def __init__(self) -> None:
        self.code = -1
        self.times = 0

    def hear(self, code: int) -> None:
        self.code = code
        self.times += 1


def small() -> Bench:
    """A board that loads its rooms when they are needed."""
    bench = Bench()
    bench.parts &= ~board.ROOMY
    bench.boot()
    return bench


def test_a_record_without_memory_is_answered_and_heard_when_it_comes_again() -> None:
    """The owner's phone waits for a word; a device that stays silent, or busy for ever, has taken the right to withdraw."""
    bench = small()
    failed = 0
    for k in range(_TRIES):
        record = bench.chain.next(no(p.STATUS) if k & 1 else line(p.STATUS))
        told = Told()
        hear = told.hear
        hoard = starve(k * _STEP)
        try:
            bench.core.record(record, len(record), bench.now, hear)
        except MemoryError:
            failed += 1
            del hoard
            assert (told.code, told.times) == (errors.BUSY, 1)
            assert bench.record(record) == 0
        else:
            del hoard
            bench.settle()
            assert (told.code, told.times) == (0, 1)
        assert bool(bench.live() & STATUS) == (not k & 1)
    assert 3 < failed < _TRIES or ENDLESS
