"""Every rule by which a consent record is accepted, refused, or counts as a no although it is refused (security.md §3)."""

from agent.base import errors
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020
from tests.portable.ledgers import PHOTO, PLACE, STATUS, Device
from tests.portable.signed import (
    DAY,
    DEVICE,
    EPOCH,
    HEAD0,
    NOTICE,
    START,
    Chain,
    Pairs,
    Text,
    body_of,
    claims,
    consent_aad,
    encode,
    hasten,
    head_of,
    header,
    line,
    no,
    sealed,
    sign,
    signed,
)


def wrong(**change) -> bytes:
    """A first record that is right but for these claims (k4=… is claim 4, m65538=… is claim -65538)."""
    claim = claims(1, HEAD0, [line(p.STATUS)])
    for name in change:
        key = int(name[1:])
        claim[-key if name[0] == "m" else key] = change[name]
    return sign(claim)


def test_the_next_of_the_chain_is_accepted() -> None:
    """seq = last + 1, prev = head: the only way by which consent widens."""
    device, chain = Device(), Chain()
    assert device.take(chain.next(line(p.STATUS, interval=60, retention=120))) == 0
    assert device.live() == STATUS
    assert (device.grants.seq, device.grants.head, device.grants.issued) == (1, chain.head, START)
    columns = (g.STATE, g.SINCE, g.UNTIL, g.INTERVAL, g.PRECISION, g.RETENTION, g.RECIPIENTS, g.PIN)
    assert [device.grants.get(p.STATUS, k) for k in columns] == [g.GIVEN, START, START + DAY, 60, 0, 120, 17, 0]
    assert device.take(chain.next(line(p.PHOTO), no(p.STATUS))) == 0
    assert device.live() == PHOTO
    assert device.ended == STATUS
    assert device.grants.seq == 2


def test_a_record_changes_only_what_it_names() -> None:
    """A grant for the photo says nothing about the ride."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS, retention=11), line(p.PRESENCE, retention=12)))
    before = device.state()[6][p.STATUS]
    device.take(chain.next(line(p.PHOTO), no(p.PRESENCE)))
    assert device.state()[6][p.STATUS] == before


def test_a_replay_is_refused_whatever_it_says() -> None:
    """An old yes would undo a no, an old no would be a switch in a stranger's hand."""
    device, chain = Device(), Chain()
    yes = chain.next(line(p.STATUS))
    nope = chain.next(no(p.STATUS))
    again = chain.next(line(p.STATUS))
    for record in (yes, nope, again):
        assert device.take(record) == 0
    before = device.state()
    for record in (yes, nope, again):
        assert device.take(record) == errors.REPLAYED
        assert device.ended == 0
        assert device.state() == before


def test_a_gap_keeps_the_last_and_asks_for_what_is_missing() -> None:
    """The missing record may be the withdrawal."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    before = device.state()
    assert device.take(chain.ahead(1, line(p.PHOTO))) == errors.GAP
    assert device.state() == before
    assert device.ended == 0
    assert device.answered


def test_a_withdrawal_ahead_of_its_turn_takes_effect_at_once() -> None:
    """A no is never kept waiting; the yes in the same record is."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS), line(p.PRESENCE)))
    for state in (g.UNKNOWN, g.REFUSED, g.WITHDRAWN, g.REVOKED, 5, 6):
        other = Device()
        mine = Chain()
        other.take(mine.next(line(p.STATUS), line(p.PRESENCE)))
        assert other.take(mine.ahead(3, no(p.STATUS, state), line(p.PHOTO))) == errors.GAP
        assert other.ended == STATUS, state
        assert other.live() == 1 << p.PRESENCE, state
        assert (other.grants.seq, other.grants.head) == (1, mine.head)


def test_a_pin_holds_until_a_grant_with_a_higher_number() -> None:
    """The records in between were signed before the owner said no, so they cannot undo it; the pinning record itself neither."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    claim = claims(4, b"\x77" * 16, [no(p.STATUS)])
    assert device.take(sign(claim)) == errors.GAP
    assert device.grants.get(p.STATUS, g.PIN) == 4
    assert device.take(chain.next(line(p.STATUS))) == 0, "2"
    assert not device.live() & STATUS
    assert device.take(chain.next(line(p.STATUS))) == 0, "3"
    assert not device.live() & STATUS
    assert device.take(chain.next(line(p.STATUS))) == 0, "4, as the chain has it"
    assert not device.live() & STATUS
    assert device.take(chain.next(line(p.STATUS))) == 0, "5"
    assert device.live() & STATUS
    assert device.grants.get(p.STATUS, g.PIN) == 0


def test_a_pin_never_moves_back_and_a_repeat_changes_nothing() -> None:
    """A broker that repeats an early no wears out no flash, and an earlier one does not loosen a later."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    ninth = sign(claims(9, b"\x77" * 16, [no(p.STATUS)]))
    assert device.take(ninth) == errors.GAP
    assert device.ended == STATUS
    before = device.state()
    for record in (ninth, sign(claims(5, b"\x77" * 16, [no(p.STATUS)]))):
        assert device.take(record) == errors.GAP
        assert device.ended == 0
        assert device.state() == before


def test_a_fork_is_refused_but_its_no_counts() -> None:
    """Two histories cannot both be true; a no is safe to believe in either."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    assert device.take(sign(claims(2, b"\x55" * 16, [line(p.PHOTO)]))) == errors.FORKED
    assert device.live() == STATUS
    assert device.take(sign(claims(2, b"\x55" * 16, [no(p.STATUS)]))) == errors.FORKED
    assert device.live() == 0
    assert device.grants.seq == 1


def test_another_device_epoch_key_or_kid_is_refused() -> None:
    """Each is under the signature, in the AAD, or compared: a record for one bike is none for another."""
    claim = claims(1, HEAD0, [line(p.STATUS)])
    body = body_of(claim)
    cases = (
        (sign(claim, seed=bytes(32)), errors.BAD_MAC, False),
        (hasten(sign(claim, seed=bytes(32))), errors.BAD_MAC, True),
        (hasten(sign(claim), key=bytes(32)), errors.BAD_MAC, False),
        (hasten(sign(claim), aad=b"HASTE1" + DEVICE + bytes((0, 0, 0, EPOCH + 1))), errors.BAD_MAC, False),
        (hasten(body), errors.WRONG_TYPE, True),
        (sealed(body, consent_aad(), header(alg=5)), errors.BAD_MAC, False),
        (sign(claim, aad=consent_aad(device=bytes(16))), errors.BAD_MAC, False),
        (sign(claim, aad=consent_aad(epoch=EPOCH + 1)), errors.BAD_MAC, False),
        (signed(body, b"REQUEST1" + consent_aad()[8:], header()), errors.BAD_MAC, False),
        (signed(body, consent_aad(), header(kid=bytes(8))), errors.WRONG_DEVICE, False),
        (signed(body, consent_aad(), header(typ=b"cwt;consent2")), errors.WRONG_DEVICE, False),
        (signed(body, consent_aad(), encode(Pairs((1, -19)))), errors.WRONG_DEVICE, False),
        (hasten(wrong(k1=bytes(8))), errors.WRONG_DEVICE, True),
        (wrong(k3=bytes(16)), errors.WRONG_DEVICE, False),
        (wrong(k3=DEVICE[:15]), errors.WRONG_DEVICE, False),
    )
    for k, (record, expected, answered) in enumerate(cases):
        device = Device()
        before = device.state()
        assert device.take(record) == expected, k
        assert device.answered is answered, k
        assert device.state() == before, k


def test_only_the_notice_this_build_keeps_to_is_consent() -> None:
    """A newer text may promise what this build does not do; an older one was not asked about what it does."""
    for notice in (
        [2] + NOTICE[1:],
        [1, NOTICE[1] + 1] + NOTICE[2:],
        [1, NOTICE[1] - 1] + NOTICE[2:],
        NOTICE[:3] + [bytes(16), NOTICE[4]],
        NOTICE[:4] + [bytes(16)],
    ):
        device = Device()
        before = device.state()
        assert device.take(wrong(m65540=notice)) == errors.UNKNOWN_NOTICE
        assert device.state() == before


def test_dates_that_contradict_each_other_are_refused() -> None:
    """nbf ≤ iat < exp, with any clock or none."""
    at = EPOCH_2020 + START
    for seconds in (START, -1):
        for change, expected in (
            ({"k4": at + 1}, 0),
            ({"k4": at}, errors.OUT_OF_RANGE),
            ({"k5": at + 1}, errors.OUT_OF_RANGE),
            ({"k5": at - 1}, 0),
        ):
            assert Device(seconds).take(wrong(**change)) == expected, (seconds, change)


def test_with_trusted_time_a_record_has_its_hour() -> None:
    """|iat - now| ≤ 24 h, nbf not past five minutes ahead, exp not reached: each edge."""
    cases = (
        (START, 2, 0),
        (START + DAY, 2, 0),
        (START + DAY + 1, 2, errors.UNTIMELY),
        (START - 300, 2, 0),
        (START - 301, 2, errors.UNTIMELY),
        (START - DAY - 1, 2, errors.UNTIMELY),
        (START + DAY - 1, 1, 0),
        (START + DAY, 1, errors.UNTIMELY),
    )
    for seconds, days, expected in cases:
        record = sign(claims(1, HEAD0, [line(p.STATUS)], START, days))
        assert Device(seconds).take(record) == expected, (seconds - START, days)


def test_nbf_may_be_long_before_iat_and_iat_a_day_ahead() -> None:
    """A grant that has begun, from a phone whose clock is wrong by hours."""
    record = wrong(k5=EPOCH_2020 + START - 10 * DAY)
    assert Device(START - DAY).take(record) == 0
    assert Device(START - DAY - 1).take(record) == errors.UNTIMELY


def test_without_trusted_time_only_the_dates_among_themselves_count() -> None:
    """The first record brings the time; nothing is live before."""
    device, chain = Device(-1), Chain()
    assert device.take(chain.next(line(p.STATUS))) == 0
    assert device.grants.live(-1) == 1
    assert device.grants.issued == START


def test_the_newest_date_is_kept() -> None:
    """The floor of trusted time: a record dated earlier does not lower it."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS), issued=START + 50))
    device.take(chain.next(line(p.STATUS), issued=START + 20))
    assert device.grants.issued == START + 50


def test_no_record_can_activate_a_purpose_without_a_room() -> None:
    """A clause whose code does not exist yet is enforced by refusal."""
    for purpose in range(p.COUNT):
        for state in (g.GIVEN, g.RENEWED):
            device = Device()
            got = device.take(Chain().next(line(p.STATUS), line(purpose, state)) if purpose != p.STATUS else wrong())
            grantable = bool(p.GRANTABLE >> purpose & 1)
            assert got == (0 if grantable else errors.OUT_OF_RANGE), purpose
            assert bool(device.grants.live(START) >> purpose & 1) is (grantable or purpose == p.CONTROL)
            assert bool(device.live() & STATUS) is grantable, "all of a record or nothing"


def test_a_purpose_without_a_room_may_be_refused() -> None:
    """An owner who says no to everything is right about everything."""
    device = Device()
    assert device.take(Chain().next(*[no(k) for k in range(p.COUNT)])) == 0
    assert device.grants.live(START) == 1 << p.CONTROL
    assert device.ended == p.GRANTABLE


def test_a_refused_record_still_counts_as_a_no() -> None:
    """Unknown notice, wrong hour, a purpose that does not exist: the yes is not taken, the no is."""
    late = claims(2, b"", [no(p.STATUS), line(p.PHOTO)], START - 5 * DAY, 9)
    notice = claims(2, b"", [no(p.STATUS), line(p.PHOTO)])
    notice[-65540] = [9] + NOTICE[1:]
    inactive = claims(2, b"", [no(p.STATUS), line(p.USAGE)])
    for claim, expected in (
        (late, errors.UNTIMELY),
        (notice, errors.UNKNOWN_NOTICE),
        (inactive, errors.OUT_OF_RANGE),
    ):
        device, chain = Device(), Chain()
        device.take(chain.next(line(p.STATUS)))
        claim[-65539] = chain.head
        assert device.take(sign(claim)) == expected
        assert device.ended == STATUS
        assert device.live() == 0
        assert device.grants.seq == 1
        assert device.take(chain.next(line(p.PHOTO))) == 0, "the chain goes on"
        assert device.live() == PHOTO


def test_what_is_not_authentic_is_not_even_a_no() -> None:
    """Nobody but the owner switches anything."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS)))
    before = device.state()
    record = chain.next(no(p.STATUS))
    for k in range(0, 8 * len(record), 7):
        bad = bytearray(record)
        bad[k >> 3] ^= 1 << (k & 7)
        assert device.take(bytes(bad)) != 0
        assert device.ended == 0
        assert device.state() == before


def test_an_authentic_record_that_cannot_be_read_changes_nothing() -> None:
    """The owner's key does not make nonsense sense."""
    device = Device()
    before = device.state()
    for payload in (b"", b"\xa0", b"\x80", encode(Pairs((1, Text(b"x")))), body_of(claims(1, HEAD0, []))):
        assert device.take(signed(payload, consent_aad(), header())) != 0
        assert device.take(hasten(signed(payload, consent_aad(), header()))) != 0
        assert device.answered
        assert device.state() == before


def test_a_narrower_grant_names_what_must_not_leave_any_more() -> None:
    """Coarser, or rarer: what was collected under the wider grant is not what the owner now allows."""
    for change, expected in (
        ({"precision": 0, "interval": 10}, 0),
        ({"precision": 1, "interval": 10}, PLACE),
        ({"precision": 2, "interval": 10}, PLACE),
        ({"precision": 0, "interval": 11}, PLACE),
        ({"precision": 0, "interval": 9}, 0),
    ):
        device, chain = Device(), Chain()
        device.take(chain.next(line(p.LOCATION_REPORT, precision=0, interval=10)))
        assert device.take(chain.next(line(p.LOCATION_REPORT, g.RENEWED, **change))) == 0
        assert device.ended == expected, change
        assert device.live() == PLACE


def test_the_button_turns_everything_off_and_nothing_on() -> None:
    """I9: presence can only withdraw. It takes a place in the chain, and what is signed after it is taken."""
    device, chain = Device(), Chain()
    device.take(chain.next(line(p.STATUS), no(p.PHOTO)))
    device.ledger.withdraw_all(START + 7)
    assert device.ledger.withdrawn == p.GRANTABLE
    assert device.live() == 0
    chain.press()
    assert (device.grants.seq, device.grants.head) == (2, chain.head)
    for purpose in range(p.COUNT):
        if p.GRANTABLE >> purpose & 1:
            assert device.grants.get(purpose, g.STATE) == g.WITHDRAWN
            assert device.grants.get(purpose, g.SINCE) == START + 7
    assert device.take(chain.next(line(p.STATUS))) == 0
    assert device.live() == STATUS


def test_heads_are_over_what_was_signed() -> None:
    """decisions.md: prev hashes the Sig_structure, so no broker can fork the chain over bytes that nobody signed."""
    device = Device()
    claim = claims(1, HEAD0, [line(p.STATUS)])
    device.take(sign(claim))
    assert device.grants.head == head_of(claim)
