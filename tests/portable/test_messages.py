"""Bodies at their largest: every message fits the gate's buffer, whatever its facts and on whatever board."""

from agent.crypto.ed25519 import Verify
from agent.crypto.keys import encoded_key, kid_of
from agent.crypto.sign1 import open_sign1
from agent.link import kinds
from agent.link.messages import NONE, Writer, online
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.store.outbox import FACTS, Outbox
from simulator import remote
from tests.portable.bench import Bench, decode
from tests.portable.signed import EPOCH, START, Chain, consent_aad, line

LEAST_BUFFER = 192 + 64  # the smallest chunk a board may have, and the gate's room around it
BIG = (1 << 30) - 1


class Camera:
    def __init__(self) -> None:
        self.asked: "list[tuple[int, int, int]]" = []

    def copy(self, start: int, buf: bytearray, at: int, n: int) -> None:
        self.asked.append((start, at, n))
        for k in range(n):
            buf[at + k] = 0xEE


def written(kind: int, value: int, camera: "Camera | None" = None) -> "tuple[int, bytearray]":
    """A body whose facts are all `value` (a photo's size is a chunk's)."""
    buf = bytearray(LEAST_BUFFER)
    slot = Outbox(1, 1).draft(kind, 0)
    slot.seq = BIG
    for k in range(FACTS):
        slot.facts[k] = value
    if kind == kinds.PHOTO:
        slot.facts[4] = 192
    return Writer(camera, lambda slot, buf: 0).write(slot, buf), buf


def test_the_largest_facts_fit_the_smallest_buffer() -> None:
    """Both ends of every integer."""
    for kind in (kinds.RESULT, kinds.WAKE, kinds.ALARM_LOCATION, kinds.STATUS, kinds.LOCATION, kinds.ONLINE):
        for value in (BIG, 1 - (1 << 29)):
            n, buf = written(kind, value)
            assert decode(bytes(buf[:n]))[1] == BIG, kind


def test_an_absent_fact_has_no_key() -> None:
    """Absent, never null and never zero."""
    n, buf = written(kinds.LOCATION, NONE)
    assert decode(bytes(buf[:n])) == {1: BIG}
    n, buf = written(kinds.STATUS, 0)
    assert decode(bytes(buf[:n])) == {1: BIG, 2: 0, 3: 0, 4: 0, 5: 0, 6: 0}


def test_a_photo_piece_is_copied_once_to_its_place() -> None:
    """From the camera into the message: no third copy to forget."""
    camera = Camera()
    n, buf = written(kinds.PHOTO, BIG, camera)
    body = decode(bytes(buf[:n]))
    assert body == {1: BIG, 2: BIG, 3: BIG, 4: BIG, 5: b"\xee" * 192}
    assert camera.asked == [(BIG, n - 192, 192)]


def test_birth_and_will_differ_in_one_bit() -> None:
    """{1: number, 2: 1 or 0}."""
    buf = bytearray(16)
    assert bytes(buf[: online(buf, 7, 1)]) == b"\xa2\x01\x07\x02\x01"
    assert bytes(buf[: online(buf, 0, 0)]) == b"\xa2\x01\x00\x02\x00"


def test_letters_at_their_largest_fit_the_smallest_buffer() -> None:
    """Hello, and a list of everything withheld; a receipt is as large as its signature allows."""
    bench = Bench()
    core = bench.core
    grantable = [k for k in range(p.COUNT) if p.GRANTABLE >> k & 1]
    buf = bytearray(LEAST_BUFFER)
    for granted in (False, True):
        if granted:
            core.grants.seq, core.epoch = 0, EPOCH
            assert bench.record(Chain().next(*[line(k) for k in grantable])) == 0
        core.grants.seq = core.epoch = BIG
        for kind in (kinds.HELLO, kinds.WITHHELD):
            slot = core.outbox.draft(kind, 0)
            slot.seq = slot.facts[0] = slot.facts[1] = BIG
            n = core._letter(slot, buf)
            body = decode(bytes(buf[:n]))
            assert body[1] == BIG
            if kind == kinds.HELLO:
                key = bench.hub.secrets["device_key"][32:]
                assert body == {1: BIG, 2: core.nonce, 3: BIG, 4: core.grants.head, 5: BIG, 6: key}
            else:
                assert len(body[2]) == (0 if granted else len(grantable))


def receipt(bench: Bench) -> "dict[int, object]":
    """The newest one, whose signature holds."""
    core = bench.core
    slot = core.outbox.draft(kinds.RECEIPT, 0)
    slot.seq = BIG
    buf = bytearray(LEAST_BUFFER)
    body = decode(bytes(buf[: core._letter(slot, buf)]))
    assert body[1] == BIG
    opened = open_sign1(body[2], len(body[2]), b"RECEIPT1" + consent_aad()[8:])
    assert opened.kid == kid_of(encoded_key(bench.hub.secrets["device_key"][32:]))
    machine = Verify(bench.hub.secrets["device_key"][32:], opened.tag)
    machine.feed(opened.head)
    machine.feed(opened.view)
    machine.finish()
    assert machine.ok
    return decode(bytes(opened.view))


def test_a_receipt_is_signed_by_the_device() -> None:
    """The owner can show it to anybody: what was applied, when, and what lived then."""
    bench = Bench()
    chain = Chain()
    grantable = [k for k in range(p.COUNT) if p.GRANTABLE >> k & 1]
    assert bench.record(chain.next(*[line(k) for k in grantable])) == 0
    expected = {2: 1, 3: chain.head, 4: START, 5: [p.CONTROL] + grantable, 6: 0, 7: g.SWITCHES}
    assert receipt(bench) == expected


def test_a_receipt_without_a_clock_has_no_time() -> None:
    """Unknown is absent."""
    bench = Bench()
    bench.give(remote.BUTTON, b"\0\2")
    bench.settle()
    assert set(receipt(bench)) == {2, 3, 5, 6, 7}


def test_every_kind_has_purpose_name_and_quota() -> None:
    """The table is whole; one message serves one purpose that this build has."""
    assert len(kinds.PURPOSE) == len(kinds.NAMES) == len(kinds.QUOTA) == kinds.COUNT
    for kind in range(kinds.COUNT):
        assert p.ACTIVE >> kinds.PURPOSE[kind] & 1
        assert kinds.QUOTA[kind] > 0
