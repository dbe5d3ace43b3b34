"""What an erasure reaches and what it leaves, store by store, before anything is answered."""

# heap: 400k - the file makes several devices

from agent.base import errors
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import erasure as e
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import board, remote
from tests.portable.bench import MINUTE, Bench
from tests.portable.orders import granted, kept
from tests.portable.signed import HEAD0, line, no
from tests.portable.test_capture import shoot

PLACE = 1 << p.LOCATION_REPORT
STATUS = 1 << p.STATUS
PHOTO = 1 << p.PHOTO
PICKED = 31_205_760  # a latitude


def older(bench: Bench, mask: int, age_s: int) -> "tuple[int, int, int]":
    """Erases what is more than `age_s` seconds old."""
    return e.purposes(bench.core, mask, bench.core.calendar.seconds - age_s, bench.now)


def photographing() -> Bench:
    """A picture was taken a minute ago and is under way; the connection is gone."""
    bench = granted(p.PHOTO, p.LOCATION_REPORT)
    assert bench.ask(r.PHOTO) == 0
    bench.drain()
    shoot(bench)
    bench.give(remote.LINK, b"D\x00")
    bench.tick(MINUTE)
    bench.forget()
    assert bench.core.capture is not None
    return bench


def test_an_erasure_by_time_ends_an_older_picture() -> None:
    """It lies in the camera, not in the store, until its last piece is with the owner."""
    bench = photographing()
    stores, _, _ = older(bench, PHOTO, 30)
    assert stores == e.MESSAGES | e.FRAME
    assert b"Z" in bench.out(remote.CAMERA)
    assert bench.waiting(kinds.PHOTO) == 0


def test_an_erasure_by_time_leaves_a_newer_picture_and_one_of_another_purpose() -> None:
    """The owner named a time and a purpose: what is beyond either is still wanted."""
    for mask, age_s in ((PHOTO, 90), (PLACE, 30)):
        bench = photographing()
        older(bench, mask, age_s)
        assert bench.out(remote.CAMERA) == []
        assert bench.waiting(kinds.PHOTO) == 1, mask


def test_pictures_are_erased_by_time_also_when_none_is_taken() -> None:
    """The usual case: the order finds nothing, and is answered."""
    bench = granted(p.PHOTO)
    bench.run(MINUTE)
    assert older(bench, PHOTO, 30) == (e.MESSAGES, 0, 0)


def test_an_erasure_by_time_leaves_older_messages_of_other_purposes() -> None:
    """And counts only what it erased."""
    bench = granted(p.LOCATION_REPORT, p.STATUS)
    bench.give(remote.LINK, b"D\x00")
    bench.run(5 * MINUTE)
    kept(bench, kinds.STATUS, 250)
    kept(bench, kinds.LOCATION, 200)
    status = bench.waiting(kinds.STATUS)
    waiting = bench.core.outbox.waiting
    assert older(bench, PLACE, 100) == (e.MESSAGES | e.RECEIVER, 0, 1)
    assert (bench.waiting(kinds.LOCATION), bench.waiting(kinds.STATUS)) == (0, status)
    assert bench.core.outbox.waiting == waiting - 1


def test_an_erasure_by_time_leaves_no_copy_in_views_and_buffers() -> None:
    """I3: a message that has left is still legible where it was written."""
    bench = granted(p.LOCATION_REPORT)
    kept(bench, kinds.LOCATION)
    bench.tick()
    bench.drain()
    core = bench.core
    view = core.outbox.spare()
    assert view.facts[1] == PICKED
    older(bench, PLACE, 0)
    assert not any(view.facts)
    assert not any(core.outbox._draft.facts)
    assert not any(core.gate._message.buf)


def test_only_parts_that_the_purposes_fill_are_said_to_be_erased() -> None:
    """A certificate that lists the camera after an erasure of the battery's state is worth nothing."""
    ever = e.MESSAGES | e.GRANTS | e.COUNTERS
    cases = (
        (board.GNSS | board.CAMERA, STATUS, 0),
        (board.GNSS | board.CAMERA, PLACE, e.RECEIVER),
        (board.GNSS | board.CAMERA, PHOTO, e.FRAME),
        (board.CAMERA, PLACE, 0),
        (board.GNSS, PHOTO, 0),
    )
    for parts, mask, more in cases:
        bench = Bench(parts=parts)
        bench.tick()
        assert e.purposes(bench.core, mask, 0, bench.now)[0] == ever | more, (parts, mask)


def test_messages_are_counted_per_purpose_and_one_in_hand_is_told() -> None:
    """What the link has already may still arrive: the owner must read that in the certificate, whatever else waited."""
    bench = granted(p.LOCATION_REPORT, p.STATUS)
    kept(bench, kinds.LOCATION)
    kept(bench, kinds.STATUS)
    bench.core.uplink.flush(bench.now)
    assert e.held(bench.core, PLACE) == (1, False)
    assert e.held(bench.core, STATUS) == (1, True)
    assert e.held(bench.core, PLACE | STATUS) == (2, True)
    assert e.held(bench.core, PHOTO) == (0, False)


def test_the_end_of_an_account_leaves_nothing_of_the_chain_in_memory() -> None:
    """Until the restart the device is nobody's: no number, hash or pin of the former owner is left in it."""
    bench = granted(p.STATUS, p.LOCATION_REPORT)
    assert bench.record(bench.chain.ahead(3, no(p.LOCATION_REPORT))) == errors.GAP
    core = bench.core
    grants = core.grants
    grants.put(p.STATUS, g.SUSPENDED, 2)
    assert grants.get(p.LOCATION_REPORT, g.PIN)
    assert grants.seq
    e.whole(core, bench.now)
    assert not grants.bound
    assert bench.live() == 1 << p.CONTROL, "it may say goodbye"
    assert (grants.seq, bytes(grants.head), grants.issued) == (0, HEAD0, -1)
    assert not any(grants.get(purpose, column) for purpose in range(p.COUNT) for column in range(g.COLUMNS))
    codes: "list[int]" = []
    record = bench.chain.next(line(p.STATUS))
    core.record(record, len(record), bench.now, codes.append)
    assert codes == [errors.NOT_GRANTED]


def test_a_record_whose_signature_is_being_checked_ends_with_the_account() -> None:
    """Decided later, it would consent in the name of somebody who has gone."""
    bench = granted(p.STATUS)
    record = bench.chain.next(line(p.LOCATION_REPORT))
    bench.core.record(record, len(record), bench.now)
    assert bench.core.notary.busy()
    e.whole(bench.core, bench.now)
    assert not bench.core.notary.busy()
    bench.run(MINUTE)
    assert "consent" not in bench.hub.secrets
    assert not bench.core.notary.paper


def test_a_phone_nearby_is_let_go_at_the_end_of_the_account() -> None:
    """The advert is in the former owner's key."""
    bench = granted(p.STATUS)
    bench.give(remote.BUTTON, b"\x00\x01")
    bench.tick()
    assert bench.core.nearby is not None
    bench.forget()
    e.whole(bench.core, bench.now)
    bench.tick()
    assert bench.core.nearby is None
    assert bench.out(remote.BLE) == [b"S"]


def test_flash_that_fails_in_the_end_is_told_and_the_next_start_goes_on() -> None:
    """The mark is written, so nothing comes back; but the certificate must not claim what has not happened."""
    bench = granted(p.STATUS)
    drop = bench.hub.drop

    def refuse(name: str) -> None:
        raise OSError(5)

    bench.hub.drop = refuse
    stores, exceptions, _ = e.whole(bench.core, bench.now)
    assert exceptions == e.FLASH
    assert stores & e.SECRETS
    assert bench.hub.secrets["pairing_key"]
    bench.hub.drop = drop
    bench.boot()
    assert "pairing_key" not in bench.hub.secrets
