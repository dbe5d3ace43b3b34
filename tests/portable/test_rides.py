"""A whole agent that is lent: sensors, messages, keys, exports and the end of the lend (I11, policy 1.7)."""

# heap: 320k - the file makes several devices

from agent.base import errors
from agent.base import journal as j
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import order as o
from agent.privacy import purposes as p
from simulator import remote
from tests.portable import bench, orders
from tests.portable.bench import SECOND, Bench
from tests.portable.ledgers import PLACE
from tests.portable.signed import DAY, START, Rider, claims, hasten, line, no, sign

PERSON = p.PERSONAL
MINE = (line(p.STATUS), line(p.LOCATION_REPORT), line(p.PHOTO))


def away(*lines) -> "tuple[Bench, Rider]":
    """A whole agent, online, lent."""
    made = Bench(secrets=orders.readable())
    made.online()
    made.grant(*(lines or MINE))
    made.drain()
    rider = Rider()
    assert made.record(made.chain.next(line(p.STATUS), lend=rider.key, days=3, issued=made.core.calendar.seconds)) == 0
    rider.head = made.chain.head
    made.drain()
    return made, rider


def ride(made: Bench, after: int = 40) -> None:
    """The receiver says where the rider is, and a photo is asked for."""
    made.give(remote.GNSS, bench.fix(after, lat="3055.5555"))
    made.run(30 * SECOND)


def person_bytes(made: Bench) -> int:
    return sum([made.core.gate.bytes[k] for k in range(p.COUNT) if PERSON >> k & 1])


def test_nothing_of_a_ride_reaches_the_owner_until_the_rider_shares_it() -> None:
    """The whole agent: sensor off, nothing stored, nothing published; then the rider's grant, then the return."""
    made, rider = away()
    made.forget()
    before = person_bytes(made)
    assert made.ask(1) == errors.NOT_GRANTED, "no photo"
    ride(made)
    assert not made.core.receiver.on
    assert person_bytes(made) == before
    assert "location" not in made.names()
    assert made.record(rider.next(line(p.LOCATION_REPORT, interval=0), issued=made.core.calendar.seconds)) == 0
    made.drain()
    ride(made, 120)
    (shared,) = [m for m in made.published() if m.name == "location"][:1]
    assert shared.facts[3] // 10_000 == 3092
    receipts = [m.facts for m in made.published() if m.name == "receipt"]
    assert receipts[-1][8] == g.RIDER
    assert receipts[-1][2] == 1
    assert receipts[-1][3] == rider.head
    made.give(remote.GNSS, bench.fix(200, lat="3054.0000"))
    made.tick(SECOND)
    assert made.record(rider.next(no(p.LOCATION_REPORT), issued=made.core.calendar.seconds, back=True)) == 0
    assert made.core.grants.rider is None
    assert made.core.outbox.ridden == 0
    assert made.waiting(kinds.LOCATION) == 0
    assert person_bytes(made) == 0, "and nothing is left to count"
    made.connect()  # it was dropped with the message in its hands
    made.drain()
    made.forget()
    made.run(20 * SECOND)
    assert "location" not in made.names(), "not what the receiver said before"
    made.give(remote.GNSS, bench.fix(300))
    made.run(30 * SECOND)
    assert "location" in made.names(), "the owner's own grant lives again"


def test_a_change_of_subject_makes_a_new_sealing_key() -> None:
    """No key that one person's items were sealed under serves another's."""
    secrets = bench.enrolled()
    secrets["owner_seal"] = b"\x09" + bytes(31)
    made = Bench(secrets=secrets)
    made.online()
    mine = line(p.LOCATION_REPORT, recipients=1 << p.OWNER)
    made.grant(mine)
    made.drain()
    rider = Rider()
    assert made.core.seal.held == PLACE
    assert made.record(made.chain.next(line(p.STATUS), lend=rider.key, issued=made.core.calendar.seconds)) == 0
    assert made.core.seal.held == 0
    assert not any(made.core.seal.key)
    rider.head = made.chain.head
    assert made.record(rider.next(mine, issued=made.core.calendar.seconds)) == 0
    made.drain()
    assert made.record(rider.next(mine, issued=made.core.calendar.seconds, back=True)) == 0
    made.drain()
    told = [(m.facts[4], m.facts.get(6)) for m in made.published() if m.name == "seal"]
    assert told == [(1, None), (2, g.RIDER), (3, None)]


def test_the_gate_refuses_a_slot_of_another_subject() -> None:
    """Should one ever outlive the change, it is not sent."""
    made, rider = away()
    assert made.record(rider.next(line(p.LOCATION_REPORT), issued=made.core.calendar.seconds)) == 0
    made.drain()
    slot = made.core.outbox.draft(kinds.LOCATION, made.now)
    assert slot.subject == g.RIDER
    slot.subject = p.OWNER
    slot.facts[1] = slot.facts[2] = slot.facts[3] = 0
    held = made.core.gate.held[p.LOCATION_REPORT]
    assert not made.core.gate.release(p.LOCATION_REPORT, p.OWNER, made.core.epoch, slot, made.now)
    assert made.core.gate.held[p.LOCATION_REPORT] == held + 1


def test_a_lend_ends_by_the_devices_own_ticks_whatever_the_owners_calendar_says() -> None:
    """An owner can date records ahead, a day each time; a lend of three days lasts three days of the device's."""
    made, _ = away()
    for _ in range(5):
        grants, seconds = made.core.grants, made.core.calendar.seconds
        claim = claims(grants.seq + 1, bytes(grants.head), [line(p.STATUS)], seconds + DAY - 5)
        claim[5] -= DAY - 5
        assert made.record(hasten(sign(claim))) == 0
    assert made.core.calendar.seconds > START + 3 * DAY
    made.tick()
    assert made.live() & PERSON == 0
    for _ in range(71):
        made.tick(3_600 * SECOND)
    assert made.core.grants.rider is not None
    assert made.core.grants.refusal(p.PHOTO, p.OWNER, made.core.calendar.seconds) == p.LENT
    kept = made.core.grants.rider.left
    made.boot()
    assert 0 <= made.core.grants.rider.left - kept < 3_600
    for _ in range(2):
        made.tick(3_600 * SECOND)
    made.tick()
    assert made.core.grants.rider is None
    made.boot()
    assert made.core.grants.rider is None


def test_the_device_wakes_for_the_end_of_a_lend() -> None:
    """And once an hour, so that a restart gives back no more than that."""
    made, _ = away()
    left = made.core.grants.rider.left
    assert 0 < made.core.deadline(made.now) <= 3_600 * SECOND
    start = made.now
    for _ in range(4_000):
        if made.core.grants.rider.left < left:
            break
        made.tick(min(made.core.deadline(made.now), 600 * SECOND))
    assert made.core.grants.rider.left == left - 3_600
    assert made.now - start <= 3_601 * SECOND


def test_what_waits_when_time_ends_a_lend_is_gone_before_the_owners_grants_live() -> None:
    """The rider's unsent position, and the journal of when the rider's receiver was on."""
    made, rider = away()
    assert made.record(rider.next(line(p.LOCATION_REPORT), issued=made.core.calendar.seconds)) == 0
    made.drain()
    made.core.grants.rider.left = 30
    made.give(remote.LINK, b"D\x01")
    made.give(remote.GNSS, bench.fix(60, lat="3055.5555"))
    for _ in range(3):
        made.tick(SECOND)
    assert made.waiting(kinds.LOCATION) == 1
    made.forget()
    made.core.grants.rider.due = made.now
    made.tick()  # in the same second: nothing but the lend's end can be the cause
    assert made.waiting(kinds.LOCATION) == 0
    assert not made.core.receiver.on
    assert made.core.grants.refusal(p.LOCATION_REPORT, p.OWNER, made.core.calendar.seconds) == p.LENT
    assert b"P\x00" in made.out(remote.POWER), "the receiver is off in that tick"
    assert b"Z" in made.out(remote.POWER), "and has forgotten"
    made.give(remote.GNSS, bench.fix(90, lat="3055.5555"))
    made.tick()
    assert made.core.grants.rider is None
    assert made.core.receiver.reported[2] < 0
    journal = made.core.journal
    assert made.core.receiver.on, "for the owner again"
    assert [journal.entry(k, 2) for k in range(journal.count) if journal.entry(k, 1) == j.LEASES] == [p.GNSS]


def test_an_export_and_an_erasure_by_the_owner_touch_nothing_of_the_riders() -> None:
    """Neither a message, nor a count of them, nor a place, nor a row of the rider's consent."""
    made, rider = away()
    assert made.record(rider.next(line(p.LOCATION_REPORT), issued=made.core.calendar.seconds)) == 0
    made.drain()
    made.give(remote.LINK, b"D\x01")
    made.give(remote.GNSS, bench.fix(60, lat="3055.5555"))
    made.tick(SECOND)
    made.tick(SECOND)
    made.tick(SECOND)
    assert made.waiting(kinds.LOCATION) == 1
    assert orders.order(made, o.ERASE, PERSON) == 0
    made.settle()
    assert made.waiting(kinds.LOCATION) == 1
    assert made.core.grants.get(p.LOCATION_REPORT, g.STATE) == g.UNKNOWN
    assert made.core.grants.term(p.LOCATION_REPORT, g.STATE) == g.GIVEN
    assert orders.certificate(made)[9] == 0, "messages that the owner erased"
    made.forget()
    made.give(remote.LINK, b"D\x01")
    made.give(remote.GNSS, bench.fix(160, lat="3056.5555"))
    for _ in range(3):
        made.tick(SECOND)
    assert made.waiting(kinds.LOCATION) == 1
    assert orders.order(made, o.EXPORT) == 0
    told = orders.opened(orders.answer(made))
    assert [row for row in told[9] if PERSON >> row[0] & 1] == []
    assert [row for row in told[10] if PERSON >> row[0] & 1] == []
    assert [row for row in told[11] if PERSON >> row[0] & 1] == []
    assert told[12] == []
    assert told[14] == []


def test_the_end_of_the_account_ends_the_ride() -> None:
    """Everything goes: the rider's rows, key and items first."""
    made, rider = away()
    assert made.record(rider.next(line(p.PHOTO), issued=made.core.calendar.seconds)) == 0
    made.drain()
    assert orders.order(made, o.WHOLE) == 0
    made.settle()
    made.run(60 * SECOND)
    assert made.core.grants.rider is None
    assert "consent" not in made.hub.secrets
    for value in made.hub.secrets.values():
        assert value.find(rider.key) < 0
