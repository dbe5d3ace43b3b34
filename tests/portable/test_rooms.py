"""Rooms come when they are needed and leave nothing behind but what another room still uses."""

import sys

from agent.base import rooms
from tests.portable.hoard import ENDLESS, starve

ALL = (
    rooms.RECORD,
    rooms.REQUEST,
    rooms.ALARM,
    rooms.ADVERT,
    rooms.POSITION,
    rooms.LETTER,
    rooms.DIAL,
    rooms.PHOTO,
    rooms.NEARBY,
    rooms.CONSOLE,
)


def present(room: str) -> "list[bool]":
    return ["agent." + name in sys.modules for name in room.split()]


def loaded() -> "rooms.Rooms":
    """No room in memory."""
    made = rooms.Rooms(False)
    for room in ALL:
        made.load(room)
    for room in ALL:
        made.drop(room)
    return made


def test_a_room_is_there_after_load_and_gone_after_drop() -> None:
    """Every module it lists, and no module it does not list stays because of it."""
    made = loaded()
    for room in ALL:
        assert not any(present(room)), room
        before = set(sys.modules)
        module = made.load(room)
        assert module.__name__ == "agent." + room.split()[0]
        assert all(present(room)), "it lists what it does not import"
        made.drop(room)
        assert not any(present(room)), room
        kept = {name for name in set(sys.modules) - before if name.startswith("agent.")}
        assert kept == set(), "it imports what it does not list"


def test_what_two_rooms_share_stays_until_both_are_gone() -> None:
    """One reader and one MAC for a record and a request."""
    made = loaded()
    made.load(rooms.RECORD)
    made.load(rooms.CONSOLE)
    made.drop(rooms.RECORD)
    assert "agent.crypto.mac" in sys.modules
    assert "agent.crypto.cose" not in sys.modules
    made.drop(rooms.CONSOLE)
    assert "agent.crypto.mac" not in sys.modules


def test_loading_twice_is_one_load_and_dropping_twice_one_drop() -> None:
    """Whoever comes second finds it there."""
    made = loaded()
    first = made.load(rooms.PHOTO)
    assert made.load(rooms.PHOTO) is first
    made.drop(rooms.PHOTO)
    made.drop(rooms.PHOTO)
    assert not any(present(rooms.PHOTO))
    assert made.load(rooms.PHOTO) is not first


def test_a_roomy_board_keeps_what_it_loaded() -> None:
    """Memory to spare: nothing is loaded twice."""
    made = rooms.Rooms(True)
    first = made.load(rooms.PHOTO)
    made.drop(rooms.PHOTO)
    assert all(present(rooms.PHOTO))
    assert made.load(rooms.PHOTO) is first
    loaded()


def test_a_room_that_found_no_memory_can_be_loaded_later() -> None:
    """MicroPython keeps a module whose import failed half-way: found again without its names, it would stay broken."""
    made = loaded()
    failures = 0
    for left in range(0, 240, 8):
        hoard = starve(left)
        try:
            made.load(rooms.RECORD)
        except MemoryError:
            failures += 1
            assert not any(present(rooms.RECORD))
        del hoard
        assert made.load(rooms.RECORD).Desk
        made.drop(rooms.RECORD)
        assert not any(present(rooms.RECORD))
    assert failures > 3 or ENDLESS
