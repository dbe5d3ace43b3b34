"""The store: what waits, in which order it leaves, what makes room for what, and what is left after an erasure."""

from agent.base import ticks
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.store.outbox import FACTS, Outbox, Slot

EPOCH = 7
DAY = 86_400_000
MESSAGES = range(kinds.COUNT)


def put(box: Outbox, kind: int, fact: int = 0, now: int = 0) -> bool:
    slot = box.draft(kind, now)
    slot.facts[0] = fact
    return box.put(slot)


def hand(box: Outbox) -> Slot:
    """What `Uplink.flush` does with one message, under a gate that says yes."""
    slot = box.spare()
    assert box.pick(slot)
    box.name(slot)
    if slot.seq < 0:
        slot.seq = 100 + slot.id
    box.sent(slot)
    return slot


def drain(box: Outbox) -> "list[tuple[int, int]]":
    """(kind, first fact) of everything that waits, in the order in which it leaves."""
    left = []
    while box.waiting:
        slot = hand(box)
        left.append((slot.kind, slot.facts[0]))
        box.done(slot.id)
    assert not box.pick(box.spare())
    return left


def test_a_message_comes_back_as_it_was_put() -> None:
    """Purpose, subject, recipient and epoch travel with it: a withdrawal or a new owner can find it."""
    box = Outbox(4, EPOCH)
    slot = box.draft(kinds.LOCATION, 1234)
    assert (slot.subject, slot.recipient) == (p.OWNER, p.OWNER)
    slot.subject = p.GUEST
    slot.recipient = p.SERVICE
    for k in range(FACTS):
        slot.facts[k] = -k * 1000
    assert box.put(slot)
    got = box.spare()
    assert box.pick(got)
    assert (got.kind, got.purpose, got.subject, got.recipient, got.epoch) == (
        kinds.LOCATION,
        p.LOCATION_REPORT,
        p.GUEST,
        p.SERVICE,
        EPOCH,
    )
    assert (got.captured, got.seq, got.id) == (1234, -1, 0)
    assert [got.facts[k] for k in range(FACTS)] == [-k * 1000 for k in range(FACTS)]


def test_a_draft_begins_empty() -> None:
    """What the last one said must not leak into the next."""
    box = Outbox(4, EPOCH)
    slot = box.draft(kinds.LOCATION, 0)
    for k in range(FACTS):
        slot.facts[k] = 31_415
    box.put(slot)
    slot = box.draft(kinds.STATUS, 0)
    assert 31_415 not in [slot.facts[k] for k in range(FACTS)]
    assert slot.purpose == p.STATUS


def test_the_most_urgent_kind_leaves_first_and_the_oldest_of_a_kind() -> None:
    """An alarm does not wait behind a ride."""
    box = Outbox(60, EPOCH)
    for kind in (kinds.PHOTO, kinds.LOCATION, kinds.WAKE, kinds.STATUS, kinds.RECEIPT, kinds.LOCATION, kinds.WAKE):
        put(box, kind, box.waiting)
    assert drain(box) == [
        (kinds.RECEIPT, 4),
        (kinds.WAKE, 2),
        (kinds.WAKE, 6),
        (kinds.STATUS, 3),
        (kinds.LOCATION, 1),
        (kinds.LOCATION, 5),
        (kinds.PHOTO, 0),
    ]


def test_a_kind_past_its_quota_loses_its_own_oldest() -> None:
    """At the quota nothing is lost; one more costs the oldest, of this kind alone, and is counted."""
    for kind in MESSAGES:
        box = Outbox(60, EPOCH)
        other = kinds.STATUS if kind != kinds.STATUS else kinds.LOCATION
        put(box, other, 99)
        quota = kinds.QUOTA[kind]
        for k in range(quota):
            assert put(box, kind, k)
        assert sum(box.dropped) == 0
        assert put(box, kind, quota)
        assert box.dropped[kinds.PURPOSE[kind]] == 1
        assert sum(box.dropped) == 1
        left = drain(box)
        assert [fact for k, fact in left if k == kind] == list(range(1, quota + 1)), kind
        assert (other, 99) in left


def test_what_the_link_has_in_hand_leaves_its_kind_room() -> None:
    """A list of what is withheld that was sent a moment ago is not the newest one: the next must not be lost to it."""
    box = Outbox(4, EPOCH)
    put(box, kinds.WITHHELD, 1)
    hand(box)
    assert put(box, kinds.WITHHELD, 2)
    assert sum(box.dropped) == 0
    assert drain(box) == [(kinds.WITHHELD, 2)]


def test_a_backlog_keeps_no_alarm_out() -> None:
    """A day without network fills the store with places; a thief comes after that."""
    box = Outbox(8, EPOCH)
    for k in range(8):
        put(box, kinds.LOCATION, k)
    assert put(box, kinds.WAKE, 77)
    assert box.dropped[p.LOCATION_REPORT] == 1
    assert box.waiting == 8
    assert drain(box) == [(kinds.WAKE, 77)] + [(kinds.LOCATION, k) for k in range(1, 8)]


def test_a_full_store_gives_up_the_least_urgent_first_and_never_part_of_a_photo() -> None:
    """Half a photo is none, so its chunk stays and the capture waits."""
    box = Outbox(5, EPOCH)
    for kind in (kinds.PHOTO, kinds.LOCATION, kinds.STATUS, kinds.LOCATION, kinds.WAKE):
        put(box, kind, 1)
    for kind in (kinds.RESULT, kinds.RESULT, kinds.RESULT):
        assert put(box, kind, 2)
    assert [kind for kind, _ in drain(box)] == [kinds.RESULT, kinds.RESULT, kinds.RESULT, kinds.WAKE, kinds.PHOTO]
    assert [box.dropped[k] for k in (p.LOCATION_REPORT, p.STATUS, p.WAKE_ABNORMAL, p.PHOTO)] == [2, 1, 0, 0]


def test_without_room_the_newcomer_is_lost_and_counted() -> None:
    """A photo's chunk displaces nothing, and nothing is taken out of the link's hands."""
    box = Outbox(1, EPOCH)
    put(box, kinds.LOCATION)
    assert not put(box, kinds.PHOTO)
    assert sum(box.dropped) == 0, "it is tried again, so nothing is lost"
    assert box.waiting == 1
    box = Outbox(1, EPOCH)
    put(box, kinds.LOCATION)
    hand(box)
    assert not put(box, kinds.WAKE)
    assert box.dropped[p.WAKE_ABNORMAL] == 1
    assert box.waiting == 0


def test_only_an_acknowledgement_frees_a_row() -> None:
    """Sent is not delivered; an id that is not ours changes nothing."""
    box = Outbox(2, EPOCH)
    put(box, kinds.STATUS, 5)
    sent = hand(box)
    assert box.waiting == 0
    assert box.holds(kinds.STATUS)
    box.done(sent.id + 1)
    box.done(0)
    assert box.holds(kinds.STATUS)
    box.done(sent.id)
    assert not box.holds(kinds.STATUS)


def test_an_acknowledgement_of_a_waiting_row_is_ignored() -> None:
    """The link was dropped and the row goes again: the old connection's last word is not about the new one."""
    box = Outbox(2, EPOCH)
    put(box, kinds.STATUS)
    sent = hand(box)
    box.again()
    box.done(sent.id)
    assert box.holds(kinds.STATUS)
    assert box.waiting == 1


def test_after_a_lost_link_it_goes_again_under_its_id_and_number() -> None:
    """A receiver drops the double because both are the same."""
    box = Outbox(4, EPOCH)
    put(box, kinds.STATUS, 1)
    put(box, kinds.LOCATION, 2)
    first = hand(box)
    was = (first.id, first.seq, first.kind)
    box.again()
    assert box.waiting == 2
    repeat = hand(box)
    assert (repeat.id, repeat.seq, repeat.kind) == was


def test_ids_run_from_1_to_65535_and_begin_again() -> None:
    """MQTT 3.1.1 §2.3.1: zero is no packet identifier."""
    box = Outbox(2, EPOCH)
    put(box, kinds.STATUS)
    slot = box.spare()
    for k in range(65_537):
        slot.id = 0
        slot.index = 0
        box.name(slot)
        assert slot.id == k % 65_535 + 1
    box.name(slot)
    assert slot.id == 2, "a row keeps its id"


def test_erasing_leaves_no_row_of_the_purpose_and_every_other() -> None:
    """Also the row in the link's hands, which the caller learns: its client may repeat it."""
    for in_hand in (False, True):
        box = Outbox(8, EPOCH)
        put(box, kinds.LOCATION, 11)
        if in_hand:
            hand(box)
        put(box, kinds.STATUS, 12)
        put(box, kinds.LOCATION, 13)
        assert box.erase(1 << p.LOCATION_REPORT) is in_hand
        assert not box.holds(kinds.LOCATION)
        assert box.waiting == 1
        assert box.erase(1 << p.LOCATION_REPORT) is False
        assert drain(box) == [(kinds.STATUS, 12)]


def test_an_erased_number_is_nowhere_in_memory() -> None:
    """I3: not in the rows, not in the draft, not in the view of what went last."""
    box = Outbox(8, EPOCH)
    for secret in (31_234_567, 120_345_678):
        slot = box.draft(kinds.LOCATION, 0)
        slot.facts[1] = secret
        box.put(slot)
    hand(box)
    box.erase(1 << p.LOCATION_REPORT)
    kept = list(box._rows) + list(box._draft.facts) + list(box.spare().facts)
    assert 31_234_567 not in kept
    assert 120_345_678 not in kept


def keeping(seconds: int) -> g.Grants:
    grants = g.Grants()
    for purpose in range(p.COUNT):
        grants.put(purpose, g.RETENTION, 86_400 * 365)
    grants.put(p.LOCATION_REPORT, g.RETENTION, seconds)
    return grants


def test_retention_ends_at_its_second() -> None:
    """Clause 3: kept for as long as granted, and not a second more once the store looks."""
    box = Outbox(8, EPOCH)
    put(box, kinds.LOCATION, 1, now=500)
    put(box, kinds.STATUS, 2, now=500)
    put(box, kinds.RECEIPT, 3, now=500)
    box.expire(keeping(60), 500 + 59_999)
    assert box.holds(kinds.LOCATION)
    box.expire(keeping(60), 500 + 60_000)
    assert not box.holds(kinds.LOCATION)
    assert box.holds(kinds.STATUS)
    assert box.waiting == 2
    box.expire(keeping(0), 500)
    assert box.holds(kinds.RECEIPT), "control has no grant and no person in it"


def test_retention_leaves_alone_what_the_link_has_in_hand() -> None:
    """It left under a live grant; it is freed when it is acknowledged, or waits again and is old then."""
    box = Outbox(2, EPOCH)
    put(box, kinds.LOCATION)
    hand(box)
    box.expire(keeping(60), 90_000)
    assert box.holds(kinds.LOCATION)
    box.again()
    box.expire(keeping(60), 90_000)
    assert not box.holds(kinds.LOCATION)


def test_no_row_outlives_the_ticks_it_is_dated_in() -> None:
    """After 6.2 days an age reads as negative: a grant of a month must not keep the row for ever."""
    for days in (7, 10, 12):
        box = Outbox(2, EPOCH)
        start = (1 << 30) - DAY
        put(box, kinds.LOCATION, now=start)
        now = start
        for _ in range(days):
            now = ticks.add(now, DAY)
            box.expire(keeping(30 * 86_400), now)
            if ticks.diff(now, start) > 0:
                assert box.holds(kinds.LOCATION)
        assert not box.holds(kinds.LOCATION)
