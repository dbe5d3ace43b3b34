"""agent/privacy/egress.py: what left is written once, chained, and an erased purpose's numbers are gone."""

from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.privacy import purposes as p
from agent.store.ring import Entries, Ring
from simulator import flash
from tests.portable import cuts

HOUR = 60_000


class _Salts:
    def __init__(self) -> None:
        self.n = 0

    def fill(self, buf: bytearray) -> None:
        self.n += 1
        for k in range(len(buf)):
            buf[k] = self.n * 31 + k & 0xFF


def fresh() -> "flash.Chip":
    return cuts.chip_of("events", 3)


def book_of(chip: "flash.Chip") -> "e.Book":
    return e.Book(chip.region("events"), _Salts().fill)


def found(chip: "flash.Chip") -> list:
    reader = Entries(Ring(chip.region("events")))
    entries = []
    while reader.step():
        entries.append((reader.kind, b"" if reader.blank else bytes(reader.buf[: reader.n])))
    return entries


def minute(cells: "c.Cells", k: int = 0, size: int = 31) -> None:
    assert cells.add(p.STATUS, p.OWNER, p.GRANTED, 1 << 7, 40 + k, False)
    assert cells.add(p.STATUS, p.OWNER, p.GRANTED, 1 << 7, 40 + k, True)
    assert cells.add(p.LOCATION_REPORT, p.OWNER, p.GRANTED, 1 << 8, size, False)
    assert cells.add(p.PHOTO, p.OWNER, p.NEVER_ASKED, 1 << 9, 0, False)


def test_a_row_counts_one_purpose_recipient_and_reason() -> None:
    """Bytes are payload, repeats are apart."""
    cells = c.Cells()
    for _ in range(3):
        minute(cells)
    assert cells.used == 3
    assert list(cells.rows[: c.WIDTH]) == [p.STATUS, p.OWNER, 0, 1 << 7, 3, 120, 3, 120]
    assert list(cells.rows[2 * c.WIDTH : 3 * c.WIDTH]) == [p.PHOTO, p.OWNER, p.NEVER_ASKED, 1 << 9, 3, 0, 0, 0]


def test_what_cannot_be_counted_is_refused() -> None:
    """A full table, or a number at its end."""
    cells = c.Cells()
    for k in range(c.ROWS):
        assert cells.add(k, 0, 0, 1, 5, False)
    assert not cells.add(c.ROWS, 0, 0, 1, 5, False)
    assert cells.add(3, 0, 0, 1, 0x3FFF_FFFF - 5, False)
    assert not cells.add(3, 0, 0, 1, 1, False)
    assert list(cells.rows[3 * c.WIDTH :][:6]) == [3, 0, 0, 1, 2, 0x3FFF_FFFF]


def test_lines_are_chained_over_restarts() -> None:
    """A line taken out, or put in, shows."""
    chip = fresh()
    heads = [bytes(16)]
    for k in range(6):
        book = book_of(chip)
        assert book.head == heads[-1]
        cells = c.Cells()
        minute(cells, k)
        book.enter(cells, HOUR, e.MINUTE)
        assert cells.used == 0
        heads.append(book.head)
    lines = [body for kind, body in found(chip) if kind == e.LINE]
    assert [line[2:18] for line in lines] == heads[:-1]
    assert [e.digest(e.LINE_DOMAIN, line) for line in lines] == heads[1:]
    assert len([kind for kind, _ in found(chip) if kind == e.CELL]) == 18


def test_an_erased_purposes_numbers_are_gone_and_the_rest_stays() -> None:
    """The ledger is itself a diary."""
    chip = fresh()
    book = book_of(chip)
    cells = c.Cells()
    for k in range(3):
        minute(cells, k)
        book.enter(cells, HOUR, e.MINUTE)
    before = found(chip)
    book.erase(1 << p.LOCATION_REPORT, cells, HOUR)
    after = found(chip)
    for k in range(len(before)):
        kind, body = before[k]
        gone = kind == e.CELL and e.purpose_of(body, len(body)) == p.LOCATION_REPORT
        assert after[k] == (kind, b"" if gone else body)
        assert (chip.cells.find(body) < 0) == gone
    minute(cells)
    book.enter(cells, HOUR, e.MINUTE)
    book.resume()
    assert len([1 for kind, body in found(chip) if kind == e.CELL and not body]) == 3  # what came later stays


def work(chip: "flash.Chip", log: list) -> None:
    book = book_of(chip)
    cells = c.Cells()
    for k in range(2):
        minute(cells, k, 0x0BADCAFE)
        book.enter(cells, HOUR, e.MINUTE)
        log.append(2 * (k + 1))  # cells of other purposes than the erased one
    book.erase(1 << p.LOCATION_REPORT, cells, HOUR)
    log.append(-1)


def judge(chip: "flash.Chip", log: list) -> None:
    """Lines that were written are whole and chained; an erasure that was answered, or begun, is complete after a start."""
    book = book_of(chip)
    book.resume()
    entries = found(chip)
    head = bytes(16)
    pending: list = []
    whole = 0
    erased = False
    for kind, body in entries:
        if kind == e.CELL:
            pending += [body] if body and e.purpose_of(body, len(body)) != p.LOCATION_REPORT else []
            continue
        assert body[2:18] == head
        head = e.digest(e.LINE_DOMAIN, body)
        erased = erased or e.why_of(body, len(body))[0] == e.ERASED
        whole += len(pending)
        pending = []
    assert whole >= max([0] + [n for n in log if n > 0])
    assert erased or -1 not in log
    if erased:
        assert chip.cells.find(b"\x0b\xad\xca\xfe") < 0  # not even the half of a cell whose blanking was cut
        for _, body in entries:
            assert not body or body[:1] != b"\x89" or e.purpose_of(body, len(body)) != p.LOCATION_REPORT
    book = book_of(chip)
    assert book.head == head


def test_no_power_cut_breaks_the_chain_or_an_erasure() -> None:
    """Every operation, six torn modes; and again in the start after the two that leave most to mend."""
    assert cuts.every(fresh, work, judge) > 60
    assert cuts.every(fresh, work, judge, 2, (flash.HALF, flash.UNSTABLE)) > 20
