"""What a line of the egress ledger says, byte by byte, and which counts are kept apart."""

import hashlib

from agent.privacy import cells as c
from agent.privacy import egress as e
from agent.privacy import purposes as p
from agent.store.ring import Entries, Ring
from tests.portable.bench import decode
from tests.portable.test_egress import HOUR, book_of, found, fresh, minute


def listed(body: bytes) -> "list[object]":
    """An entry as a list: `decode` reads maps."""
    items = decode(b"\xa1\x00" + body)[0]
    assert isinstance(items, list)
    return items


def hashed(domain: bytes, body: bytes) -> bytes:
    return hashlib.sha256(domain + body).digest()[:16]


def test_recipients_and_reasons_are_counted_apart() -> None:
    """Who got it is half of what the owner asks; what was held must never read as sent."""
    cells = c.Cells()
    for recipient, reason in (
        (p.OWNER, p.GRANTED),
        (p.PROVIDER, p.GRANTED),
        (p.PROVIDER, p.EXPIRED),
        (p.OWNER, p.GRANTED),
    ):
        assert cells.add(p.STATUS, recipient, reason, 1, 10, False)
    rows = [list(cells.rows[k * c.WIDTH : k * c.WIDTH + 5]) for k in range(cells.used)]
    assert rows == [
        [p.STATUS, p.OWNER, p.GRANTED, 1, 2],
        [p.STATUS, p.PROVIDER, p.GRANTED, 1, 1],
        [p.STATUS, p.PROVIDER, p.EXPIRED, 1, 1],
    ]


def test_a_count_at_its_end_takes_no_more() -> None:
    """Also one of messages without a byte."""
    cells = c.Cells()
    assert cells.add(p.STATUS, p.OWNER, p.GRANTED, 1, 0, False)
    cells.rows[c.COUNT] = 0x3FFF_FFFE
    assert cells.add(p.STATUS, p.OWNER, p.GRANTED, 1, 0, False)
    assert not cells.add(p.STATUS, p.OWNER, p.GRANTED, 1, 0, False)
    assert cells.rows[c.COUNT] == 0x3FFF_FFFF


def test_what_was_written_is_not_counted_again() -> None:
    """The next minute begins at nothing, and nothing of the last stays in memory."""
    cells = c.Cells()
    minute(cells)
    cells.clear()
    assert cells.used == 0
    assert not any(cells.rows)
    minute(cells)
    assert list(cells.rows[: c.WIDTH]) == [p.STATUS, p.OWNER, 0, 1 << 7, 1, 40, 1, 40]


def test_a_line_knows_its_cells_by_their_hashes_and_the_line_before_it() -> None:
    """The owner's tool reads these bytes: docs and device must mean the same ones."""
    chip = fresh()
    book = book_of(chip)
    cells = c.Cells()
    minute(cells)
    rows = [list(cells.rows[k * c.WIDTH : (k + 1) * c.WIDTH]) for k in range(3)]
    book.enter(cells, HOUR, e.RECEIPT)
    entries = found(chip)
    assert [kind for kind, _ in entries] == [e.CELL] * 3 + [e.LINE]
    bodies = [body for _, body in entries]
    read = [listed(body) for body in bodies]
    assert [cell[1:] for cell in read[:3]] == rows
    assert len({bytes(cell[0]) for cell in read[:3]}) == 3, "a salt that comes twice lets its numbers be compared"
    assert all(any(cell[0]) for cell in read[:3])
    hashes = [hashed(e.CELL_DOMAIN, body) for body in bodies[:3]]
    assert read[3] == [bytes(16), HOUR, e.RECEIPT, e.NO_PURPOSE, hashes]
    assert book.head == hashed(e.LINE_DOMAIN, bodies[3])


def test_a_checkpoint_signs_the_last_line_and_its_hour() -> None:
    """The device's word that nothing before it was taken away."""
    chip = fresh()
    book = book_of(chip)
    cells = c.Cells()
    minute(cells)
    book.enter(cells, HOUR, e.MINUTE)
    page = book.page(HOUR + 1)
    assert book.sign(page, b"s" * e.SIGNATURE)
    kind, body = found(chip)[-1]
    assert kind == e.SIGN
    assert listed(body) == [book.head, HOUR + 1, b"s" * e.SIGNATURE]
    assert body == page + b"\x58\x40" + b"s" * e.SIGNATURE
    book = book_of(chip)
    book.enter(cells, HOUR + 2, e.MINUTE)
    assert listed(found(chip)[-1][1])[0] == hashed(e.LINE_DOMAIN, found(chip)[3][1]), "no link of the chain itself"
    assert not book.sign(page, b"s" * e.SIGNATURE), "a line came after it"


def test_only_a_line_says_that_something_was_erased() -> None:
    """A cell has numbers in the same places, a checkpoint has a line's beginning: neither may blank what the owner can read."""
    chip = fresh()
    book = book_of(chip)
    cells = c.Cells()
    assert cells.add(p.STATUS, p.OWNER, p.GRANTED, 1, 10, False)
    book.enter(cells, HOUR, e.MINUTE)
    assert cells.add(p.PHOTO, e.ERASED, p.STATUS, 1, 0, False)  # read as a line: STATUS was erased
    book.enter(cells, HOUR, e.MINUTE)
    assert book.sign(book.page(HOUR), b"s" * e.SIGNATURE)
    before = found(chip)
    book = book_of(chip)
    book.resume()
    assert found(chip) == before
    book.erase(1 << p.STATUS, cells, HOUR)
    assert [kind for kind, body in found(chip) if not body] == [e.CELL]


def test_a_line_that_somebody_blanked_stops_neither_a_start_nor_an_erasure() -> None:
    """It shows as missing in the chain; the device goes on from the last one it can read."""
    chip = fresh()
    book = book_of(chip)
    cells = c.Cells()
    heads = []
    for k in range(2):
        minute(cells, k)
        book.enter(cells, HOUR, e.MINUTE)
        heads.append(book.head)
    ring = Ring(chip.region("events"))
    reader = Entries(ring)
    while reader.step():
        last = (reader.body, reader.size)
    ring.blank(*last)
    book = book_of(chip)
    assert book.head == heads[0]
    book.erase(1 << p.STATUS, cells, HOUR)
    assert len([kind for kind, body in found(chip) if kind == e.CELL and not body]) == 2
