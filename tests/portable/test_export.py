"""The owner's copy of what the device holds, on every runtime: what is in it, who can read it, how long it waits."""

# heap: 320k - the test keeps everything the device said

from agent.base import errors
from agent.base import journal as j
from agent.crypto.x25519 import public_of
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import remote
from tests.portable import orders as o
from tests.portable.bench import Bench
from tests.portable.signed import DAY, DEVICE, EPOCH, KEY, START, line

PLACE = 1 << p.LOCATION_REPORT
STATUS = 1 << p.STATUS


def test_an_export_holds_what_the_device_holds_and_no_key() -> None:
    """Policy 5.4: complete and readable; the Wi-Fi password never leaves (1.3.2.1)."""
    bench = o.granted(p.LOCATION_REPORT, p.STATUS)
    bench.hub.secrets["broker"] = b"mqtts://device:its-password@broker.example:8883"
    bench.hub.secrets["name"] = b"Blue bike"
    o.kept(bench, kinds.LOCATION, 7)
    bench.core.receiver.reported[0:3] = type(bench.core.receiver.reported)("i", (31_205_760, -121_468_723, bench.now))
    bench.forget()
    core = bench.core
    rows = [
        [purpose] + [core.grants.get(purpose, column) for column in range(g.KEPT)]
        for purpose in (p.STATUS, p.LOCATION_REPORT)
    ]
    assert o.order(bench, o.EXPORT) == 0
    raw = o.answer(bench)
    plain = o.plain(raw)
    for secret in (KEY, b"its invented password", b"its-password"):
        assert plain.find(secret) < 0
    assert plain.find(b"Blue bike") > 0
    assert raw.find(b"Blue bike") < 0, "the broker read it"
    held = o.opened(raw)
    assert (held[1], held[2], held[3], held[4]) == (1, o.REQUEST, START, START + 15 * DAY)
    assert (held[5], held[6], held[7]) == (DEVICE, EPOCH, core.grants.seq)
    assert held[8] == bytes(core.grants.head)
    assert held[9] == rows
    locations = [row for row in held[10] if row[0] == p.LOCATION_REPORT]
    assert len(locations) == 1
    assert locations[0][1:6] == [kinds.LOCATION, p.OWNER, p.OWNER, EPOCH, 7]
    assert locations[0][7] == {0: START, 1: 31_205_760, 2: 121_468_723, 3: 0}
    assert [row for row in held[11] if row[0] == p.STATUS]
    assert held[12] == [[p.LOCATION_REPORT, 31_205_760, -121_468_723, 0]]
    assert held[13] == {
        1: b"Blue bike",
        2: b"an invented network",
        3: b"broker.example:8883",
        4: 0,
        5: 0,
        6: g.SWITCHES,
    }
    assert [row[1] for row in held[14]].count(j.RECORD_APPLIED) == 1


def test_an_export_to_somebody_else_is_for_them_alone() -> None:
    """Policy 5.4: in one act to a third party, who needs nothing from the owner but the request's id."""
    bench = o.granted(p.LOCATION_REPORT)
    bench.forget()
    other = bytes(range(32, 64))
    assert o.order(bench, o.EXPORT, text=public_of(other)) == 0
    raw = o.answer(bench)
    assert o.opened(raw, other)[2] == o.REQUEST
    assert not opens(raw, o.READER)


def opens(raw: bytes, private: bytes) -> bool:
    try:
        o.plain(raw, private)
    except AssertionError:
        return False
    return True


def test_no_export_leaves_that_anybody_could_read() -> None:
    """Without the owner's key only the cable is private; a key of small order would be everybody's."""
    bench = Bench()
    bench.online()
    bench.grant(line(p.LOCATION_REPORT))
    bench.drain()
    bench.forget()
    head = bytes(bench.core.grants.head)
    assert o.order(bench, o.EXPORT) == errors.NOT_GRANTED
    assert bytes(bench.core.grants.head) == head, "refused before it took its place"
    for small in (bytes(32), b"\1" + bytes(31)):
        assert o.order(bench, o.EXPORT, text=small) == errors.OUT_OF_RANGE
        assert bench.core.rights is None
    assert "rights" not in bench.names()


def test_every_export_has_a_key_of_its_own() -> None:
    """Two copies of the same data share no byte that the broker could compare."""
    bench = o.granted(p.STATUS)
    seen = []
    for _ in range(2):
        bench.forget()
        assert o.order(bench, o.EXPORT) == 0
        seen.append(o.decode(o.unsealed(o.answer(bench), b"EXPORT1", b"cwt;sealed1")))
    assert seen[0][1] != seen[1][1]
    assert seen[0][2][:16] != seen[1][2][:16]


def test_an_export_is_forgotten_when_something_in_it_is_erased() -> None:
    """I3: a copy made for the owner must not outlive a withdrawal either."""
    bench = o.granted(p.LOCATION_REPORT)
    bench.give(remote.LINK, b"D\x00")
    bench.tick()
    o.kept(bench, kinds.LOCATION)
    assert o.order(bench, o.EXPORT) == 0
    rights = bench.core.rights
    copy = rights._answer
    assert any(copy)
    bench.give(remote.BUTTON, b"\x00\x02")
    bench.tick()
    assert not any(copy)
    assert rights.piece(0) == (0, 0)


def test_an_export_waits_no_longer_than_its_data_may_be_kept() -> None:
    """Retention holds for the copy (policy 3); without data, ten minutes."""
    for retention, gone_s in ((60, 60), (3_600, 600)):
        bench = Bench(secrets=o.readable())
        bench.online()
        bench.grant(line(p.LOCATION_REPORT, retention=retention))
        bench.drain()
        bench.give(remote.LINK, b"D\x00")
        bench.tick()
        o.kept(bench, kinds.LOCATION, 0)
        assert o.order(bench, o.EXPORT) == 0
        copy = bench.core.rights._answer
        bench.tick((gone_s - 1) * 1_000)
        assert any(copy)
        bench.tick(1_000)
        assert not any(copy), gone_s
        assert bench.core.rights is None
