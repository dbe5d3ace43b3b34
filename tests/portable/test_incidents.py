"""Incidents: what the owner is told of damage, bursts of refusals and faults, signed by the device, and how seldom."""

# heap: 320k - the file makes several devices

from agent.base import journal as j
from agent.diagnostics import incidents as w
from agent.diagnostics.watch import LIMIT
from agent.link import kinds
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench, enrolled
from tests.portable.signed import START, line

HOUR = 3_600_000
DAY = 24 * HOUR
JUNK = b"\xd2\x84not a record"


def told(bench: Bench) -> "list[tuple[object, object]]":
    """(code, count) of every incident published so far, in order."""
    return [(m.facts[2], m.facts[3]) for m in bench.published() if m.name == "incident"]


def online() -> Bench:
    bench = Bench()
    bench.online()
    bench.grant(line(p.STATUS))
    bench.drain()
    bench.run(2 * MINUTE)
    return bench


def refuse(bench: Bench, count: int) -> None:
    """So many records that are none, in one moment."""
    for _ in range(count):
        assert bench.record(JUNK)


def keep(bench: Bench) -> None:
    """Forgets all that was said but incidents: a day of everything has no place in a small heap."""
    bench.said = [row for row in bench.said if row[1] == remote.LINK and b"/incident" in row[2][:40]]


def listen(bench: Bench, ms: int = 5 * SECOND) -> None:
    """Time passes until everything that waits was signed and taken."""
    bench.run(ms)
    bench.settle()
    bench.drain()


def test_a_burst_of_refused_records_is_told_and_one_less_is_not() -> None:
    """Somebody tries keys at the broker: the owner must hear of it, and not of every lost packet."""
    bench = online()
    refuse(bench, LIMIT - 1)
    listen(bench, 2 * MINUTE)
    assert told(bench) == []
    refuse(bench, 40)
    listen(bench)
    assert told(bench) == [(w.PEERS, 40)]
    facts = next(m.facts for m in bench.published() if m.name == "incident")
    assert (facts[5], facts[6]) == (3, 3)
    assert START <= facts[4] <= bench.core.calendar.seconds


def test_refusals_that_are_spread_over_time_are_none() -> None:
    """A bad radio refuses something every few minutes for years."""
    bench = online()
    for _ in range(3 * LIMIT):
        refuse(bench, 1)
        bench.run(10 * SECOND)
    listen(bench)
    assert told(bench) == []


def test_a_damaged_store_is_told_once_and_signed() -> None:
    """Flash that lies about consent is the worst there is: nobody else would tell."""
    bench = online()
    kept = bench.hub.secrets["consent"]
    bench.hub.secrets["consent"] = kept[:-1] + bytes((kept[-1] ^ 1,))
    bench.forget()
    bench.boot()
    bench.online()
    listen(bench, 3 * HOUR)
    assert told(bench) == [(w.CONSENT, 1)]


def test_a_burst_of_refused_egress_is_told() -> None:
    """A machine that tries what the gate refuses is broken or turned."""
    bench = online()
    for _ in range(LIMIT):
        bench.core.gate.beacon(p.WAKE_ABNORMAL, b"", b"", 100)  # never granted
    listen(bench)
    assert told(bench) == [(w.EGRESS, LIMIT)]


def test_a_grave_fault_is_told_and_a_slight_one_is_not() -> None:
    """Want of memory is handled by design; an exception nobody foresaw is not."""
    bench = online()
    bench.core.journal.note(bench.now, j.FAULT, j.MEMORY, 1)
    listen(bench)
    assert told(bench) == []
    bench.core.journal.note(bench.now, j.FAULT, j.EXCEPTION, 1)
    listen(bench)
    assert told(bench) == [(w.FAULTS, 1)]


def test_nobody_can_make_the_device_sign_for_ever() -> None:
    """A stranger at the broker chooses how much is refused, but not how often the device signs."""
    bench = online()
    for _ in range(24):
        refuse(bench, 20)
        bench.run(30 * MINUTE, every=10 * SECOND)
        keep(bench)
    assert len(told(bench)) == w.DAILY, told(bench)
    for _ in range(48):
        refuse(bench, 20)
        bench.run(30 * MINUTE, every=10 * SECOND)
        keep(bench)
    assert w.DAILY < len(told(bench)) <= 3 * w.DAILY
    times = [at for at, _, _ in bench.said]
    for k in range(1, len(times)):
        assert times[k] - times[k - 1] >= w.PAUSE_MS, times


def test_what_happens_in_the_pause_is_counted_into_the_next() -> None:
    """The budget holds back messages, not the truth."""
    bench = online()
    refuse(bench, 20)
    listen(bench)
    refuse(bench, 300)
    listen(bench)
    assert told(bench) == [(w.PEERS, 20)]
    bench.run(HOUR, every=10 * SECOND)
    listen(bench)
    assert told(bench) == [(w.PEERS, 20), (w.PEERS, 300)]


def test_a_record_of_the_owner_goes_first_and_the_incident_after_it() -> None:
    """A withdrawal takes effect within a second, whatever is being signed."""
    bench = online()
    refuse(bench, 20)
    bench.tick(SECOND)
    assert bench.core.notary.busy()
    bench.grant(line(p.STATUS))
    listen(bench, MINUTE)
    assert told(bench) == [(w.PEERS, 20)]


def test_nothing_is_lost_while_there_is_no_network_or_no_room() -> None:
    """An attack on the broker and its outage come together."""
    bench = online()
    bench.give(remote.LINK, b"D\x01")
    bench.tick()
    for _ in range(bench.core.profile.slots):
        bench.core.outbox.put(bench.core.outbox.draft(kinds.RESULT, bench.now))
        bench.core.outbox.put(bench.core.outbox.draft(kinds.STATUS, bench.now))
        bench.core.outbox.put(bench.core.outbox.draft(kinds.WAKE, bench.now))
        bench.core.outbox.put(bench.core.outbox.draft(kinds.LOCATION, bench.now))
    refuse(bench, 20)
    listen(bench, MINUTE)
    assert told(bench) == []
    bench.connect()
    listen(bench)
    assert told(bench) == [(w.PEERS, 20)]


def test_two_incidents_at_once_wait_for_one_another() -> None:
    """The second must not take the place of the first, which the broker may not have yet."""
    bench = online()
    bench.give(remote.LINK, b"D\x01")
    bench.tick()
    bench.core.journal.note(bench.now, j.FAULT, j.EXCEPTION, 1)
    refuse(bench, 20)
    listen(bench, MINUTE)
    bench.connect()
    listen(bench, MINUTE)
    assert told(bench) == [(w.PEERS, 20), (w.FAULTS, 1)]


def test_a_device_of_nobody_signs_nothing() -> None:
    """There is nobody to tell, and no key to sign with."""
    secrets = enrolled()
    del secrets["pairing_key"]
    bench = Bench(secrets=secrets)
    for _ in range(100):
        bench.core.record(JUNK, len(JUNK), bench.now)
    bench.core.refused += 100
    bench.run(MINUTE)
    assert not bench.core.notary.busy()
    assert bench.core.watch.signed == b""
