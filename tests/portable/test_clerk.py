"""agent/privacy/clerk.py in a whole agent: what left is in the ledger, to the byte, and nothing leaves that cannot be."""

# heap: 640k - the tests keep everything the device said, and its flash, with the words of a 64-bit machine

from agent.base import errors
from agent.base import journal as j
from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.privacy import purposes as p
from simulator import flash, remote
from tests.portable import orders as o
from tests.portable.bench import MINUTE, Bench
from tests.portable.clerked import Ledger
from tests.portable.signed import START, line, no

REGIONS = (("events", 3), ("keys", 2), ("anchor", 2))
_HOUR = START // 3600


def fresh() -> Bench:
    bench = Bench(chip=flash.Chip(REGIONS))
    bench.online()
    return bench


def counted(bench: Bench, *purposes: int) -> "list[int]":
    """[messages, bytes] that left for these purposes."""
    names = {
        p.CONTROL: ("hello", "receipt", "withheld", "result", "seal"),
        p.STATUS: ("status",),
        p.PRESENCE: ("online",),
    }
    mine = [m for m in bench.published() if [1 for k in purposes if m.name in names[k]]]
    return [len(mine), sum([len(m.payload) for m in mine])]


def test_a_minute_of_messages_is_one_line_to_the_byte() -> None:
    """What the owner reads there is what the broker got: messages, bytes, and the connection they took."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.run(MINUTE)
    ledger = Ledger(bench)
    for purpose in (p.CONTROL, p.STATUS):
        assert ledger.total(purpose)[:2] == counted(bench, purpose), purpose
        assert ledger.total(purpose)[2:] == [0, 0]
    assert ledger.total(p.CONTROL, way=c.CONNECT) == [1, 0, 0, 0]
    assert ledger.lines[-1].why == e.MINUTE
    assert ledger.lines[-1].hour == _HOUR
    before = len(ledger.lines)
    bench.run(3 * MINUTE)
    assert len(Ledger(bench).lines) == before, "a minute in which nothing left has no line"


def test_a_change_of_consent_closes_what_left_under_the_one_before() -> None:
    """No line mixes two consents, whatever the minute."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.core.status.soon()
    assert bench.core.gate.cells.used
    bench.forget()
    assert bench.record(bench.chain.next(no(p.STATUS))) == 0
    bench.drain()
    ledger = Ledger(bench)
    assert ledger.whys()[-1] == e.CONSENT
    assert ledger.total(p.STATUS)[0] == 1
    assert [row[c.PURPOSE] for row in _open(bench)] == [p.CONTROL], "what was said of the withdrawal itself"


def _open(bench: Bench) -> "list[list[int]]":
    cells = bench.core.gate.cells
    return [list(cells.rows[k * c.WIDTH : (k + 1) * c.WIDTH]) for k in range(cells.used)]


def test_a_repeat_is_counted_apart() -> None:
    """The broker may have got it twice: both are told."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.core.status.soon()
    bench.tick(MINUTE)
    assert bench.published()[-1].name == "status"
    size = len(bench.published()[-1].payload)
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    bench.connect()
    bench.drain()
    bench.run(MINUTE)
    assert Ledger(bench).total(p.STATUS)[2:] == [1, size]
    assert Ledger(bench).total(p.STATUS)[:2] == [2, 2 * size]


def test_what_is_held_is_counted_with_its_reason() -> None:
    """Silence is accounted for, too: without content, only how often and why."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    slot = bench.core.outbox.draft(7, bench.now)  # a place, which nobody was asked for
    bench.core.outbox.put(slot)
    bench.run(MINUTE)
    assert Ledger(bench).total(p.LOCATION_ALARM, p.NEVER_ASKED) == [1, 0, 0, 0]
    assert Ledger(bench).total(p.LOCATION_ALARM) == [0, 0, 0, 0]


def test_what_a_withdrawal_erases_is_counted_as_held() -> None:
    """It waited for the network and never left: the ledger says how many, and that consent had ended."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    for _ in range(2):
        bench.core.outbox.put(bench.core.outbox.draft(8, bench.now))
    waiting = bench.waiting(8)
    assert waiting >= 2
    bench.record(bench.chain.next(no(p.STATUS)))
    bench.run(MINUTE)
    assert Ledger(bench).total(p.STATUS, p.WITHDRAWN) == [waiting, 0, 0, 0]


def test_a_restart_says_that_the_open_cells_are_lost() -> None:
    """The line is the first thing of the new life; the chain goes on."""
    bench = fresh()
    bench.run(MINUTE)
    before = Ledger(bench)
    assert before.whys() == [e.MINUTE]
    bench.boot()
    assert Ledger(bench).whys() == [e.MINUTE, e.RESTART]
    assert Ledger(bench).lines[-1].hour == -1, "the time is not known yet"
    bench.online()
    bench.run(MINUTE)
    assert len(Ledger(bench).lines) == 3


def test_an_ordered_restart_loses_nothing() -> None:
    """A rig's order and an update leave time for a line."""
    bench = fresh()
    bench.core.restart = True
    bench.tick()
    assert Ledger(bench).total(p.CONTROL)[:2] == counted(bench, p.CONTROL)


def test_an_hour_of_lines_is_signed_by_the_device() -> None:
    """From a checkpoint on nobody, not even who holds the flash, can write another past."""
    bench = fresh()
    bench.grant(line(p.STATUS), days=1)
    bench.drain()
    assert Ledger(bench).signed == 0
    bench.run(11 * MINUTE, MINUTE)
    bench.settle()
    ledger = Ledger(bench)
    assert ledger.signed >= 1, "the first one comes soon"
    assert len(ledger.lines) - ledger.signed <= 1
    bench.run(45 * MINUTE, MINUTE)
    assert Ledger(bench).signed == ledger.signed, "the next one takes an hour"
    bench.run(20 * MINUTE, MINUTE)
    bench.settle()
    assert Ledger(bench).signed > ledger.signed


def test_a_receipt_takes_the_notary_from_a_checkpoint() -> None:
    """Consent first: the page is signed after it, and over the newest line."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.run(5 * MINUTE, MINUTE)
    while not bench.core.notary.busy():
        bench.tick(1_000)
    assert bench.core.notary.author is not None
    bench.grant(no(p.STATUS))
    bench.drain()
    bench.settle()
    assert "receipt" in bench.names()
    bench.run(2 * MINUTE)
    bench.settle()
    assert Ledger(bench).signed >= 2


def test_what_cannot_be_counted_waits() -> None:
    """Flash that fails must not let anything out uncounted; what waits is not lost."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    events = bench.ports.events
    program = events.program

    def fails(at: int, buf: bytes) -> None:
        raise OSError(5)

    events.program = fails
    cells = bench.core.gate.cells
    for k in range(c.ROWS - cells.used):
        cells.add(k, p.PROVIDER, p.REFUSED, 1, 0, False)
    assert cells.full()
    bench.forget()
    bench.core.status.soon()
    bench.run(2 * MINUTE)
    assert bench.published() == []
    assert bench.core.outbox.waiting
    journal = bench.core.journal
    assert (j.FAULT, j.LEDGER) in [(journal.entry(k, 1), journal.entry(k, 2)) for k in range(journal.count)]
    events.program = program
    bench.run(2 * MINUTE)
    assert "status" in bench.names()
    ledger = Ledger(bench)
    assert ledger.total(1, p.REFUSED)[0] == 1


def test_a_filling_table_becomes_a_line_before_its_minute() -> None:
    """A busy minute costs lines, never a count."""
    bench = fresh()
    bench.run(MINUTE)
    before = len(Ledger(bench).lines)
    cells = bench.core.gate.cells
    while not cells.filling():
        cells.add(cells.used, p.PROVIDER, p.REFUSED, 1, 0, False)
    bench.tick()
    assert cells.used == 0
    assert len(Ledger(bench).lines) == before + 1


def test_an_erased_purposes_counts_are_gone_from_the_flash() -> None:
    """Policy 5.4: the ledger is itself a diary. What other purposes did stays, and so does the chain."""
    bench = fresh()
    bench.grant(line(p.STATUS), line(p.PRESENCE))
    bench.connect()
    bench.drain()
    bench.run(2 * MINUTE)
    assert Ledger(bench).total(p.STATUS)[0]
    assert o.order(bench, o.ERASE, 1 << p.STATUS) == 0
    ledger = Ledger(bench)
    assert [(k.why, k.purpose) for k in ledger.lines if k.why == e.ERASED] == [(e.ERASED, p.STATUS)]
    assert ledger.total(p.STATUS) == [0, 0, 0, 0]
    assert ledger.total(p.PRESENCE)[0]


def test_an_ended_account_leaves_no_ledger() -> None:
    """Policy 5.5: the next owner must not read when the former one rode."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.run(2 * MINUTE)
    assert Ledger(bench).lines
    assert o.order(bench, o.WHOLE) == 0
    assert bytes(bench.chip.cells[: 3 * flash.BLOCK]) == b"\xff" * (3 * flash.BLOCK)
    bench.run(2 * MINUTE)
    assert bytes(bench.chip.cells[: 3 * flash.BLOCK]) == b"\xff" * (3 * flash.BLOCK), "nor is its goodbye written"


def test_a_dump_is_signed_to_its_end() -> None:
    """The first question brings about a line and a checkpoint, the next ones only wait for them."""
    bench = fresh()
    bench.grant(line(p.STATUS))
    bench.drain()
    clerk = bench.core.clerk
    for _ in range(2):
        assert not clerk.settled()
        assert not clerk.settled()
        bench.settle()
        bench.tick()
        assert clerk.settled()
        ledger = Ledger(bench)
        assert ledger.lines
        assert ledger.signed == len(ledger.lines)
    assert e.EXPORT in ledger.whys()


def test_what_left_before_a_receipt_is_written_before_it() -> None:
    """A receipt without a change, too: whoever holds it can ask for the line."""
    bench = fresh()
    record = bench.chain.next(line(p.STATUS))
    assert bench.record(record) == 0
    bench.drain()
    bench.run(2 * MINUTE)
    assert bench.core.gate.cells.used == 0
    bench.core.outbox.put(bench.core.outbox.draft(8, bench.now))
    bench.tick()
    bench.drain()
    before = Ledger(bench).total(p.STATUS)[0]
    assert bench.core.gate.cells.used
    assert bench.record(record) == errors.REPLAYED
    assert Ledger(bench).whys()[-1] == e.RECEIPT
    assert Ledger(bench).total(p.STATUS)[0] == before + 1
