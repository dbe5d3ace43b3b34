"""How a record is heard: who is answered, what is kept, what is let go in the same tick, and what costs nothing."""

# heap: 320k - the file makes several devices

from agent.base import errors
from agent.base import journal as j
from agent.crypto.cose import MAX
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy import table as t
from simulator import remote
from tests.portable.bench import SECOND, Bench
from tests.portable.signed import DAY, START, body_of, claims, consent_aad, hasten, header, line, no, sign, signed

STATUS = 1 << p.STATUS
ES256 = -7  # the owner's key is of the other curve


def granted(*purposes: int) -> Bench:
    """With these purposes granted; nobody is connected, so that what waits can be seen."""
    bench = Bench()
    bench.grant(*[line(purpose) for purpose in purposes])
    bench.forget()
    return bench


def receipts(bench: Bench) -> int:
    """How many receipts were begun since the last look."""
    size = bench.core.receipt_size
    bench.core.receipt_size = 0
    return 1 if size else 0


def stores(bench: Bench) -> int:
    """How often consent was written since the last look."""
    said = [data for data in bench.out(remote.SECRETS) if data[:9] == b"P\x07consent"]
    bench.forget()
    return len(said)


def foreign(bench: Bench, *lines, issued: int = START) -> bytes:
    """A record of the pairing key whose header names a curve that the owner's key is not of."""
    claim = claims(bench.chain.seq + 1, bench.chain.head, list(lines), issued)
    return hasten(signed(body_of(claim), consent_aad(), header(alg=ES256)))


class Untouchable:
    def __getitem__(self, key: object) -> int:
        raise ValueError("read")


def test_a_record_past_its_limit_is_refused_before_it_is_copied() -> None:
    """A small heap has room for one of them."""
    bench = granted(p.STATUS)
    codes: "list[int]" = []
    bench.core.record(Untouchable(), MAX + 1, bench.now, codes.append)
    assert codes == [errors.TOO_LONG]
    assert bench.record(bytes(MAX)) != errors.TOO_LONG


def test_only_the_owner_and_the_pairing_are_answered() -> None:
    """Noise gets no receipt: signing one costs the battery most of a second."""
    bench = granted(p.STATUS)
    claim = claims(3, b"\x77" * 16, [no(p.STATUS)])
    receipts(bench)
    for record, code, answered in (
        (sign(claims(2, bench.chain.head, [no(p.STATUS)]), seed=bytes(32)), errors.BAD_MAC, 0),
        (hasten(sign(claims(2, bench.chain.head, [no(p.STATUS)]), seed=bytes(32))), errors.BAD_MAC, 1),
        (sign(claim), errors.GAP, 1),
    ):
        assert bench.record(record) == code
        assert receipts(bench) == answered, code
        assert answered or bench.core.notary.paper == b"", "nothing of it is left in memory"


def test_a_record_of_another_curve_suspends_nothing_and_is_answered_once() -> None:
    """The pairing key's word was taken in haste; when no signature can follow, everything is as it was, at once."""
    bench = granted(p.STATUS)
    before = bench.core.refused
    receipts(bench)
    codes: "list[int]" = []
    record = foreign(bench, no(p.STATUS))
    bench.core.record(record, len(record), bench.now, codes.append)
    assert codes == [errors.OUT_OF_RANGE]
    assert bench.core.notary.told is None, "there is nothing to check"
    assert bench.live() & STATUS
    assert bench.core.refused == before + 1
    bench.settle()
    assert codes == [errors.OUT_OF_RANGE]
    assert receipts(bench) == 1
    bare = signed(body_of(claims(2, bench.chain.head, [no(p.STATUS)])), consent_aad(), header(alg=ES256))
    assert bench.record(bare) == errors.OUT_OF_RANGE
    assert receipts(bench) == 0


def test_a_grant_that_ends_right_after_a_word_of_another_curve_ends_as_any_other() -> None:
    """What was suspended counts as live again in the same tick: its end, a second later, must not be missed."""
    bench = granted(p.STATUS)
    end = START + DAY
    bench.run(86_000 * SECOND, 1_000 * SECOND)
    bench.tick((end - 1 - bench.core.calendar.seconds) * SECOND)
    assert bench.live() & STATUS
    assert bench.record(foreign(bench, no(p.STATUS), issued=end - 1)) == errors.OUT_OF_RANGE
    assert bench.live() & STATUS
    bench.tick(SECOND)
    assert not bench.live() & STATUS
    assert bench.core.grants.issued == end, "no record that was held up brings back the time before"


def test_the_end_of_a_grant_is_kept_over_a_restart() -> None:
    """Else a record from before it, held up until the restart, would count."""
    bench = granted(p.STATUS)
    bench.run(86_400 * SECOND, 1_000 * SECOND)
    assert not bench.live() & STATUS
    issued = bench.core.grants.issued
    assert issued >= START + DAY
    bench.boot()
    assert bench.core.grants.issued == issued


def test_a_no_out_of_its_place_holds_over_a_restart() -> None:
    """It was signed; that another record is missing is no reason to forget it."""
    for haste in (False, True):
        bench = granted(p.STATUS, p.PRESENCE)
        record = sign(claims(3, b"\x77" * 16, [no(p.STATUS)]))
        assert bench.record(hasten(record) if haste else record) == errors.GAP
        assert not bench.live() & STATUS
        bench.boot()
        bench.core.calendar.learn(START + 5, bench.now)
        assert bench.live() == 1 << p.CONTROL | 1 << p.PRESENCE, haste


def test_a_signed_record_that_changes_nothing_is_not_written() -> None:
    """Flash wears out by what anybody can send again."""
    bench = granted(p.STATUS)
    codes: "list[int]" = []
    record = bench.chain.next(line(p.PHOTO))
    bench.core.record(record, len(record), bench.now, codes.append)
    bench.tick()
    bench.give(remote.BUTTON, b"\0\2")
    bench.tick()
    assert stores(bench) == 1
    bench.settle()
    assert codes == [errors.REPLAYED]
    assert stores(bench) == 0


def test_permissions_that_end_are_kept_answered_and_take_what_waits() -> None:
    """A request is enough to say no, so it must do all that a record does."""
    bench = granted(p.WAKE_ABNORMAL, p.STATUS)
    core = bench.core
    core.outbox.put(core.outbox.draft(kinds.WAKE, bench.now))
    receipts(bench)
    stores(bench)
    core.hear().narrow(g.SWITCHES & ~t.NOTIFICATIONS, bench.now)
    assert bench.waiting(kinds.WAKE) == 0, "before anything else happens"
    assert stores(bench) == 1
    bench.settle()
    assert receipts(bench) == 1
    bench.boot()
    assert bench.core.grants.switches == g.SWITCHES & ~t.NOTIFICATIONS


def test_consent_that_flash_refuses_takes_what_waits_along_at_once() -> None:
    """I6: what cannot be kept is none, and then nothing of it may be sent either."""
    bench = granted(p.STATUS)
    core = bench.core
    core.outbox.put(core.outbox.draft(kinds.STATUS, bench.now))
    assert bench.waiting(kinds.STATUS)

    def full(*ignored: object) -> None:
        raise OSError(28)

    bench.hub.put = bench.hub.drop = full
    assert core.hear().keep(bench.now) == errors.BUSY
    assert bench.waiting(kinds.STATUS) == 0
    journal = core.journal
    faults = [journal.entry(k, 3) for k in range(journal.count) if journal.entry(k, 1) == j.FAULT]
    assert faults == [0, 1], "neither written nor taken away"
