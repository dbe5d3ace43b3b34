"""The rows of what is granted: each reason to refuse, in its order, and the first end to come."""

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES, REASONS, RECIPIENTS

NOW = 1_000
ALL = p.GNSS | p.CAMERA


def granted(*purposes: int) -> g.Grants:
    made = g.Grants()
    made.bound = True
    made.keys = 1 << p.OWNER
    for purpose in purposes:
        made.put(purpose, g.STATE, g.GIVEN)
        made.put(purpose, g.UNTIL, NOW + 100)
        made.put(purpose, g.RECIPIENTS, 1 << p.OWNER)
    return made


def why(made: g.Grants, purpose: int, recipient: int = p.OWNER, seconds: int = NOW) -> int:
    return made.refusal(purpose, recipient, seconds)


def test_nothing_is_granted_by_default() -> None:
    """An untouched device says nothing, whatever it is asked."""
    made = g.Grants()
    for purpose in range(p.COUNT):
        assert why(made, purpose) == p.UNBOUND
    made.bound = True
    for purpose in range(p.COUNT):
        if purpose == p.CONTROL:
            assert why(made, purpose) == p.GRANTED
        elif p.ACTIVE >> purpose & 1:
            assert why(made, purpose) == p.NEVER_ASKED
        else:
            assert why(made, purpose) == p.INACTIVE
    assert made.live(NOW) == 1 << p.CONTROL


def test_every_state_has_its_reason() -> None:
    """DPV's numbers to the numbers the owner is told."""
    reasons = {
        g.UNKNOWN: p.NEVER_ASKED,
        g.GIVEN: p.GRANTED,
        g.REFUSED: p.REFUSED,
        g.WITHDRAWN: p.WITHDRAWN,
        g.REVOKED: p.WITHDRAWN,
        5: p.EXPIRED,
        6: p.WITHDRAWN,
        g.RENEWED: p.GRANTED,
    }
    made = granted(p.STATUS)
    for state in range(8):
        made.put(p.STATUS, g.STATE, state)
        assert why(made, p.STATUS) == reasons[state], state


def test_a_grant_ends_at_its_second_and_needs_a_clock() -> None:
    """I6: where expiry matters, an unknown time is no time."""
    made = granted(p.STATUS)
    assert why(made, p.STATUS, seconds=NOW + 99) == p.GRANTED
    assert why(made, p.STATUS, seconds=NOW + 100) == p.EXPIRED
    assert why(made, p.STATUS, seconds=-1) == p.TIME_UNKNOWN
    assert why(made, p.CONTROL, seconds=-1) == p.GRANTED


def test_a_grant_is_for_the_recipients_it_names() -> None:
    """I2: to whom is part of what was granted; control speaks with the owner alone."""
    made = granted(p.STATUS)
    for mask in (0, 1, 2, 5, 0x3E, 0x3F):
        made.put(p.STATUS, g.RECIPIENTS, mask)
        for recipient in range(6):
            expected = p.GRANTED if mask >> recipient & 1 else p.WRONG_RECIPIENT
            assert why(made, p.STATUS, recipient) == expected, (mask, recipient)
        assert bool(made.live(NOW) >> p.STATUS & 1) is bool(mask & 1), "live towards the owner"
    for recipient in range(1, 6):
        assert why(made, p.CONTROL, recipient) == p.WRONG_RECIPIENT


def test_who_leaves_may_say_goodbye_and_nothing_else() -> None:
    """The account has ended: rows that are still there, or written by mistake, grant nothing."""
    made = granted(p.STATUS, p.PRESENCE)
    made.bound = False
    made.leaving = True
    assert made.live(NOW) == 1 << p.CONTROL
    assert why(made, p.STATUS) == p.UNBOUND


def test_what_has_no_room_in_this_build_is_of_no_person() -> None:
    """It has no row in the table: what the table says of another purpose must not be taken for it."""
    assert [purpose for purpose in range(p.COUNT) if g.personal(purpose)] == [
        p.LOCATION_REPORT,
        p.LOCATION_ALARM,
        p.PHOTO,
    ]


def test_a_pin_holds_against_any_state() -> None:
    """A withdrawal that came early is not undone by a grant that came late."""
    made = granted(p.STATUS)
    made.put(p.STATUS, g.PIN, 9)
    assert why(made, p.STATUS) == p.WITHDRAWN


def test_a_board_without_the_part_serves_no_purpose_that_needs_it() -> None:
    """A grant cannot make a camera."""
    made = granted(p.PHOTO, p.LOCATION_REPORT, p.LOCATION_ALARM, p.STATUS)
    for parts, expected in (
        (ALL, (0, 0, 0, 0)),
        (p.GNSS, (p.NO_PART, 0, 0, 0)),
        (p.CAMERA, (0, p.NO_PART, p.NO_PART, 0)),
    ):
        made.parts = parts
        reasons = tuple([why(made, k) for k in (p.PHOTO, p.LOCATION_REPORT, p.LOCATION_ALARM, p.STATUS)])
        assert reasons == expected, parts


def test_a_damaged_store_grants_nothing_but_the_talk_about_it() -> None:
    """I6: control stays, so that the owner can be told."""
    made = granted(p.STATUS, p.PRESENCE)
    made.damaged = True
    assert why(made, p.STATUS) == p.DAMAGED
    assert made.live(NOW) == 1 << p.CONTROL


def test_what_this_build_can_grant_has_a_row_of_its_own() -> None:
    """One purpose must not see another's terms; the others have nowhere to be written to."""
    made = g.Grants()
    for purpose in range(p.COUNT):
        for column in range(g.COLUMNS):
            made.put(purpose, column, 1 + purpose * g.COLUMNS + column)
    for purpose in range(p.COUNT):
        mine = p.GRANTABLE >> purpose & 1
        expected = [1 + purpose * g.COLUMNS + column if mine else 0 for column in range(g.COLUMNS)]
        assert [made.get(purpose, column) for column in range(g.COLUMNS)] == expected, purpose


def test_the_first_end_to_come_is_known() -> None:
    """The device sleeps until then; what is not live does not wake it."""
    made = granted(p.STATUS, p.PRESENCE, p.PHOTO)
    made.put(p.PRESENCE, g.UNTIL, NOW + 7)
    made.put(p.PHOTO, g.UNTIL, NOW + 3)
    made.put(p.PHOTO, g.STATE, g.WITHDRAWN)
    assert made.next_expiry(NOW) == 7
    assert made.next_expiry(NOW + 7) == 93
    assert made.next_expiry(NOW + 100) == -1
    assert made.next_expiry(-1) == -1
    made.put(p.STATUS, g.UNTIL, NOW + 5)
    assert made.next_expiry(NOW) == 5, "whichever row it is in"


def test_every_number_has_a_name_for_people() -> None:
    """And every name a number: they travel apart."""
    assert len(PURPOSES) == p.COUNT
    assert len(RECIPIENTS) == 6
    assert len(REASONS) == p.OTHER_REGION + 1
    assert PURPOSES[p.WAKE_ABNORMAL] == "wake_abnormal"
    assert PURPOSES[p.NOTICES] == "notices"
    assert p.COUNT <= 30, "a mask is a small int"


def test_what_a_grant_keeps_ends_with_its_retention() -> None:
    """Gate, store and camera ask the same question: at the limit it is over, past half a turn of the ticks as well."""
    grants = g.Grants()
    grants.put(p.PHOTO, g.RETENTION, 60)
    for age_ms, over in ((0, False), (59_999, False), (60_000, True), (1 << 29, True)):
        for captured in (0, (1 << 30) - 1_000):
            now = (captured + age_ms) % (1 << 30)
            assert grants.outlived(p.PHOTO, captured, now) is over, (captured, age_ms)
    assert grants.outlived(p.STATUS, 0, 0)  # nothing granted, nothing kept
    assert not grants.outlived(p.CONTROL, 0, 1 << 29)
