"""Who is under age: only the guardian's records count, places are coarse, there is no photo, and nothing is kept long (policy 7)."""

# heap: 320k - the file makes several devices

from agent.base import errors
from agent.privacy import grants as g
from agent.privacy import order as o
from agent.privacy import purposes as p
from agent.privacy import table as t
from tests.portable import bench, orders
from tests.portable.bench import SECOND, Bench
from tests.portable.ledgers import PHOTO, PLACE, STATUS, Device
from tests.portable.signed import EPOCH, START, Chain, Rider, line, no

HOUR = 3_600


def young() -> "tuple[Device, Chain]":
    device = Device()
    device.grants.minor = True
    return device, Chain()


def coarse(precision: int = 1, retention: int = HOUR):
    return line(p.LOCATION_REPORT, precision=precision, retention=retention)


def test_only_a_guardians_record_counts() -> None:
    """What a child agrees to alone is no consent."""
    device, chain = young()
    before = device.state()
    for lines in ([line(p.STATUS)], [coarse()]):
        assert device.take(Chain().next(*lines)) == errors.OUT_OF_RANGE
        assert device.state() == before
    assert device.take(chain.next(coarse(), line(p.STATUS), guardian=True)) == 0
    assert device.live() == PLACE | STATUS


def test_a_no_counts_whoever_says_it() -> None:
    """It can only take away."""
    device, chain = young()
    assert device.take(chain.next(coarse(), guardian=True)) == 0
    assert device.take(chain.next(no(p.LOCATION_REPORT))) == errors.OUT_OF_RANGE
    assert device.live() == 0


def test_a_minor_is_located_coarsely_not_photographed_and_soon_forgotten() -> None:
    """At each limit and one past it, with a guardian's consent: more cannot be given."""
    most = t.MINOR_HOURS * HOUR
    for lines, code in (
        ([coarse(1)], 0),
        ([coarse(2)], 0),
        ([coarse(0)], errors.OUT_OF_RANGE),
        ([coarse(1, most)], 0),
        ([coarse(1, most + 1)], errors.OUT_OF_RANGE),
        ([line(p.PHOTO)], errors.OUT_OF_RANGE),
        ([line(p.LOCATION_ALARM)], errors.OUT_OF_RANGE),
        ([line(p.LOCATION_ALARM, precision=1)], 0),
        ([line(p.STATUS, retention=most + 1)], 0),
    ):
        device, chain = young()
        assert device.take(chain.next(*lines, guardian=True)) == code, lines
        adult, chain = Device(), Chain()
        assert adult.take(chain.next(*lines, guardian=True)) == 0, lines


def test_a_rider_under_age_is_protected_alike() -> None:
    """The mark before the key says so; the key is the guardian's. The owner is none, and stays one."""
    device, chain, rider = Device(), Chain(), Rider()
    assert device.take(chain.next(line(p.PHOTO), lend=b"\x01" + rider.key)) == 0
    rider.head = chain.head
    assert device.take(rider.next(coarse())) == errors.OUT_OF_RANGE
    rider.seq, rider.head = 0, chain.head
    for lines, guardian, code in (
        ([coarse(0)], True, errors.OUT_OF_RANGE),
        ([line(p.PHOTO)], True, errors.OUT_OF_RANGE),
        ([coarse(1)], False, errors.OUT_OF_RANGE),
        ([coarse(1)], True, 0),
    ):
        claim = rider.claims(*lines)
        claim[-65544] = guardian
        assert device.take(rider.sign(claim)) == code, (lines, guardian)
    assert device.live() == PLACE
    assert device.take(chain.next(line(p.PHOTO))) == 0, "for afterwards: the owner is of age"
    assert device.live() & PHOTO == 0


def test_a_device_is_a_minors_by_its_enrolment_and_stays_it_over_a_restart() -> None:
    """A secret that the guardian's enrolment writes."""
    secrets = bench.enrolled()
    secrets["minor"] = b"\1"
    made = Bench(secrets=secrets)
    made.online()
    assert made.record(made.chain.next(line(p.PHOTO))) == errors.OUT_OF_RANGE
    made.chain = Chain()
    assert made.record(made.chain.next(line(p.STATUS), coarse(), guardian=True)) == 0
    assert made.live() & ~1 == STATUS | PLACE
    made.boot()
    assert made.core.grants.minor
    assert made.core.grants.get(p.LOCATION_REPORT, g.STATE) == g.GIVEN


def test_without_a_guardians_key_nothing_personal_is_there() -> None:
    """No key, nobody's device."""
    secrets = bench.enrolled()
    secrets["minor"] = b"\1"
    del secrets["owner_key"]
    made = Bench(secrets=secrets)
    made.tick()
    assert not made.core.grants.bound
    assert made.live() == 0


def test_enrolled_anew_for_a_minor_nothing_of_before_is_granted() -> None:
    """Turning it on ends the account first: an adult's grants never become a child's."""
    made = Bench()
    made.grant(line(p.PHOTO), line(p.LOCATION_REPORT))
    assert orders.order(made, o.WHOLE) == 0
    made.run(60 * SECOND)
    secrets = bench.enrolled()
    secrets.update(made.hub.secrets)
    assert secrets["epoch"] == bytes((0, 0, 0, EPOCH + 1))
    secrets["minor"] = b"\1"
    made.boot(secrets)
    made.core.calendar.learn(START, made.now)
    assert made.core.grants.bound
    assert made.live() == 1
    assert made.core.grants.get(p.PHOTO, g.STATE) == g.UNKNOWN
