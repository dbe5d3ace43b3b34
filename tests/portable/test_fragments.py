"""Records in pieces: whole at the end, dropped at the first wrong piece, zeroed after use."""

from agent.link.fragments import Fragments

LIMIT = 40


def pieces(whole: bytes, size: int) -> "list[bytes]":
    cut = [whole[k : k + size] for k in range(0, len(whole), size)] or [b""]
    return [bytes((k | (0x80 if k == len(cut) - 1 else 0),)) + cut[k] for k in range(len(cut))]


def fed(gathered: Fragments, parts) -> "list[bool]":
    return [gathered.feed(part, len(part)) for part in parts]


def test_any_size_of_piece_makes_the_same_whole() -> None:
    """A phone's MTU is its own business."""
    whole = bytes(range(1, LIMIT + 1))
    for size in range(1, LIMIT + 1):
        gathered = Fragments(LIMIT)
        results = fed(gathered, pieces(whole, size))
        assert results == [False] * (len(results) - 1) + [True]
        assert bytes(gathered.buf[: gathered.n]) == whole
        assert gathered.refused == 0


def test_the_limit_and_one_byte_past_it() -> None:
    """Nothing is kept of a whole that cannot be one."""
    gathered = Fragments(LIMIT)
    assert fed(gathered, pieces(bytes(LIMIT), 7))[-1]
    gathered.clear()
    assert not any(fed(gathered, pieces(b"x" * (LIMIT + 1), 7)))
    assert (gathered.n, gathered.refused) == (0, 1)
    assert bytes(gathered.buf) == bytes(LIMIT)


def test_a_missing_repeated_or_swapped_piece_drops_everything() -> None:
    """Half of one record and half of another is neither."""
    parts = pieces(bytes(range(1, 31)), 10)
    for order in ((0, 2), (0, 0, 1), (1, 2), (0, 1, 1, 2), (2,), (0, 2, 1)):
        gathered = Fragments(LIMIT)
        results = fed(gathered, [parts[k] for k in order])
        if order == (0, 0, 1):
            assert gathered.refused == 0, "number 0 begins again"
            assert not any(results)
        else:
            assert not any(results), order
            assert gathered.refused >= 1
        assert fed(gathered, parts)[-1], "the phone begins again and is heard"


def test_a_piece_without_data_or_head() -> None:
    """An empty write is nothing; a head alone is an empty piece."""
    gathered = Fragments(LIMIT)
    assert not gathered.feed(b"", 0)
    assert gathered.feed(b"\x80", 1)
    assert gathered.n == 0
    assert gathered.refused == 0


def test_more_pieces_than_numbers_are_refused() -> None:
    """128 is the most that seven bits count."""
    gathered = Fragments(400)
    for k in range(128):
        assert not gathered.feed(bytes((k, 1)), 2)
    assert gathered.n == 128
    assert not gathered.feed(b"\x81\x01", 2)
    assert (gathered.n, gathered.refused) == (0, 1)


def test_clear_leaves_no_byte() -> None:
    """A record names what its owner allows: it does not stay in memory."""
    gathered = Fragments(LIMIT)
    fed(gathered, pieces(b"s" * 30, 10))
    gathered.clear()
    assert bytes(gathered.buf) == bytes(LIMIT)
    fed(gathered, pieces(b"s" * 30, 10)[:2])
    gathered.feed(b"\x05x", 2)
    assert bytes(gathered.buf) == bytes(LIMIT)
