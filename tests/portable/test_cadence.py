"""Which positions are worth a report: by distance, at a least interval, with a heartbeat."""

from array import array

from agent.base import ticks
from agent.position.cadence import Cadence

LEAST_MS = 10_000
METRE = 9  # microdegrees of latitude


def made(row: int = 0) -> Cadence:
    return Cadence(array("i", (0, 0, -1, 0, 0, -1)), row, LEAST_MS)


def reported(now: int, row: int = 0) -> Cadence:
    cadence = made(row)
    assert cadence.due(0, 0, 0, now)
    cadence.reported(0, 0, now)
    return cadence


def test_the_first_position_is_due_at_once() -> None:
    """Whoever grants location wants to see where it is."""
    for now in (0, 1, (1 << 30) - 1):
        assert made().due(31_000_000, 121_000_000, 86_400, now)


def test_a_moved_position_is_due_after_the_least_interval() -> None:
    """Ours of 10 s, or the grant's where that is longer."""
    for interval_s, wait in ((0, 10_000), (10, 10_000), (11, 11_000), (60, 60_000), (86_400, 86_400_000)):
        cadence = reported(500)
        assert not cadence.due(100 * METRE, 0, interval_s, 500 + wait - 1), interval_s
        assert cadence.due(100 * METRE, 0, interval_s, 500 + wait), interval_s


def test_what_has_not_moved_is_due_as_a_heartbeat_alone() -> None:
    """24 m is noise, 25 m is movement; still for five minutes is news again."""
    cadence = reported(0)
    assert not cadence.due(24 * METRE, 0, 0, 60_000)
    assert cadence.due(26 * METRE, 0, 0, 60_000)
    assert not cadence.due(0, 0, 0, 299_999)
    assert cadence.due(0, 0, 0, 300_000)
    assert not cadence.due(0, 0, 600, 300_000), "no heartbeat goes below the granted interval"


def test_two_cadences_share_their_numbers_and_not_their_rows() -> None:
    """An alarm's reports do not silence the ride's."""
    last = array("i", (0, 0, -1, 0, 0, -1))
    ride = Cadence(last, 0, LEAST_MS)
    alarm = Cadence(last, 3, LEAST_MS)
    ride.reported(5, 6, 7)
    assert alarm.due(5, 6, 0, 8)
    alarm.reported(9, 10, 11)
    assert list(last) == [5, 6, 7, 9, 10, 11]


def test_a_week_without_a_position_does_not_silence_the_next() -> None:
    """Parked in a cellar until ticks have wrapped past half their circle: it must report when it comes out."""
    for days in range(1, 15):
        cadence = reported(1_000)
        now = 1_000
        for _ in range(days):
            now = ticks.add(now, ticks.FAR)
        assert cadence.due(100 * METRE, 0, 0, ticks.add(now, 10_000)), days
