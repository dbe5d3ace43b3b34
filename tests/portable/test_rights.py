"""The owner's rights, on every runtime: what an order does, what it leaves, and what its answer says."""

# heap: 352k - the test keeps everything the device said

from agent.base import errors, frame
from agent.base import journal as j
from agent.crypto.mac import Hmac
from agent.link import console as c
from agent.link import kinds
from agent.privacy import erasure as e
from agent.privacy import grants as g
from agent.privacy import order as r
from agent.privacy import purposes as p
from simulator import board, remote
from tests.portable import orders as o
from tests.portable.bench import MINUTE, Bench, fix
from tests.portable.signed import DAY, DEVICE, EPOCH, HEAD0, START, line

PLACE = 1 << p.LOCATION_REPORT
STATUS = 1 << p.STATUS


def test_an_erasure_by_purpose_leaves_nothing_of_it_and_everything_else() -> None:
    """Policy 5.3: the messages, the grant and the counts of the purpose go, another purpose's stay."""
    bench = o.granted(p.LOCATION_REPORT, p.STATUS)
    bench.give(remote.LINK, b"D\x00")
    bench.tick()
    o.kept(bench, kinds.LOCATION)
    o.kept(bench, kinds.STATUS)
    status = bench.waiting(kinds.STATUS)
    bench.core.gate.sent[p.LOCATION_REPORT] = bench.core.gate.held[p.LOCATION_REPORT] = 9
    assert o.order(bench, o.ERASE, PLACE) == 0
    core = bench.core
    assert bench.waiting(kinds.LOCATION) == 0
    assert bench.waiting(kinds.STATUS) == status
    assert not bench.live() & PLACE
    assert bench.live() & STATUS
    assert core.grants.get(p.LOCATION_REPORT, g.STATE) == g.UNKNOWN
    assert core.gate.sent[p.LOCATION_REPORT] == core.gate.held[p.LOCATION_REPORT] == 0
    bench.boot()
    bench.record(bench.chain.next(line(p.PRESENCE)))
    assert not bench.live() & PLACE, "it came back with a restart"
    assert bench.live() & STATUS


def test_the_certificate_says_what_was_asked_and_what_was_done() -> None:
    """The owner's evidence, under a key that only device and owner have."""
    bench = o.granted(p.LOCATION_REPORT)
    bench.give(remote.LINK, b"D\x00")
    bench.tick()
    bench.core.outbox.put(bench.core.outbox.draft(kinds.LOCATION, bench.now))
    bench.forget()
    assert o.order(bench, o.ERASE, PLACE) == 0
    seq = bench.core.grants.seq
    assert o.certificate(bench) == {
        1: 1,
        2: o.REQUEST,
        3: seq,
        4: o.ERASE,
        5: PLACE,
        6: 0,
        7: e.MESSAGES | e.GRANTS | e.RECEIVER | e.COUNTERS,
        8: 0,
        9: 1,
        10: START,
        11: START + 15 * DAY,
        12: EPOCH,
        13: bench.hub.secrets["device_key"][32:],
    }
    assert bench.core.rights is None, "its room left with the last piece"


def test_an_erasure_by_time_keeps_what_is_newer_and_the_consent() -> None:
    """The owner may forget yesterday and go on."""
    bench = o.granted(p.LOCATION_REPORT)
    bench.give(remote.LINK, b"D\x00")
    bench.run(5 * MINUTE)
    o.kept(bench, kinds.LOCATION, 200)
    o.kept(bench, kinds.LOCATION, 101)
    o.kept(bench, kinds.LOCATION, 99)
    bench.core.receiver.reported[2] = bench.now
    assert o.order(bench, o.ERASE, PLACE, bench.core.calendar.seconds - 100) == 0
    assert bench.waiting(kinds.LOCATION) == 1
    assert bench.live() & PLACE
    assert bench.core.receiver.reported[2] == -1
    bench.forget()
    bench.connect()
    assert o.certificate(bench)[9] == 2


def test_an_erasure_by_time_drops_the_link_that_has_an_older_message_in_hand() -> None:
    """A link's client keeps what it has in hand and would send it again after a reconnect."""
    for age_s, gone in ((200, True), (1, False)):
        bench = o.granted(p.LOCATION_REPORT)
        bench.run(5 * MINUTE)
        o.kept(bench, kinds.LOCATION, age_s)
        bench.tick()
        bench.forget()
        assert o.order(bench, o.ERASE, PLACE, bench.core.calendar.seconds - 100) == 0
        assert (b"C\x00" in bench.out(remote.LINK)) is gone, age_s
        if gone:
            assert bench.waiting(kinds.LOCATION) == 0
            assert o.certificate(bench)[8] == e.IN_HAND


def test_an_erasure_clears_the_receivers_own_memory() -> None:
    """Policy 5.3: data erased once never comes back from a chip's battery-backed RAM."""
    bench = o.granted(p.LOCATION_REPORT)
    bench.give(remote.GNSS, fix(1))
    bench.tick(1_200)
    bench.forget()
    assert o.order(bench, o.ERASE, PLACE) == 0
    assert bench.out(remote.POWER) == [b"P\x00", b"Z"]
    assert not any(bench.core.receiver._buf)
    bench.forget()
    assert o.order(bench, o.ERASE, PLACE) == errors.BUSY, "one answer at a time"
    o.answer(bench)
    bench.forget()
    assert o.order(bench, o.ERASE, PLACE) == 0
    assert bench.out(remote.POWER) == [b"Z"], "also when it was off already"


def test_an_order_is_taken_once_and_only_in_its_place() -> None:
    """A broker that repeats, reorders or redirects an erasure must achieve nothing."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    seq, head = grants.seq, bytes(grants.head)
    right = o.claims(seq + 1, head, o.EXPORT)

    def but(**changes):
        changed = dict(right)
        for key, value in changes.items():
            changed[{"seq": -65538, "prev": -65539, "aud": 3, "iss": 1, "iat": 6, "what": -65550}[key]] = value
        return changed

    cases = (
        (o.sign(right, seed=bytes(32)), errors.BAD_MAC),
        (o.sign(right, over=o.aad(b"CONSENT1")), errors.BAD_MAC),
        (o.sign(right, over=o.aad(epoch=EPOCH + 1)), errors.BAD_MAC),
        (o.sign(right, over=o.aad(device=b"another device's")), errors.BAD_MAC),
        (o.sign(right, typ=b"cwt;consent1"), errors.WRONG_DEVICE),
        (o.sign(right, kid=b"stranger"), errors.WRONG_DEVICE),
        (o.sign(but(aud=b"another device's")), errors.WRONG_DEVICE),
        (o.sign(but(iss=b"stranger")), errors.WRONG_DEVICE),
        (o.sign(but(seq=seq)), errors.REPLAYED),
        (o.sign(but(seq=0)), errors.REPLAYED),
        (o.sign(but(seq=seq + 2)), errors.GAP),
        (o.sign(but(prev=b"\x77" * 16)), errors.FORKED),
        (o.sign(but(iat=1_577_836_800 + START + DAY + 1)), errors.UNTIMELY),
        (o.sign(but(iat=1_577_836_799)), errors.OUT_OF_RANGE),
        (o.sign(but(what=[0, 0, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[5, 0, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[o.ERASE, 0, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[o.ERASE, 1, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[o.ERASE, 1 << 24, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[o.EXPORT, 4, 0, b""])), errors.OUT_OF_RANGE),
        (o.sign(but(what=[o.CORRECT, 0, 0, b"n" * (r.MAX_NAME + 1)])), errors.TOO_LONG),
        (o.sign(but(what=[o.EXPORT, 0, 0])), errors.UNKNOWN),
        (o.sign({key: right[key] for key in right if key != 7}), errors.UNKNOWN),
        (bytes(1_025), errors.TOO_LONG),
        (b"", errors.TRUNCATED),
    )
    for body, code in cases:
        before = (grants.seq, bytes(grants.head), bench.live(), dict(bench.hub.secrets))
        assert o.give(bench, body) == code, (code, body)
        assert (grants.seq, bytes(grants.head), bench.live(), dict(bench.hub.secrets)) == before, code
        assert bench.core.rights is None, "the room leaves at once"
    assert bench.core.refused == len(cases)
    assert o.give(bench, o.sign(right)) == 0
    o.answer(bench)
    assert o.give(bench, o.sign(right)) == errors.REPLAYED


def test_an_order_and_a_consent_record_share_one_chain() -> None:
    """Who replays the grant from before an erasure is too late, and the next grant fits behind it."""
    bench = o.granted(p.STATUS)
    early = bench.chain.next(line(p.LOCATION_REPORT))  # signed, held back by somebody
    bench.chain.seq -= 1
    assert o.order(bench, o.ERASE, STATUS) == 0
    o.answer(bench)
    assert bench.record(early) == errors.REPLAYED
    assert bench.live() & (STATUS | PLACE) == 0
    assert bench.record(bench.chain.next(line(p.STATUS))) == 0
    assert bench.live() & STATUS


def test_every_cut_and_every_flipped_byte_of_an_order_is_refused() -> None:
    """Anything may arrive; nothing but the owner's bytes has an effect."""
    bench = o.granted(p.STATUS)
    grants = bench.core.grants
    good = o.sign(o.claims(grants.seq + 1, bytes(grants.head), o.WHOLE))
    for n in range(len(good)):
        assert o.give(bench, good[:n]) != 0, n
    for k in range(0, len(good), 3):
        bad = bytearray(good)
        bad[k] ^= 1 << k % 8
        assert o.give(bench, bytes(bad)) != 0, k
    assert grants.bound
    assert bench.live() & STATUS
    assert o.give(bench, good) == 0


def test_a_name_is_corrected_kept_and_noted() -> None:
    """Policy 5.2: the owner corrects what the device holds, and the change is audited."""
    bench = o.granted(p.STATUS)
    bench.forget()
    assert o.order(bench, o.CORRECT, text=b"n" * r.MAX_NAME) == 0
    assert bench.hub.secrets["name"] == b"n" * r.MAX_NAME
    assert o.certificate(bench)[4] == o.CORRECT
    journal = bench.core.journal
    noted = [(journal.entry(k, 2), journal.entry(k, 3)) for k in range(journal.count) if journal.entry(k, 1) == j.ORDER]
    assert noted == [(o.CORRECT, 0)]
    assert o.order(bench, o.CORRECT) == 0
    assert "name" not in bench.hub.secrets


def test_a_lost_connection_loses_no_piece() -> None:
    """The link's room is one message: what it had in hand goes again, with its number."""
    bench = o.granted(p.STATUS)
    bench.forget()
    assert o.order(bench, o.EXPORT) == 0
    bench.tick()
    bench.acknowledge()
    bench.give(remote.LINK, b"D\x00")
    bench.tick()
    bench.connect()
    bench.drain()
    for _ in range(10):
        bench.tick(1_000)
        bench.drain()
    seen = []
    for message in bench.published():
        if message.name == "rights" and message.facts[4] not in [piece[4] for piece in seen]:
            seen.append(message.facts)
    assert [piece[4] for piece in seen] == list(range(seen[0][5]))
    held = o.opened(b"".join([piece[6] for piece in seen]))
    assert held[2] == o.REQUEST


def frames(data: bytes) -> "list[bytes]":
    found: "list[bytes]" = []
    reader = frame.Deframer(1_024, lambda buf, n: found.append(bytes(buf[:n])))
    reader.feed(data, len(data))
    return found


def test_a_rig_orders_and_takes_the_answer_by_cable() -> None:
    """Policy 5.4: without the maker, without a network."""
    bench = Bench(parts=board.CONSOLE)
    bench.core.ports.secrets.put("console_key", bytes(32))
    said: "list[int]" = []

    def call(body: bytes) -> bytes:
        out = bytearray()
        encoder = frame.Encoder(lambda buf, n: out.extend(buf[:n]))
        encoder.begin()
        encoder.add(body, len(body))
        encoder.end()
        bench.forget()
        bench.give(remote.CONSOLE, bytes(out[:256]))
        if len(out) > 256:
            bench.tick()
            bench.give(remote.CONSOLE, bytes(out[256:]))
        bench.tick()
        answer = frames(b"".join(bench.out(remote.CONSOLE)))[-1]
        said.append(answer[1])
        return answer[2:]

    call(bytes((c.HELLO,)))
    call(bytes((c.ORDER,)))
    assert said[-1] == errors.NOT_GRANTED, "not authenticated"
    nonce = bytes(bench.core.console._nonce)
    call(bytes((c.AUTH,)) + Hmac(bytes(32)).tag(b"rig", nonce)[:16])
    assert said[-1] == 0
    call(bytes((c.PIECE, 0)))
    assert said[-1] == errors.NOT_GRANTED, "nothing was ordered"
    place = call(bytes((c.ORDER,)))
    assert said[-1] == 0
    assert place == b"\x82\x00\x50" + bytes(16), "where the chain ends"
    call(bytes((c.ORDER,)) + o.sign(o.claims(2, HEAD0, o.EXPORT)))
    assert said[-1] == 0, "its signature is being checked"
    call(bytes((c.PIECE, 0)))
    assert said[-1] == errors.BUSY
    o.signed_by_then(bench)
    call(bytes((c.PIECE, 0)))
    assert said[-1] == errors.GAP
    call(bytes((c.ORDER,)) + o.sign(o.claims(1, HEAD0, o.EXPORT)))
    o.signed_by_then(bench)
    whole = b""
    for k in range(20):
        data = call(bytes((c.PIECE, k)))
        if said[-1]:
            break
        reader = o.Reader(data, 0, len(data))
        reader.items(4)
        pieces = reader.uint(255)
        whole += reader.blob(256)
        if k == pieces - 1:
            break
    held = o.decode(o.unsealed(whole, b"EXPORT1", b"cwt;export1"))
    assert held[5] == DEVICE
    call(bytes((c.PIECE, 0)))
    assert said[-1] == errors.NOT_GRANTED, "taken once"
