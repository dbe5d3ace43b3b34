"""The whole agent, tick by tick: who is heard, what that changes, and what leaves in the same tick."""

# heap: 400k - the test keeps everything the device said

from agent.base import errors
from agent.base import journal as j
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import board, remote
from tests.portable.bench import MINUTE, SECOND, Bench, enrolled, fix
from tests.portable.signed import START, line, no, request

WRAP = 1 << 30


def test_a_device_of_nobody_says_nothing() -> None:
    """Before binding there is no radio, no sensor, and a press is no reason to fail."""
    for missing in ("device_id", "pairing_key", "owner_key"):
        secrets = enrolled()
        del secrets[missing]
        bench = Bench(secrets=secrets)
        for press in (1, 2):
            bench.give(remote.BUTTON, bytes((0, press)))
            bench.tick(SECOND)
        bench.give(remote.GNSS, fix(1))
        bench.run(MINUTE)
        assert bench.said == []
        codes: "list[int]" = []
        bench.core.record(b"", 0, 0, codes.append)
        assert codes == [errors.NOT_GRANTED]
        assert bench.core.request(b"", 0, 0) == errors.NOT_GRANTED


def test_nonsense_for_an_owners_key_keeps_nobody_out() -> None:
    """A device that cannot start has no console left to mend it by."""
    secrets = enrolled()
    secrets["owner_key"] = b"\xff" * 40
    bench = Bench(secrets=secrets)
    bench.run(MINUTE)
    assert not bench.core.grants.bound


def test_a_bound_device_without_consent_says_hello_and_what_is_withheld() -> None:
    """Control alone: a nameless connection, no sensor, no advert."""
    bench = Bench()
    bench.online()
    bench.give(remote.GNSS, fix(1))
    bench.run(10 * MINUTE)
    assert bench.names() == ["hello", "withheld"]
    withheld = bench.published()[1].facts[2]
    assert withheld == [[k, p.NEVER_ASKED, 0] for k in range(p.COUNT) if p.GRANTABLE >> k & 1]
    assert [port for _, port, _ in bench.said if port not in (remote.LINK, remote.WIFI, remote.SECRETS)] == []


def test_consent_comes_by_every_way_and_means_the_same() -> None:
    """decisions.md: the same bytes by broker, BLE and console."""
    for way in ("broker", "ble", "direct"):
        bench = Bench()
        bench.online()
        record = bench.chain.next(line(p.STATUS))
        if way == "broker":
            topic = bench.core.topic + kinds.RECORD
            bench.give(remote.LINK, b"M" + bytes((len(topic),)) + topic + record)
            bench.settle()
        elif way == "ble":
            bench.give(remote.BUTTON, b"\0\1")
            bench.tick()
            bench.give(remote.BLE, b"C")
            whole = b"\1" + record
            for k in range(0, len(whole), 200):
                last = 0x80 if k + 200 >= len(whole) else 0
                bench.give(remote.BLE, b"W" + bytes((k // 200 | last,)) + whole[k : k + 200])
            bench.settle()
            assert bench.out(remote.BLE)[-1] == b"N\1\0"
        else:
            assert bench.record(record) == 0
        bench.drain()
        assert bench.live() >> p.STATUS & 1, way
        receipt = [m for m in bench.published() if m.name == "receipt"]
        assert [m.facts[6] for m in receipt] == [0], way
        assert receipt[0].facts[2] == 1
        assert receipt[0].facts[3] == bench.chain.head
        assert receipt[0].facts[5] == [p.CONTROL, p.STATUS]


def test_what_is_not_for_us_is_counted_and_dropped() -> None:
    """Another topic, no record, no request: the world's, not ours."""
    bench = Bench()
    bench.online()
    bench.forget()
    for k, topic in enumerate((bench.core.topic + b"in/other", b"d/0/in/record", bench.core.topic + kinds.RECORD)):
        bench.give(remote.LINK, b"M" + bytes((len(topic),)) + topic + b"\xa0")
        bench.tick()
        assert bench.core.refused == k + 1
    assert bench.out(remote.LINK) == [], "no answer: a stranger learns nothing"


def test_an_authentic_refusal_is_answered_with_its_reason() -> None:
    """The phone must learn that a record is missing; a stranger must not learn anything."""
    bench = Bench()
    bench.online()
    bench.forget()
    assert bench.record(bench.chain.ahead(1, line(p.STATUS))) == errors.GAP
    bench.drain()
    assert [m.facts[6] for m in bench.published()] == [errors.GAP]
    assert bench.record(b"\xd1\x84") != 0
    bench.drain()
    assert len(bench.published()) == 1


def test_a_grant_survives_a_restart_and_a_withdrawal_too() -> None:
    """Before the receipt it is in flash; after a restart time is unknown, so nothing lives before it is known again."""
    bench = Bench()
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT))
    bench.grant(no(p.LOCATION_REPORT))
    bench.boot()
    assert bench.live() == 1 << p.CONTROL
    assert bench.core.grants.refusal(p.STATUS, p.OWNER, -1) == p.TIME_UNKNOWN
    bench.core.calendar.learn(START + 5, bench.now)
    bench.tick()
    assert bench.live() == 1 << p.CONTROL | 1 << p.STATUS


def test_a_damaged_store_is_off_says_so_and_stays_as_it_is() -> None:
    """I6, also for a press: a fresh snapshot over it would make the chain's first records good again."""
    bench = Bench()
    record = bench.chain.next(line(p.STATUS))
    assert bench.record(record) == 0
    broken = bytearray(bench.hub.secrets["consent"])
    broken[9] ^= 1
    bench.hub.secrets["consent"] = bytes(broken)
    bench.boot()
    bench.core.calendar.learn(START, bench.now)
    assert bench.record(record) == errors.FORKED
    bench.give(remote.BUTTON, b"\0\2")
    bench.settle()
    assert bench.hub.secrets["consent"] == bytes(broken)
    bench.online()
    assert [m.facts[6] for m in bench.published() if m.name == "receipt"] == [errors.FORKED]
    withheld = [m for m in bench.published() if m.name == "withheld"][-1]
    assert [reason for _, reason, _ in withheld.facts[2]] == [p.DAMAGED] * len(withheld.facts[2])
    bench.boot()
    assert bench.core.grants.damaged


def test_consent_that_flash_does_not_take_is_none() -> None:
    """What cannot be kept would be forgotten at the next start, a withdrawal as well."""
    bench = Bench()
    bench.grant(line(p.PRESENCE))

    def fails(name: str, value: bytes) -> None:
        raise OSError(28)

    bench.hub.put = fails
    assert bench.record(bench.chain.next(line(p.STATUS))) == errors.BUSY
    journal = bench.core.journal
    assert (j.FAULT, j.CONSENT_STORE) in [(journal.entry(k, 1), journal.entry(k, 2)) for k in range(journal.count)]
    assert bench.live() == 1 << p.CONTROL
    bench.online()
    assert [m.facts[6] for m in bench.published() if m.name == "receipt"][-1] == errors.BUSY


def test_the_button_withdraws_everything_in_its_tick() -> None:
    """Policy: withdrawing takes no more than granting, and works without phone or network."""
    bench = Bench()
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT), line(p.WAKE_ABNORMAL))
    bench.give(remote.GNSS, fix(1))
    bench.tick()
    bench.tick(SECOND)
    assert bench.core.receiver.on
    bench.forget()
    bench.give(remote.BUTTON, b"\0\2")
    bench.give(remote.GNSS, fix(30))
    said = bench.tick(SECOND)
    assert bench.live() == 1 << p.CONTROL
    assert (remote.POWER, b"P\0") in said
    assert (remote.POWER, b"Z") in said
    assert bench.waiting(kinds.LOCATION) == bench.waiting(kinds.STATUS) == 0
    bench.run(MINUTE)
    bench.online()
    assert not {"location", "status"} & set(bench.names())


def test_a_press_before_any_time_is_known_counts_from_the_start() -> None:
    """Nobody was asked yet, and the answer is no already."""
    bench = Bench()
    bench.give(remote.BUTTON, b"\0\2")
    bench.online()
    told = [m.facts[2] for m in bench.published() if m.name == "withheld"][-1]
    assert told == [[k, p.WITHDRAWN, 0] for k in range(p.COUNT) if p.GRANTABLE >> k & 1]


def test_a_receiver_that_was_off_forgets_all_the_same() -> None:
    """Its memory holds the last place of a theft long after the alarm, until consent to alarms ends."""
    bench = Bench()
    bench.grant(line(p.LOCATION_ALARM))
    assert not bench.core.receiver.on
    bench.forget()
    bench.grant(no(p.LOCATION_ALARM))
    assert b"Z" in bench.out(remote.POWER)


def test_a_narrower_grant_erases_what_was_collected_under_the_wider() -> None:
    """I9: district means district, also for the precise positions that wait for a network."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    for k in range(4):
        bench.give(remote.GNSS, fix(60 * k, lat=f"311{k}.3456"))
        bench.tick(MINUTE)
        bench.tick(SECOND)
    assert bench.waiting(kinds.LOCATION) >= 3
    bench.grant(line(p.LOCATION_REPORT, g.RENEWED, precision=2))
    assert bench.waiting(kinds.LOCATION) == 0
    assert bench.core.receiver.on, "and goes on at the new precision"
    bench.give(remote.GNSS, fix(600))
    bench.tick(SECOND)
    bench.tick(SECOND)
    bench.online()
    assert [m.facts[5] for m in bench.published() if m.name == "location"] == [2]


def test_a_grant_towards_somebody_else_ends_the_owners() -> None:
    """A recipient that is no longer named gets nothing, and the sensor has no reason left."""
    bench = Bench()
    bench.grant(line(p.LOCATION_REPORT))
    bench.give(remote.GNSS, fix(1))
    bench.tick(SECOND)
    bench.tick(SECOND)
    assert bench.waiting(kinds.LOCATION) == 1
    bench.grant(line(p.LOCATION_REPORT, recipients=1 << p.SERVICE))
    assert bench.waiting(kinds.LOCATION) == 0
    assert not bench.core.receiver.on


def test_the_owner_is_told_of_every_change() -> None:
    """`withheld` follows a record, a press, and an end that nobody sent."""
    bench = Bench()
    bench.online()
    bench.forget()
    bench.grant(line(p.STATUS))
    bench.drain()
    assert [k for k, _, _ in [m for m in bench.published() if m.name == "withheld"][-1].facts[2]] == [
        k for k in range(p.COUNT) if p.GRANTABLE >> k & 1 and k != p.STATUS
    ]
    bench.forget()
    for _ in range(25):
        bench.tick(60 * MINUTE)
        bench.drain()
    told = [m for m in bench.published() if m.name == "withheld"]
    assert [p.STATUS, p.EXPIRED, START] in told[-1].facts[2]


def test_requests_do_what_they_say_once() -> None:
    """Arm, disarm, acknowledge and photo, each with its result; a replay does nothing."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    assert bench.ask(r.ACKNOWLEDGE, 1) == errors.REPLAYED, "nothing is raised"
    assert bench.ask(r.PHOTO) == errors.NOT_GRANTED
    assert bench.ask(r.ARM) == 0
    assert bench.core.guard is not None
    assert bench.ask(r.ARM) == 0
    assert bench.ask(r.DISARM) == 0
    assert bench.core.guard is None
    assert bench.ask(r.DISARM) == 0
    bench.asked = 0
    assert bench.ask(r.ARM) == errors.REPLAYED
    assert bench.core.guard is None
    bench.online()
    assert [(m.facts[2], m.facts[3]) for m in bench.published() if m.name == "result"] == [
        (3, 0),
        (4, 0),
        (5, 0),
        (6, 0),
    ], "a result is kept for the last four, and a replay has none"


def test_a_request_of_an_earlier_boot_is_refused() -> None:
    """Its nonce is dead: whoever recorded `disarm` yesterday has nothing."""
    bench = Bench()
    old = request(r.ARM, 99, 0, bench.core.nonce)
    bench.core.nonce = bytes(8)  # as another start would have drawn it
    assert bench.core.request(old, len(old), bench.now) == errors.BAD_MAC
    assert bench.core.guard is None


def test_a_board_without_parts_runs() -> None:
    """Each optional port may be missing; what needs it says so."""
    bench = Bench(parts=0)
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT), line(p.PHOTO))
    assert bench.live() == 1 << p.CONTROL | 1 << p.STATUS
    assert bench.core.grants.refusal(p.PHOTO, p.OWNER, START) == p.NO_PART
    assert bench.ask(r.PHOTO) == errors.NOT_GRANTED
    bench.give(remote.BUTTON, b"\0\1")
    bench.online()
    assert bench.ask(r.ARM) == 0
    assert board.GNSS & bench.parts == 0


def test_the_journal_tells_what_the_owner_did() -> None:
    """Codes and numbers of records and requests: a rig can follow, a stranger learns no name."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.record(b"\xa0")
    bench.grant(no(p.STATUS))
    bench.ask(r.ARM)
    bench.core.request(b"\xa0", 1, bench.now)
    journal = bench.core.journal
    rows = [(journal.entry(k, 1), journal.entry(k, 2)) for k in range(journal.count)]
    wanted = (j.RECORD_APPLIED, j.RECORD_REFUSED, j.WITHDRAWN, j.REQUEST_DONE, j.REQUEST_REFUSED)
    assert [row for row in rows if row[0] in wanted] == [
        (j.RECORD_APPLIED, 1),
        (j.RECORD_REFUSED, errors.WRONG_TYPE),
        (j.WITHDRAWN, 1 << p.STATUS),
        (j.RECORD_APPLIED, 2),
        (j.REQUEST_DONE, r.ARM),
        (j.REQUEST_REFUSED, errors.WRONG_TYPE),
    ]
