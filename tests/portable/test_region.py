"""The region lock (policy 3, 6): where data stays is fixed when the device is bound, and a broker of any other region hears nothing."""

# heap: 352k - the test keeps everything the device said

from agent.base import errors
from agent.base import journal as j
from agent.link import console as c
from agent.link.dial import Options
from agent.privacy import cells as k
from agent.privacy import purposes as p
from simulator import board, flash, nor, remote
from tests.portable.bench import ALL, MINUTE, SECOND, Bench, enrolled, fix
from tests.portable.ledgers import Device
from tests.portable.signed import START, Text, claims, hasten, line, no, sign

HOST = b"mqtts://broker.invalid"
HERE = HOST + b"#CN"
CANARY = b"canary: whoever reads this"
DEVICES = (b"CN", b"EU", b"cn", b"")
BROKERS = (b"#CN", b"#EU", b"#", b"", b"#CN-31", b"#C")


def told(region: bytes, broker: bytes) -> "dict[str, bytes]":
    """Secrets of a bound device; a region of b"" is one that nobody named."""
    secrets = enrolled()
    secrets["broker"] = broker
    if region:
        secrets["region"] = region
    return secrets


def mode(bench: Bench) -> int:
    """The purpose under which the device called its broker, -1 when it did not."""
    said = [data for data in bench.out(remote.LINK) if data[:1] == b"O"]
    if not said:
        return -1
    return p.CONTROL if b"/online" not in said[-1] else p.PRESENCE


def refused(bench: Bench) -> "list[list[int]]":
    """[purpose, reason, way, count] of what the egress ledger's open line holds back."""
    cells = bench.core.gate.cells
    rows = [list(cells.rows[row * k.WIDTH : (row + 1) * k.WIDTH]) for row in range(cells.used)]
    return [[row[column] for column in (k.PURPOSE, k.REASON, k.ITEMS, k.COUNT)] for row in rows if row[k.REASON]]


def test_a_broker_is_called_in_the_devices_own_region_and_in_no_other() -> None:
    """Every pair of what the two were told, for the nameless connection and the named one: equal or nothing."""
    for region in DEVICES:
        for broker in BROKERS:
            for purpose in (p.CONTROL, p.PRESENCE):
                bench = Bench(secrets=told(region, HOST + broker))
                if purpose == p.PRESENCE:
                    bench.chain.place = region
                    bench.grant(line(p.PRESENCE))
                bench.network()
                same = broker[1:] == region
                assert mode(bench) == (purpose if same else -1), (region, broker, purpose)
                assert bench.core.gate.foreign() is not same
                assert bench.core.gate.held[purpose] == (0 if same else 1), (region, broker, purpose)


def test_nothing_at_all_reaches_a_foreign_broker_in_a_day() -> None:
    """With everything granted, a ride, an alarm's photo and presence: not a byte, not a name, not a will."""
    secrets = told(b"CN", b"mqtts://" + CANARY + b"@broker.invalid#EU")
    bench = Bench(secrets=secrets)
    bench.grant(line(p.PRESENCE), line(p.STATUS), line(p.LOCATION_REPORT), line(p.PHOTO), days=2)
    bench.network()
    for hour in range(24):
        bench.give(remote.GNSS, fix(hour * 3_600 % 30_000))
        bench.run(60 * MINUTE, every=MINUTE)
    assert bench.out(remote.LINK) == []
    assert bench.core.outbox.waiting, "it had something to say"
    assert not [data for _, _, data in bench.said if CANARY in data]


def test_a_foreign_broker_is_not_asked_for_in_a_hurry() -> None:
    """Refused in every tick it would fill ledger and battery: from a second to five minutes apart, like any failure."""
    bench = Bench(secrets=told(b"CN", HOST + b"#EU"))
    bench.network()
    tries = []
    for _ in range(36_000):
        before = bench.core.gate.held[p.CONTROL]
        bench.tick(100)
        if bench.core.gate.held[p.CONTROL] != before:
            tries.append(bench.now)
    assert 8 <= len(tries) <= 80, len(tries)
    assert bench.core.uplink.deadline(bench.now) > bench.now
    apart = [after - before for before, after in zip(tries, tries[1:])]
    assert min(apart) >= 100
    assert max(apart) <= 301 * SECOND


def test_a_refused_call_is_in_the_egress_ledger_and_once_in_the_journal() -> None:
    """I5: every refusal is counted with its reason, and a rig learns in one line why the device is silent."""
    bench = Bench(secrets=told(b"CN", HOST + b"#EU"), chip=flash.Chip(nor.REGIONS))
    bench.grant(line(p.PRESENCE))
    bench.network()
    assert refused(bench) == [[p.PRESENCE, p.OTHER_REGION, k.CONNECT, 1]]
    bench.run(10 * MINUTE)
    assert bench.core.gate.held[p.PRESENCE] > 3
    journal = bench.core.journal
    codes = [journal.entry(row, 1) for row in range(journal.count)]
    assert codes.count(j.FOREIGN) == 1
    assert j.LINK_UP not in codes


def test_why_nothing_may_leave_comes_before_where_to() -> None:
    """A purpose that nobody granted is no question of region: the reasons in the ledger stay what they are."""
    bench = Bench(secrets=told(b"CN", HOST + b"#EU"), chip=flash.Chip(nor.REGIONS))
    for purpose in (p.PRESENCE, p.CONTROL):
        assert not bench.core.gate.connect(purpose, Options(b""))
    assert refused(bench) == [
        [p.PRESENCE, p.NEVER_ASKED, k.CONNECT, 1],
        [p.CONTROL, p.OTHER_REGION, k.CONNECT, 1],
    ]


def test_what_needs_no_broker_goes_on() -> None:
    """Region or not, the owner beside the device is heard, and may take everything back."""
    bench = Bench(secrets=told(b"CN", HOST + b"#EU"))
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT))
    bench.network()
    assert bench.live() >> p.LOCATION_REPORT & 1
    bench.grant(no(p.LOCATION_REPORT))
    assert not bench.live() >> p.LOCATION_REPORT & 1
    bench.give(remote.BUTTON, b"\x00\x01")
    bench.tick()
    assert [data for data in bench.out(remote.BLE) if data[:1] == b"A"]


def test_a_record_of_another_region_is_refused_and_changes_nothing() -> None:
    """Its owner was asked about data in another place: that is no answer for this one."""
    for region, place, code in (
        (b"CN", b"CN", 0),
        (b"CN", b"", 0),
        (b"CN", b"EU", errors.OTHER_REGION),
        (b"CN", b"cn", errors.OTHER_REGION),
        (b"CN", b"CN-31", errors.OTHER_REGION),
        (b"", b"EU", 0),
    ):
        device = Device()
        device.grants.region = region
        before = device.state()
        claim = claims(1, bytes(16), [line(p.STATUS)], START, 1)
        claim[-65542] = Text(place)
        assert device.take(hasten(sign(claim))) == code, (region, place)
        assert (device.state() == before) is (code != 0), (region, place)
        assert device.answered


def test_a_signed_no_counts_whatever_region_it_names() -> None:
    """A withdrawal narrows: no region is a reason not to hear it."""
    device = Device()
    device.grants.region = b"CN"
    claim = claims(1, bytes(16), [no(p.STATUS), line(p.PHOTO)], START, 1)
    claim[-65542] = Text(b"EU")
    assert device.take(hasten(sign(claim))) == errors.OTHER_REGION
    assert device.ended == 1 << p.STATUS
    assert not device.live()


def test_the_whole_agent_refuses_a_record_of_another_region() -> None:
    """The region of the secrets is the one that records are held against, and flash stays as it was."""
    bench = Bench(secrets=told(b"EU", HOST + b"#EU"))
    kept = dict(bench.hub.secrets)
    assert bench.record(bench.chain.next(line(p.STATUS))) == errors.OTHER_REGION
    assert bench.hub.secrets == kept
    assert not bench.live() >> p.STATUS & 1


def test_nobody_moves_a_bound_device_to_another_region() -> None:
    """It is fixed with the owner and goes with the owner (policy 5.5): not by a rig, not by a record, not by a restart."""
    bench = Bench(parts=ALL | board.CONSOLE, secrets=told(b"CN", HERE))
    rig = c.Console(bench.core, bench.ports.console)
    for value in (b"region\x00EU", b"broker\x00" + HOST + b"#EU", b"region\x00"):
        assert rig._enrol(value) == errors.NOT_GRANTED
    bench.boot()
    assert bench.core.grants.region == b"CN"
    bench.core.grants.bound = False
    rig = c.Console(bench.core, bench.ports.console)
    assert rig._enrol(b"region\x00" + b"A" * 9) == errors.OUT_OF_RANGE
    assert rig._enrol(b"region\x00" + b"A" * 8) == 0
