"""How an order waits for its answer to be taken, and what a device does that cannot certify."""

# heap: 320k - the test keeps everything the device said

import hashlib

from agent.base import errors
from agent.privacy import erasure as e
from agent.privacy import purposes as p
from agent.privacy.rights import CERTIFICATE, HOLDINGS
from tests.portable import orders as o
from tests.portable.bench import SECOND
from tests.portable.signed import KID, START, Pairs, encode, header, structure


def test_the_broker_is_told_to_forget_also_on_the_connection_that_stands() -> None:
    """After a restart nobody knows whether `online` lies there: no new connection comes to clear it."""
    bench = o.granted(p.PRESENCE)
    bench.boot()
    bench.online()
    assert bench.core.uplink.mode == p.CONTROL, "time is not known, so presence is not live"
    bench.forget()
    assert o.order(bench, o.WHOLE) == 0
    assert bench.core.uplink.up
    bench.drain()
    bench.tick()
    assert bench.core.deadline(bench.now) == 0, "the certificate is being signed"
    o.signed_by_then(bench)
    assert bench.core.rights.piece(0) != (0, 0), "nothing is left to wait for"
    assert o.certificate(bench)[8] == 0
    cleared = [message for message in bench.published() if message.name == "online" and not message.payload]
    assert [message.retain for message in cleared] == [1]


def test_an_unacknowledged_word_to_forget_is_none() -> None:
    """The certificate waits for the broker's answer, and says so when none came: what was only sent may have been lost."""
    bench = o.granted(p.PRESENCE)
    bench.boot()
    bench.online()
    bench.forget()
    assert o.order(bench, o.WHOLE) == 0
    while "online" not in bench.names():
        assert bench.acknowledge()
    rights = bench.core.rights
    for _ in range(13):
        bench.tick(SECOND)
        assert rights.piece(0) == (0, 0), "not made yet"
    bench.tick(2 * SECOND)
    o.signed_by_then(bench)
    size, _ = rights.piece(0)
    buf = bytearray(size)
    rights.copy(0, size, buf, 0)
    assert o.certified(bytes(buf))[8] == e.RETAINED


def test_a_refused_order_waits_for_its_rig_and_no_longer() -> None:
    """The rig asks once more for the reason; a room that stays for a rig that has gone costs a heap its place."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    late = o.sign(o.claims(grants.seq, bytes(grants.head), o.EXPORT))
    assert o.give(bench, late, cable=True) == errors.REPLAYED
    rights = bench.core.rights
    assert rights is not None
    assert rights.refusal == errors.REPLAYED
    bench.tick(14 * SECOND)
    assert bench.core.rights is rights
    bench.tick(2 * SECOND)
    assert bench.core.rights is None


def test_noise_by_cable_leaves_no_room_behind() -> None:
    """The rig has its answer at once; nobody comes back for another."""
    bench = o.granted(p.STATUS)
    assert o.give(bench, b"no order", cable=True) != 0
    bench.tick()
    assert bench.core.rights is None


def test_an_order_of_the_owner_is_answered_also_when_it_is_refused_and_noise_is_not() -> None:
    """The phone must learn that the chain is elsewhere; a signature for noise would only cost the battery."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    bench.run(5 * SECOND)
    claim = o.claims(grants.seq, bytes(grants.head), o.EXPORT)
    for body, code, answered in (
        (o.sign(claim, seed=bytes(32)), errors.BAD_MAC, []),
        (o.sign(claim), errors.REPLAYED, [errors.REPLAYED]),
    ):
        bench.forget()
        assert o.give(bench, body) == code
        bench.run(5 * SECOND)
        assert [message.facts[6] for message in bench.published() if message.name == "receipt"] == answered


def test_an_export_to_a_key_that_is_none_leaves_no_copy() -> None:
    """It was written before it could not be sealed: anybody could have opened it, and it must not stay in memory either."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    body = o.sign(o.claims(grants.seq + 1, bytes(grants.head), o.EXPORT, text=bytes(32)))
    assert bench.core.order(body, len(body), bench.now) == 0
    rights = bench.core.rights
    copies = []
    wrap = bench.core.wrap

    def spy(to, salt: bytes, info: bytes, buf: bytearray, start: int, stop: int) -> int:
        copies.append(buf)
        assert any(buf)
        return wrap(to, salt, info, buf, start, stop)

    bench.core.wrap = spy
    o.signed_by_then(bench)
    assert len(copies) == 1
    assert not any(copies[0])
    assert rights.piece(0) == (0, 0)


def test_an_order_takes_its_place_in_the_chain_and_keeps_its_date() -> None:
    """The next record is signed on what the owner signed last; what was dated before it must not count after a restart."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    claim = o.claims(grants.seq + 1, bytes(grants.head), o.CORRECT, issued=START + 100)
    body = encode(Pairs(*[(key, claim[key]) for key in o.KEYS]))
    assert o.give(bench, o.sign(claim)) == 0
    head = hashlib.sha256(structure(body, o.aad(), header(KID, b"cwt;rights1"))).digest()[:16]
    assert (bytes(grants.head), grants.issued) == (head, START + 100)
    bench.boot()
    grants = bench.core.grants
    assert (bytes(grants.head), grants.issued) == (head, START + 100)


def test_the_device_stays_awake_for_a_signature_and_until_somebody_came() -> None:
    """Asleep it would neither answer nor, in the end, zero the copy."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    body = o.sign(o.claims(grants.seq + 1, bytes(grants.head), o.EXPORT))
    bench.run(5 * SECOND)
    assert bench.core.order(body, len(body), bench.now, True) == 0
    bench.tick(3)
    assert bench.core.deadline(bench.now) == 0
    o.signed_by_then(bench)
    bench.settle()
    assert bench.core.rights.deadline() - bench.now <= 600 * SECOND
    assert 0 < bench.core.deadline(bench.now) <= 600 * SECOND


def test_an_order_tells_the_time() -> None:
    """It is signed by the owner as a record is: after a restart either ends the wait for a clock."""
    bench = o.granted(p.STATUS)
    bench.boot()
    assert bench.core.calendar.seconds < 0
    assert o.order(bench, o.CORRECT, text=b"Blue bike") == 0
    assert bench.core.calendar.seconds == START
    assert bench.live() >> p.STATUS & 1


def test_each_piece_names_its_order_and_what_it_is_part_of() -> None:
    """Two answers in a row must not be put together."""
    bench = o.granted(p.STATUS)
    for what, made in ((o.CORRECT, CERTIFICATE), (o.EXPORT, HOLDINGS)):
        bench.forget()
        assert o.order(bench, what) == 0
        seq = bench.core.grants.seq
        o.answer(bench)
        pieces = [message.facts for message in bench.published() if message.name == "rights"]
        assert {(piece[2], piece[3]) for piece in pieces} == {(seq, made)}


def test_an_answer_for_the_cable_is_not_published() -> None:
    """The owner chose the way; the broker would learn that there was an order, and how much there is."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    bench.forget()
    body = o.sign(o.claims(grants.seq + 1, bytes(grants.head), o.EXPORT))
    assert o.give(bench, body, cable=True) == 0
    bench.run(20 * SECOND)
    assert bench.core.rights.piece(0) != (0, 0)
    assert "rights" not in bench.names()


def test_a_copy_whose_last_piece_is_never_acknowledged_is_zeroed_in_its_time() -> None:
    """A link that hangs must not keep an export alive."""
    bench = o.granted(p.STATUS)
    bench.forget()
    assert o.order(bench, o.EXPORT) == 0
    rights = bench.core.rights
    copy = rights._answer
    while "rights" not in bench.names():
        bench.tick()
        if "rights" not in bench.names():
            bench.acknowledge()
    assert any(copy)
    bench.tick(600 * SECOND)
    assert not any(copy)


def test_a_device_without_a_key_of_its_own_takes_no_order() -> None:
    """What it did could not be certified, so nothing is done."""
    bench = o.granted(p.STATUS)
    del bench.hub.secrets["device_key"]
    assert o.order(bench, o.ERASE, 1 << p.STATUS) == errors.BUSY
    assert bench.live() >> p.STATUS & 1
