"""The journal: numbers in a ring, the oldest lost first and counted."""

from agent.base.journal import Journal


def rows(journal: Journal) -> "list[tuple[int, ...]]":
    return [tuple([journal.entry(k, word) for word in range(4)]) for k in range(journal.count)]


def test_entries_come_back_oldest_first() -> None:
    """A rig reads them in the order in which they happened."""
    journal = Journal(3)
    assert rows(journal) == []
    journal.note(5, 1)
    journal.note(6, 2, 7, -8)
    assert rows(journal) == [(5, 1, 0, 0), (6, 2, 7, -8)]
    assert journal.lost == 0


def test_a_full_ring_loses_its_oldest_and_says_how_many() -> None:
    """At the limit, one past it, and twice round."""
    journal = Journal(3)
    for k in range(3):
        journal.note(k, k)
    assert (journal.count, journal.lost) == (3, 0)
    for k in range(3, 8):
        journal.note(k, k)
        assert [row[0] for row in rows(journal)] == [k - 2, k - 1, k]
        assert (journal.count, journal.lost) == (3, k - 2)
