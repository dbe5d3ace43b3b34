"""agent/store/anchor.py: an older consent store is never taken for the newest, whatever the power did."""

from agent.base.errors import LocalError
from agent.store.anchor import ADOPTED, DAMAGED, ROLLED_BACK, SAME, Anchor
from simulator import flash
from tests.portable import cuts


def fresh() -> "flash.Chip":
    return cuts.chip_of("anchor", 2)


def anchor_of(chip: "flash.Chip") -> Anchor:
    return Anchor(chip.region("anchor"))


def head(generation: int) -> bytes:
    return bytes([generation >> 8, generation & 0xFF]) * 8 if generation else bytes(16)


def marked(count: int) -> "flash.Chip":
    chip = fresh()
    anchor = anchor_of(chip)
    for generation in range(1, count + 1):
        anchor.advance(generation, head(generation))
    return chip


def test_the_newest_store_is_known_again() -> None:
    """Through both blocks and their changes: 170 marks fit one."""
    for count in (0, 1, 2, 169, 170, 171, 340, 341, 700):
        chip = marked(count)
        assert anchor_of(chip).check(count, head(count)) == SAME, count


def test_one_step_ahead_is_adopted() -> None:
    """The power went between the store and its mark: the store counts, and it is marked."""
    for count in (0, 1, 170, 340):
        chip = marked(count)
        assert anchor_of(chip).check(count + 1, head(count + 1)) == ADOPTED
        assert anchor_of(chip).check(count + 1, head(count + 1)) == SAME
        assert anchor_of(chip).check(count, head(count)) == ROLLED_BACK


def test_an_older_another_or_a_far_newer_store_is_refused() -> None:
    """Each of them would bring back what was withdrawn."""
    for count in (2, 170, 171):
        chip = marked(count)
        assert anchor_of(chip).check(count - 1, head(count - 1)) == ROLLED_BACK
        assert anchor_of(chip).check(0, head(0)) == ROLLED_BACK
        assert anchor_of(chip).check(count, head(count + 7)) == ROLLED_BACK
        assert anchor_of(chip).check(count + 2, head(count + 2)) == DAMAGED
    assert anchor_of(fresh()).check(5, head(5)) == DAMAGED  # somebody erased the marks


def test_marks_follow_one_another() -> None:
    """A mark that jumps would make every store before it look old."""
    anchor = anchor_of(marked(3))
    for generation, text in ((3, head(3)), (5, head(5)), (4, b"short")):
        try:
            anchor.advance(generation, text)
        except LocalError:
            continue
        raise AssertionError(generation)


def test_no_flipped_bit_in_the_marks_turns_an_older_store_into_the_newest() -> None:
    """The newest mark gone, the one before it would speak for the older store: that is damage, not truth."""
    for count in (1, 5):
        chip = marked(count)
        kept = bytes(chip.cells)
        for at in range(24 * (count - 1), 24 * count):
            for bit in range(8):
                chip.cells[:] = kept
                chip.cells[at] ^= 1 << bit
                assert anchor_of(chip).check(count - 1, head(count - 1)) in (DAMAGED, ROLLED_BACK)
                assert anchor_of(chip).check(count, head(count)) in (SAME, ADOPTED)


class _Store:
    """Stands for the consent store: its writing is atomic. It holds a generation and whether a purpose is on."""

    def __init__(self) -> None:
        self.generation = 0
        self.on = False


def live(chip: "flash.Chip", store: _Store) -> bool:
    """Whether the purpose is on after a start."""
    found = anchor_of(chip).check(store.generation, head(store.generation))
    return store.on and found in (SAME, ADOPTED)


def test_acknowledged_and_still_on_is_never_the_end() -> None:
    """Store, mark, acknowledge, cut at every operation and again in the start after it; then the store as it was before."""
    for start in (0, 168):
        base = marked(start)
        kept = bytes(base.cells)
        stores: list = []

        def make(kept: bytes = kept) -> "flash.Chip":
            chip = fresh()
            chip.cells[:] = kept
            return chip

        def work(chip: "flash.Chip", log: list, start: int = start, stores: list = stores) -> None:
            store = _Store()
            stores.append(store)
            store.generation = start
            anchor = anchor_of(chip)
            for k in range(3):
                store.generation += 1
                store.on = k % 2 == 0
                anchor.advance(store.generation, head(store.generation))
                log.append((store.generation, store.on))

        def judge(chip: "flash.Chip", log: list, stores: list = stores, start: int = start) -> None:
            store = stores[-1]
            now_on = live(chip, store)
            assert now_on == store.on  # a cut never costs what was stored
            if log:
                older = _Store()
                older.generation, older.on = log[-1][0] - 1, True
                assert older.generation < start or not live(chip, older)

        assert cuts.every(make, work, judge, 2) >= 18
