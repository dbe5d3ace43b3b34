"""agent/store/ring.py: what was acknowledged is there, what was torn is not, whenever the power goes."""

from agent.base.errors import LocalError
from agent.store.ring import MAX_PAYLOAD, Entries, Ring
from simulator import flash
from tests.portable import cuts

_BLOCKS = 3
_RECORDS = 12  # more, and cut twice, in tests/host/test_power_cuts.py


def entries(ring: Ring) -> list:
    reader = Entries(ring)
    found = []
    while reader.step():
        found.append((reader.seq, reader.kind, b"" if reader.blank else bytes(reader.buf[: reader.n])))
    return found


def body(k: int, n: int) -> bytes:
    return bytes([(k * 7 + i) & 0xFF for i in range(n)])


def fresh() -> "flash.Chip":
    return cuts.chip_of("events", _BLOCKS)


def ring_of(chip: "flash.Chip") -> Ring:
    return Ring(chip.region("events"))


def test_entries_come_back_in_order_after_a_restart() -> None:
    """The log is the device's memory."""
    chip = fresh()
    ring = ring_of(chip)
    told = []
    for k in range(40):
        data = body(k, 5 + k)
        told.append((ring.append(1 + k % 3, data, len(data)), 1 + k % 3, data))
    assert entries(ring) == told
    assert entries(ring_of(chip)) == told
    assert [seq for seq, _, _ in told] == list(range(40))


def test_the_oldest_block_goes_first_and_the_numbers_go_on() -> None:
    """A ring that stopped when it is full would lose what is newest."""
    chip = fresh()
    ring = ring_of(chip)
    for k in range(100):
        assert ring.append(1, body(k, 400), 400) == k
        found = entries(ring_of(chip)) if k % 9 == 0 else entries(ring)
        assert found[-1] == (k, 1, body(k, 400))
        assert [seq for seq, _, _ in found] == list(range(found[0][0], k + 1))
        assert k < 27 or len(found) >= 9 * (_BLOCKS - 1)


def test_an_entry_has_at_most_512_bytes() -> None:
    """A longer one would be written and never read again."""
    ring = ring_of(fresh())
    assert ring.append(1, bytes(MAX_PAYLOAD), MAX_PAYLOAD) == 0
    for kind, n in ((1, MAX_PAYLOAD + 1), (1, -1), (0, 1), (255, 1)):
        try:
            ring.append(kind, bytes(MAX_PAYLOAD + 1), n)
        except LocalError:
            continue
        raise AssertionError((kind, n))
    assert entries(ring) == [(0, 1, bytes(MAX_PAYLOAD))]


def test_an_empty_or_foreign_region_has_no_entries() -> None:
    """What another firmware left there is not ours to serve."""
    chip = fresh()
    assert entries(ring_of(chip)) == []
    for at in range(len(chip.cells)):
        chip.cells[at] = at * 31 & 0xFF
    ring = ring_of(chip)
    assert entries(ring) == []
    assert ring.append(3, b"first", 5) == 0
    assert entries(ring_of(chip)) == [(0, 3, b"first")]


def test_a_blank_entry_keeps_its_place_and_nothing_else() -> None:
    """What is erased must be gone from the chip, and what is beside it must stay."""
    chip = fresh()
    ring = ring_of(chip)
    for text in (b"one", b"secret", b"three"):
        ring.append(2, text, len(text))
    reader = Entries(ring)
    while reader.step():
        if reader.seq == 1:
            ring.blank(reader.body, reader.size)
    assert entries(ring_of(chip)) == [(0, 2, b"one"), (1, 2, b""), (2, 2, b"three")]
    assert chip.cells.find(b"secret") < 0


def test_an_append_writes_its_bytes_once() -> None:
    """Wear: what is written beside the payload is 12 bytes an entry and 16 a block (1.12 times for 100 bytes)."""
    chip = fresh()
    ring = ring_of(chip)
    count = 1000
    for k in range(count):
        ring.append(1, body(k, 100), 100)
    assert chip.programmed <= 1.13 * 100 * count
    assert chip.erased <= 112 * count // 4064 + 1


def test_a_flipped_bit_costs_one_entry_and_is_counted() -> None:
    """Flash ages. The neighbours are whole, and the reader knows that one is missing."""
    chip = fresh()
    ring = ring_of(chip)
    for k in range(5):
        ring.append(1, body(k, 20), 20)
    kept = bytes(chip.cells)
    for at in range(16 + 2 * 32, 16 + 3 * 32):
        for bit in range(8):
            chip.cells[:] = kept
            chip.cells[at] ^= 1 << bit
            reader = Entries(ring_of(chip))
            seen = []
            while reader.step():
                seen.append(reader.seq)
            assert seen == [0, 1, 3, 4], (at, bit)
            assert reader.lost == 1


def test_flash_that_fails_once_loses_nothing() -> None:
    """An error without a restart: the next append finds out what is there and goes on behind it."""
    for torn in flash.TORN:
        chip = fresh()
        ring = ring_of(chip)
        ring.append(1, b"before", 6)
        chip.cut(chip.operations, torn)
        try:
            ring.append(1, b"doubtful", 8)
        except OSError:
            pass
        chip.restart()
        seq = ring.append(1, b"after", 5)
        found = [data for _, _, data in entries(ring_of(chip))]
        assert found in ([b"before", b"after"], [b"before", b"doubtful", b"after"]), torn
        assert entries(ring_of(chip))[-1] == (seq, 1, b"after")


def fill(chip: "flash.Chip", log: list, count: int = _RECORDS, n: int = MAX_PAYLOAD) -> None:
    ring = ring_of(chip)
    for k in range(count):
        data = body(k, n - k % 7)
        ring.append(1, data, len(data))
        log.append((k, 1, data))


def judge(chip: "flash.Chip", log: list) -> None:
    """Every acknowledged entry of the last blocks is there, in order; at most one more; and one can be added, which is there when
    this is called again after a cut of its own."""
    ring = ring_of(chip)
    found = entries(ring)
    k = len(log)
    seqs = [seq for seq, _, _ in found]
    told = [seq for seq, kind, _ in found if kind == 1]
    added = [(seq, 2, b"next") for seq in seqs[len(told) :]]
    assert found == [(seq, 1, body(seq, MAX_PAYLOAD - seq % 7)) for seq in told] + added
    assert len(added) <= 1
    assert seqs == list(range(seqs[0] if seqs else 0, (seqs[-1] + 1) if seqs else 0))
    assert not log or told[-1] in (k - 1, k)
    # A block holds seven of these; the oldest may just have been given up for the next.
    assert not log or len(seqs) >= min(k, 7 * (_BLOCKS - 2) + 1)
    ring.scrub()
    assert entries(ring) == found
    seq = ring.append(2, b"next", 4)
    assert seq == (seqs[-1] + 1 if seqs else 0)
    again = entries(ring_of(chip))
    assert again[-1] == (seq, 2, b"next")
    assert [entry for entry in again[:-1] if entry not in found] == []


def test_no_power_cut_loses_an_acknowledged_entry() -> None:
    """Every operation of twelve entries that wrap, six torn modes."""
    assert cuts.every(fresh, fill, judge) >= 6 * _RECORDS
