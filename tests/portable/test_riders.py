"""A lent device: what concerns a person is the rider's to allow, and nothing the owner signs changes that (I11, policy 1.7)."""

# heap: 320k - the file makes several devices

from agent.base import errors
from agent.privacy import grants as g
from agent.privacy import purposes as p
from tests.portable.ledgers import PHOTO, PLACE, STATUS, Device, restored
from tests.portable.signed import DAY, LENT_TO, START, Chain, Raw, Rider, claims, hasten, line, no, sign

PERSON = p.PERSONAL
MINE = (line(p.STATUS), line(p.LOCATION_REPORT), line(p.PHOTO))


def lent(*lines, days: int = 3):
    """A ledger whose owner granted `lines` and lent the device."""
    device, chain, rider = Device(), Chain(), Rider()
    assert device.take(chain.next(*(lines or MINE))) == 0
    assert device.take(chain.next(line(p.STATUS), lend=rider.key, days=days)) == 0
    rider.head = chain.head
    return device, chain, rider


def test_a_lend_ends_what_the_owner_knows_of_a_person_and_leaves_the_bike() -> None:
    """Consent belongs to whoever rides: the owner's own is not asked."""
    device, _, _ = lent()
    assert device.live() == STATUS
    assert device.ended & (PLACE | PHOTO) == PLACE | PHOTO
    for purpose in (p.LOCATION_REPORT, p.PHOTO, p.LOCATION_ALARM):
        assert device.grants.refusal(purpose, p.OWNER, START) == p.LENT, purpose
    assert device.grants.get(p.LOCATION_REPORT, g.STATE) == g.GIVEN, "kept for afterwards"


def test_what_the_rider_allows_is_live_at_the_riders_terms() -> None:
    """Interval, precision and retention are the rider's, too."""
    device, _, rider = lent()
    mine = line(p.LOCATION_REPORT, interval=77, precision=1, retention=99)
    assert device.take(rider.next(mine)) == 0
    assert device.live() == STATUS | PLACE
    terms = [device.grants.term(p.LOCATION_REPORT, column) for column in (g.INTERVAL, g.PRECISION, g.RETENTION)]
    assert terms == [77, 1, 99]
    assert device.grants.get(p.LOCATION_REPORT, g.RETENTION) == 3_600
    assert device.take(rider.next(no(p.LOCATION_REPORT))) == 0
    assert device.live() == STATUS


def test_refused_withdrawn_expired_and_never_asked_look_the_same() -> None:
    """The owner cannot tell whether the rider said no."""
    device, _, rider = lent()
    seen = {(device.grants.refusal(p.PHOTO, p.OWNER, START), device.grants.since(p.PHOTO))}
    for lines in ([line(p.PHOTO, g.REFUSED)], [line(p.PHOTO, recipients=1 << p.PROVIDER)], [no(p.PHOTO)]):
        assert device.take(rider.next(*lines, issued=START + 5)) == 0
        seen.add((device.grants.refusal(p.PHOTO, p.OWNER, START), device.grants.since(p.PHOTO)))
    assert device.take(rider.next(line(p.PHOTO))) == 0
    seen.add((device.grants.refusal(p.PHOTO, p.OWNER, START + 2 * DAY), device.grants.since(p.PHOTO)))
    assert seen == {(p.LENT, START)}


def test_the_owner_cannot_end_shorten_or_replace_a_lend() -> None:
    """A second lend, a return, a new grant: refused, or without effect until the lend is over."""
    device, chain, _ = lent()
    other = Rider(seed=bytes(32))
    for key in (other.key, b"", b"\x01" + other.key):
        before = device.state()
        claim = claims(chain.seq + 1, chain.head, [line(p.STATUS)])
        claim[LENT_TO] = key
        assert device.take(hasten(sign(claim))) == errors.LENT, key
        assert device.state() == before
    assert device.take(chain.next(line(p.LOCATION_REPORT), line(p.PHOTO))) == 0
    assert device.live() == STATUS
    assert device.grants.rider is not None
    assert device.grants.rider.left == 3 * DAY


def test_the_owners_no_is_kept_for_later_and_erases_nothing_of_the_riders() -> None:
    """The rider's unsent items are not the owner's to erase; the owner's own consent is the owner's to end."""
    device, chain, rider = lent()
    assert device.take(rider.next(line(p.LOCATION_REPORT))) == 0
    assert device.take(chain.next(no(p.LOCATION_REPORT), no(p.STATUS))) == 0
    assert device.ended == STATUS
    assert device.live() == PLACE
    assert device.take(chain.ahead(2, no(p.PHOTO))) == errors.GAP
    assert device.ended == 0
    assert device.grants.get(p.PHOTO, g.PIN) == chain.seq + 3


def test_a_rider_decides_on_nothing_but_what_concerns_a_person() -> None:
    """Not the battery, no switch, no further lend, and never under the owner's pairing key."""
    device, _, rider = lent()
    before = device.state()
    for lines in ([line(p.STATUS)], [no(p.STATUS)], [line(p.PHOTO), line(p.PRESENCE)], [line(p.SIM)]):
        assert device.take(rider.sign(rider.claims(*lines))) == errors.OUT_OF_RANGE, lines
        assert not device.ended & ~PERSON
    for key, value in ((LENT_TO, Rider(seed=bytes(32)).key), (-65546, g.SWITCHES)):
        claim = rider.claims(line(p.PHOTO))
        claim[key] = value
        assert device.take(rider.sign(claim)) == errors.OUT_OF_RANGE, key
    assert device.take(hasten(rider.sign(rider.claims(line(p.PHOTO))))) == errors.WRONG_DEVICE
    claim = rider.claims(line(p.PHOTO))
    claim[1] = claims(1, b"", [])[1]
    assert device.take(rider.sign(claim)) == errors.WRONG_DEVICE
    assert device.state() == before
    assert device.live() == STATUS


def test_a_riders_chain_begins_at_the_record_that_lent_the_device() -> None:
    """No record of an earlier lend to the same rider fits the next one."""
    device, chain, rider = lent()
    early = rider.next(line(p.PHOTO))
    back = rider.next(no(p.PHOTO), back=True)
    assert device.take(early) == 0
    assert device.take(early) == errors.REPLAYED
    assert device.take(back) == 0
    device.grants.rider = None
    device = restored(device.ledger.snapshot())
    assert device.take(early) == errors.WRONG_DEVICE
    assert device.take(chain.next(line(p.STATUS), lend=rider.key)) == 0
    device = restored(device.ledger.snapshot())
    assert device.take(early) == errors.FORKED
    assert device.take(back) == errors.GAP


def test_what_cannot_be_lent_is_refused() -> None:
    """To nobody, to the owner, for too long, to a key that is none."""
    rider = Rider()
    owner = Rider(seed=bytes([0x80 + k for k in range(32)])).key
    point = rider.key[:-1]
    for key, days, code in (
        (b"", 1, errors.UNKNOWN),
        (owner, 1, errors.OUT_OF_RANGE),
        (b"\x01" + owner, 1, errors.OUT_OF_RANGE),
        (rider.key, 31, errors.OUT_OF_RANGE),
        (point, 1, errors.TRUNCATED),
        (b"\x02" + rider.key, 1, errors.WRONG_TYPE),
        (rider.key + bytes(40), 1, errors.TOO_LONG),
    ):
        device, chain = Device(), Chain()
        got = device.take(chain.next(line(p.STATUS), lend=key, days=days))
        assert got == code or (key == b"" and got), (key, got)
        assert device.grants.rider is None
        assert device.grants.seq == 0
    device, chain = Device(), Chain()
    assert device.take(chain.next(line(p.STATUS), lend=rider.key, days=30)) == 0, "at the limit"
    claim = claims(1, bytes(16), [line(p.STATUS)])
    claim[LENT_TO] = Raw(b"\xf6")
    assert Device().take(sign(claim)) == errors.WRONG_TYPE


def test_a_restart_leaves_it_lent_and_only_the_rider_wakes_the_riders_grants() -> None:
    """The owner's records tell the time again, but an owner could tell an old one, at which an old grant would live."""
    device, chain, rider = lent()
    assert device.take(rider.next(line(p.PHOTO))) == 0
    left = device.grants.rider.left
    device = restored(device.ledger.snapshot())
    assert device.grants.rider.left == left
    assert device.take(chain.next(line(p.STATUS))) == 0
    assert device.live() == STATUS
    assert device.grants.refusal(p.PHOTO, p.OWNER, START) == p.LENT
    assert device.take(rider.next(line(p.LOCATION_REPORT))) == 0
    assert device.live() == STATUS | PHOTO | PLACE


def test_every_flipped_bit_of_a_lent_snapshot_leaves_everything_off() -> None:
    """Rider and owner are one write under one MAC: what is damaged grants nothing to anybody, and the device stays lent or dead."""
    device, _, rider = lent()
    assert device.take(rider.next(line(p.PHOTO))) == 0
    blob = device.ledger.snapshot()
    for at in range(0, len(blob), 7):
        bad = bytearray(blob)
        bad[at] ^= 1 << at % 8
        other = restored(bytes(bad))
        assert other.grants.damaged, at
        assert other.live() == 0, at


def test_the_owners_switches_bind_the_rider_too() -> None:
    """Camera off is off for whoever rides."""
    device, chain, rider = lent()
    assert device.take(rider.next(line(p.PHOTO))) == 0
    device.ledger.narrow(g.SWITCHES & ~2)
    assert device.ledger.withdrawn & PHOTO
    assert device.live() == STATUS
    assert device.grants.refusal(p.PHOTO, p.OWNER, START) == p.LENT
    assert chain.seq == 2


def test_the_button_withdraws_for_both() -> None:
    """Whoever stands beside the bike can end it all, and nothing signed before fits after."""
    device, chain, rider = lent()
    assert device.take(rider.next(line(p.PHOTO))) == 0
    signed_before = rider.next(line(p.LOCATION_REPORT))
    device.ledger.withdraw_all(START)
    assert device.live() == 0
    assert device.take(signed_before) == errors.GAP or device.live() == 0
    assert device.take(chain.next(line(p.STATUS))) in (errors.REPLAYED, errors.GAP, errors.FORKED)
