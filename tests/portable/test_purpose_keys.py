"""agent/store/purpose_keys.py: a shredded key never comes back, a live one is never lost, whenever the power goes."""

from agent.base.errors import LocalError
from agent.store.purpose_keys import MAX_KEYS, Keys
from simulator import flash
from tests.portable import cuts

_IDS = 3


def fresh() -> "flash.Chip":
    return cuts.chip_of("keys", 2)


def keys_of(chip: "flash.Chip", encrypted: bool = False) -> Keys:
    return Keys(chip.region("keys"), encrypted)


def key(k: int) -> bytes:
    return bytes([(k * 13 + i * 5 + 1) & 0xFF for i in range(32)])


def test_a_key_is_there_until_it_is_shredded() -> None:
    """Erasure by purpose is this."""
    for encrypted in (False, True):
        chip = fresh()
        keys = keys_of(chip, encrypted)
        for k in range(5):
            keys.make(k, key(k))
        keys.shred(2)
        keys.shred(9)
        keys = keys_of(chip, encrypted)
        assert [keys.get(k) for k in range(6)] == [key(0), key(1), None, key(3), key(4), None]
        for at in range(0, 32, 8):
            assert chip.cells.find(key(2)[at : at + 8]) < 0
        keys.make(2, key(7))
        assert keys_of(chip, encrypted).get(2) == key(7)


def test_a_block_full_of_shredded_keys_makes_room() -> None:
    """Epochs come and go for years in two blocks."""
    for encrypted in (False, True):
        chip = fresh()
        keys = keys_of(chip, encrypted)
        keys.make(500, key(99))
        for k in range(200):
            keys.make(k, key(k))
            if k >= 3:
                keys.shred(k - 3)
        assert keys.get(500) == key(99)
        assert [keys.get(k) for k in range(196, 200)] == [None, key(197), key(198), key(199)]
        for k in range(197):
            assert chip.cells.find(key(k)) < 0 or key(k) in (key(197), key(198), key(199), key(99))


def test_sixty_four_keys_at_most_and_one_for_each_id() -> None:
    """More would fill the block with live keys, and a second one would hide the first from shredding."""
    keys = keys_of(fresh())
    for k in range(MAX_KEYS):
        keys.make(k, key(k))
    for key_id, value in ((MAX_KEYS, key(1)), (3, key(1)), (-1, key(1)), (65_536, key(1)), (70, b"short")):
        try:
            keys.make(key_id, value)
        except LocalError:
            continue
        raise AssertionError(key_id)
    assert keys.get(63) == key(63)


def test_a_move_that_failed_once_is_made_anew() -> None:
    """An error without a restart leaves half a copy in the other block; programming over it would damage every key."""
    chip = fresh()
    keys = keys_of(chip, True)
    for k in range(4):
        keys.make(k, key(k))
    chip.cut(chip.operations + 2, flash.HALF)
    try:
        keys.shred(0)
    except OSError:
        pass
    chip.restart()
    keys.shred(1)
    keys = keys_of(chip, True)
    assert [keys.get(k) for k in range(4)] == [key(0), None, key(2), key(3)]


def work(chip: "flash.Chip", log: list) -> None:
    _work(chip, log, False)


def _work(chip: "flash.Chip", log: list, encrypted: bool) -> None:
    keys = keys_of(chip, encrypted)
    for k in range(_IDS):
        keys.make(k, key(k))
        log.append((k, True))
    for k in range(_IDS - 1):
        log.append((k, None))  # asked for, not yet answered
        keys.shred(k)
        log[-1] = (k, False)
    keys.make(9, key(9))
    log.append((9, True))


def _judge(chip: "flash.Chip", log: list, encrypted: bool) -> None:
    state: dict = {}
    for key_id, there in log:
        state[key_id] = there
    keys = keys_of(chip, encrypted)
    for key_id, there in state.items():
        found = keys.get(key_id)
        if there is not None:
            assert (found == key(key_id)) == there, key_id
        if found is None:
            for at in range(0, 32, 8):
                assert chip.cells.find(key(key_id)[at : at + 8]) < 0, key_id
    assert keys.get(77) is None


def judge(chip: "flash.Chip", log: list) -> None:
    _judge(chip, log, False)


def test_no_power_cut_loses_a_key_or_brings_one_back() -> None:
    """Every operation, six torn modes, and again in the start after each."""
    assert cuts.every(fresh, work, judge, 2) > 50


def test_nor_under_flash_encryption() -> None:
    """There the block moves instead."""

    def move(chip: "flash.Chip", log: list) -> None:
        _work(chip, log, True)

    def look(chip: "flash.Chip", log: list) -> None:
        _judge(chip, log, True)

    assert cuts.every(fresh, move, look, 2) > 80


def test_nor_when_the_block_is_full() -> None:
    """The move that makes room is cut, too."""

    def full() -> "flash.Chip":
        chip = fresh()
        keys = keys_of(chip)
        for _ in range(84):
            keys.make(600, key(60))
            keys.shred(600)
        return chip

    kept = bytes(full().cells)

    def again() -> "flash.Chip":
        chip = fresh()
        chip.cells[:] = kept
        return chip

    assert cuts.every(again, work, judge, 1, (flash.HALF, flash.WHOLE, flash.UNSTABLE)) > 20
