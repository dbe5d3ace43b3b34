"""What holds while a signature is checked, and what no signature can undo: haste, a press, flash that refuses, permissions."""

# heap: 400k - the test keeps everything the device said

from agent.base import errors
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from simulator import remote
from tests.portable.bench import SECOND, Bench, enrolled
from tests.portable.signed import HEAD0, START, claims, hasten, line, no, sign

STATUS = 1 << p.STATUS


def offered(bench: Bench, record: bytes) -> "list[int]":
    """Delivers a record and waits for nothing: the code will be in the list."""
    codes: "list[int]" = []
    bench.core.record(record, len(record), bench.now, codes.append)
    return codes


def granted() -> Bench:
    bench = Bench()
    bench.grant(line(p.STATUS), line(p.PRESENCE))
    return bench


def test_a_withdrawal_in_haste_counts_before_its_signature_is_checked() -> None:
    """A signature takes most of a second on a board; the sensor must be off in the tick in which the owner said no."""
    bench = granted()
    kept = bench.hub.secrets["consent"]
    codes = offered(bench, bench.chain.next(no(p.STATUS)))
    assert codes == []
    assert not bench.live() & STATUS
    assert bench.hub.secrets["consent"] == kept, "stored once it is signed"
    assert bench.core.deadline(bench.now) == 0
    bench.settle()
    assert codes == [0]
    assert not bench.live() & STATUS
    assert bench.hub.secrets["consent"] != kept


def test_the_pairing_key_alone_switches_nothing_for_good() -> None:
    """It is no consent: what it suspends is back when the signature turns out to be nobody's, and it never grants."""
    bench = granted()
    kept, live = bench.hub.secrets["consent"], bench.live()
    claim = claims(2, bench.chain.head, [no(p.STATUS), line(p.PHOTO)])
    codes = offered(bench, hasten(sign(claim, seed=bytes(32))))
    assert bench.live() == live & ~STATUS
    bench.settle()
    assert codes == [errors.BAD_MAC]
    assert (bench.live(), bench.hub.secrets["consent"], bench.core.grants.seq) == (live, kept, 1)
    assert bench.record(bench.chain.next(line(p.PHOTO))) == 0, "the chain goes on"


def test_a_grant_that_ends_right_after_a_false_withdrawal_ends_as_any_other() -> None:
    """The suspension is over, the second is not: what the grant's end sets off must not be lost between the two."""
    bench = Bench()
    bench.grant(line(p.STATUS), days=1)
    end = START + 86_400
    bench.run(86_000 * SECOND, 1_000 * SECOND)
    bench.tick((end - 1 - bench.core.calendar.seconds) * SECOND)
    assert bench.live() & STATUS
    issued = bench.core.grants.issued
    claim = claims(2, bench.chain.head, [no(p.STATUS)], issued=end - 1)
    assert bench.record(hasten(sign(claim, seed=bytes(32)))) == errors.BAD_MAC
    assert bench.live() & STATUS
    assert bench.core.grants.issued == issued
    bench.tick(SECOND)
    assert not bench.live() & STATUS
    assert bench.core.grants.issued == end, "no record that was held up brings back the time before"


def test_a_bare_record_is_heard_too_but_not_in_haste() -> None:
    """A tool that holds the owner's key alone; nobody can tell it from noise before its signature is checked."""
    bench = granted()
    codes = offered(bench, sign(claims(2, bench.chain.head, [no(p.STATUS)])))
    assert bench.live() & STATUS
    bench.settle()
    assert codes == [0]
    assert not bench.live() & STATUS


def test_one_record_at_a_time_and_a_no_is_never_too_late() -> None:
    """A bounded buffer; the second one's no is suspended although it must come again."""
    bench = granted()
    refused = bench.core.refused
    first = offered(bench, bench.chain.next(line(p.PHOTO)))
    second = bench.chain.next(no(p.STATUS))
    third = offered(bench, second)
    assert third == [errors.BUSY]
    assert bench.core.refused == refused + 1
    assert not bench.live() & STATUS
    bench.settle()
    assert first == [0]
    assert not bench.live() & STATUS, "until it is heard"
    assert bench.record(second) == 0
    assert bench.live() == 1 << p.CONTROL | 1 << p.PRESENCE | 1 << p.PHOTO


def test_what_cannot_be_taken_costs_no_signature() -> None:
    """A broker that repeats old records, early grants or noise burns no battery with it."""
    bench = Bench()
    old = bench.chain.next(line(p.STATUS))
    assert bench.record(old) == 0
    early = hasten(sign(claims(9, HEAD0, [no(p.STATUS)])))
    assert bench.record(early) == errors.GAP
    for record, expected in (
        (old, errors.REPLAYED),
        (bench.chain.ahead(1, line(p.PHOTO)), errors.GAP),
        (early, errors.GAP),
        (old[:-1], errors.TRUNCATED),
    ):
        assert offered(bench, record) == [expected], expected
        assert bench.core.notary.told is None
        bench.settle()


def test_a_grant_signed_before_a_press_and_decided_after_it_is_none() -> None:
    """The hand on the button outranks what was on its way (ADR 5)."""
    bench = granted()
    codes = offered(bench, bench.chain.next(line(p.PHOTO)))
    bench.tick()
    bench.give(remote.BUTTON, b"\0\2")
    bench.settle()
    assert codes == [errors.REPLAYED]
    assert bench.live() == 1 << p.CONTROL
    late = bench.chain
    assert bench.record(late.next(line(p.STATUS))) == errors.FORKED, "signed on a head the press has replaced"
    assert bench.live() == 1 << p.CONTROL
    bench.chain.seq, bench.chain.head = bench.core.grants.seq, bytes(bench.core.grants.head)
    assert bench.record(bench.chain.next(line(p.STATUS))) == 0
    assert bench.live() & STATUS


def test_a_withdrawal_that_flash_refuses_takes_the_old_grants_along() -> None:
    """Off in this boot, and the next one must not find what was granted before; nor may the chain begin anew."""
    bench = granted()
    first = hasten(sign(claims(1, HEAD0, [line(p.STATUS)])))

    def fails(name: str, value: bytes) -> None:
        raise OSError(28)

    bench.hub.put = fails
    assert bench.record(bench.chain.next(no(p.STATUS))) == errors.BUSY
    assert bench.live() == 1 << p.CONTROL
    bench.boot()
    bench.core.calendar.learn(START + 5, bench.now)
    assert bench.live() == 1 << p.CONTROL
    assert bench.core.grants.refusal(p.PRESENCE, p.OWNER, START) == p.DAMAGED
    assert bench.record(first) == errors.FORKED


def test_a_first_start_without_flash_grants_nothing() -> None:
    """There is no key for receipts, and nothing would be remembered."""
    for allowed in (0, 1):
        bench = Bench(secrets={})
        bench.hub.secrets = enrolled()
        left = [allowed]
        put = remote.Hub.put

        def fails(hub: remote.Hub, name: str, value: bytes, left=left, put=put) -> None:
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28)
            put(hub, name, value)

        remote.Hub.put = fails
        try:
            bench.boot()
        finally:
            remote.Hub.put = put
        assert bench.core.grants.damaged, allowed
        assert bench.record(bench.chain.next(line(p.STATUS))) == errors.FORKED


def test_a_record_may_come_at_any_moment_of_a_receipts_making() -> None:
    """Also in the tick in which its signature is ready: the old one gives way, and is not put under another text."""
    for wait in range(0, 80, 3):
        bench = granted()
        for _ in range(4):
            assert bench.record(bench.chain.next(line(p.STATUS))) == 0
        codes = offered(bench, bench.chain.next(line(p.PHOTO)))
        while not codes:
            bench.tick()
        for _ in range(wait):
            bench.tick()
        assert bench.record(bench.chain.next(no(p.STATUS))) == 0, wait
        assert bench.core.notary.paper[:3] == b"\xa6\x02\x07", "the receipt of record 7"


def switched(bench: Bench, switches: int, *lines) -> int:
    """The next record, with this mask of permissions."""
    chain = bench.chain
    claim = claims(chain.seq + 1, chain.head, list(lines))
    claim[-65546] = switches
    code = bench.record(hasten(sign(claim)))
    chain.seq, chain.head = bench.core.grants.seq, bytes(bench.core.grants.head)
    return code


def test_a_permission_that_is_off_masks_what_needs_it() -> None:
    """Policy 1.5: at once, by its own reason, and only what needs it; unsent data goes."""
    needs = (
        (t.LOCATION, 1 << p.LOCATION_REPORT | 1 << p.LOCATION_ALARM),
        (t.CAMERA, 1 << p.PHOTO),
        (t.NOTIFICATIONS, 1 << p.WAKE_ABNORMAL),
        (t.BLUETOOTH, 0),
        (t.WLAN, 0),
        (t.STORAGE, 0),
        (t.MICROPHONE, 0),
    )
    every = [line(k) for k in range(p.COUNT) if p.GRANTABLE >> k & 1]
    for switch, masked in needs:
        bench = Bench()
        assert switched(bench, g.SWITCHES & ~switch, *every) == 0
        assert bench.live() == (p.GRANTABLE | 1) & ~masked, switch
        for k in range(p.COUNT):
            if masked >> k & 1:
                assert bench.core.grants.refusal(k, p.OWNER, START) == p.SWITCHED_OFF
        bench.boot()
        assert bench.core.grants.switches == g.SWITCHES & ~switch, "kept"
        assert switched(bench, g.SWITCHES, line(p.STATUS)) == 0
        assert bench.live() == p.GRANTABLE | 1


def test_a_request_turns_permissions_off_and_none_on() -> None:
    """Fast and unsigned by the owner's key, so it may only narrow (I9)."""
    bench = Bench()
    bench.grant(line(p.STATUS), line(p.WAKE_ABNORMAL))
    bench.ask(r.ARM)
    assert bench.waiting(kinds.STATUS)
    assert bench.ask(r.SWITCHES, g.SWITCHES & ~t.NOTIFICATIONS) == 0
    assert bench.core.grants.switches == g.SWITCHES & ~t.NOTIFICATIONS
    assert not bench.live() >> p.WAKE_ABNORMAL & 1
    assert bench.live() & STATUS
    bench.settle()
    assert bench.ask(r.SWITCHES, g.SWITCHES) == 0
    bench.settle()
    assert bench.core.grants.switches == g.SWITCHES & ~t.NOTIFICATIONS
    assert bench.ask(r.SWITCHES, g.SWITCHES + 1) == errors.OUT_OF_RANGE


def test_without_bluetooth_no_advert_is_on_the_air() -> None:
    """The radio of a disabled permission does not transmit; the one that is on the air ends in its tick."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.give(remote.BUTTON, b"\0\1")
    bench.tick(SECOND)
    assert bench.core.gate.advertising == p.CONTROL
    bench.forget()
    assert switched(bench, g.SWITCHES & ~t.BLUETOOTH, line(p.STATUS)) == 0
    assert b"S" in bench.out(remote.BLE)
    bench.forget()
    bench.run(30 * SECOND)
    assert [data for data in bench.out(remote.BLE) if data[:1] == b"A"] == []


def test_a_receipt_is_there_within_a_second() -> None:
    """A slice a tick, a tick a millisecond at most: the check and the device's own signature together."""
    bench = granted()
    bench.online()
    bench.forget()
    offered(bench, bench.chain.next(no(p.STATUS)))
    ticks = 0
    while "receipt" not in bench.names():
        bench.tick(1)
        bench.acknowledge()
        ticks += 1
    assert ticks < 500


def test_without_memory_for_a_signature_the_record_is_answered_and_may_come_again() -> None:
    """Silence would leave the phone waiting, and every later record behind one that nobody decides."""
    bench = Bench(secrets=enrolled())
    bench.online()
    record = bench.chain.next(line(p.STATUS))
    load = bench.core.load_curve

    def full(curve: int):
        raise MemoryError

    bench.core.load_curve = full
    codes = []
    bench.core.record(record, len(record), bench.now, codes.append)
    try:
        bench.tick()
    except MemoryError:
        codes.append(-1)  # the supervisor hears of it, too
    assert codes == [errors.BUSY, -1]
    bench.core.load_curve = load
    assert bench.record(record) == 0
    assert bench.core.gate.allows(p.STATUS)
