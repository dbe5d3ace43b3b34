"""One consented photo: power, light and frame exactly as long as the grant, the camera and the retention last."""

# heap: 320k - the file makes several devices

from agent.base import errors
from agent.base import journal as j
from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import MINUTE, SECOND, Bench
from tests.portable.signed import line, no

ON, OFF, SHOOT, FORGET = b"P\1", b"P\0", b"T", b"Z"
LIGHT_ON, LIGHT_OFF = b"L\1", b"L\0"
PICTURE = bytes([k % 251 for k in range(600)])  # two whole chunks of 256 and one of 88


def ready(retention: int = 3_600) -> Bench:
    bench = Bench()
    bench.grant(line(p.PHOTO, retention=retention))
    bench.online()
    bench.forget()
    return bench


def shoot(bench: Bench, picture: bytes = PICTURE) -> None:
    """The camera delivers."""
    n = len(picture)
    bench.give(remote.CAMERA, b"F" + bytes((n >> 24, n >> 16 & 255, n >> 8 & 255, n & 255)))
    for k in range(0, n, 240):
        bench.give(remote.CAMERA, b"D" + picture[k : k + 240])
    bench.tick(SECOND)


def chunks(bench: Bench) -> "list[dict[int, object]]":
    return [m.facts for m in bench.published() if m.name == "photo"]


def test_a_photo_is_asked_for_taken_sent_and_forgotten() -> None:
    """The whole way; the light is on from the first power to the last."""
    bench = ready()
    assert bench.ask(r.PHOTO) == 0
    assert bench.out(remote.CAMERA) == [ON, SHOOT]
    assert bench.out(remote.INDICATOR) == [LIGHT_ON]
    shoot(bench)
    bench.drain()
    got = chunks(bench)
    assert [(c[2], c[3], c[4]) for c in got] == [(1, 0, 3), (1, 1, 3), (1, 2, 3)]
    assert b"".join([c[5] for c in got]) == PICTURE
    assert bench.out(remote.CAMERA) == [ON, SHOOT, FORGET, OFF]
    assert bench.out(remote.INDICATOR) == [LIGHT_ON, LIGHT_OFF]
    assert bench.core.capture is None


def test_a_photo_without_consent_gives_the_camera_no_power() -> None:
    """Asking for it grants nothing (clause 1.3.1)."""
    bench = Bench()
    bench.online()
    assert bench.ask(r.PHOTO) == errors.NOT_GRANTED
    assert bench.out(remote.CAMERA) == []
    assert bench.out(remote.INDICATOR) == []


def test_a_second_photo_waits_for_the_first() -> None:
    """One frame in memory."""
    bench = ready()
    bench.ask(r.PHOTO)
    assert bench.ask(r.PHOTO) == errors.BUSY
    shoot(bench)
    assert bench.ask(r.PHOTO) == errors.BUSY
    bench.drain()
    assert bench.ask(r.PHOTO) == 0
    shoot(bench)
    bench.drain()
    assert [c[2] for c in chunks(bench)] == [1, 1, 1, 2, 2, 2]


def test_withdrawal_at_every_stage_ends_power_light_and_frame_in_its_tick() -> None:
    """Before the frame, between the chunks, with a chunk in the link's hands, before the last acknowledgement."""
    for stage in range(6):
        bench = ready()
        bench.ask(r.PHOTO)
        bench.drain()
        if stage > 0:
            shoot(bench)
        for _ in range(stage - 1):
            bench.acknowledge()
        if stage > 3:
            assert bench.core.capture is None
            continue
        sent = len(chunks(bench))
        assert sent == stage
        before = len(bench.out(remote.CAMERA))
        bench.core.record(*_args(bench, no(p.PHOTO)))
        assert bench.out(remote.CAMERA)[before:] == [FORGET, OFF], stage
        assert bench.out(remote.INDICATOR) == [LIGHT_ON, LIGHT_OFF], stage
        assert bench.waiting(kinds.PHOTO) == 0
        bench.tick()
        assert bench.core.capture is None
        if stage:
            assert bench.out(remote.LINK)[-2][:1] == b"C", "its chunk was in hand: the connection goes"
        bench.connect()
        bench.run(MINUTE)
        assert len(chunks(bench)) == sent
        shoot(bench)
        assert len(chunks(bench)) == sent, "a frame that comes late is nobody's"


def _args(bench: Bench, *lines) -> "tuple[bytes, int, int]":
    record = bench.chain.next(*lines)
    return record, len(record), bench.now


def test_a_camera_that_does_not_answer_is_given_ten_seconds() -> None:
    """It said when to look: the device sleeps until then."""
    bench = ready()
    bench.ask(r.PHOTO)
    asked = bench.now
    while bench.core.capture is not None:
        bench.tick(bench.core.deadline(bench.now) or 1)
        assert bench.now - asked < MINUTE
    assert bench.now - asked == 10_000
    assert bench.out(remote.CAMERA) == [ON, SHOOT, FORGET, OFF]
    assert bench.out(remote.INDICATOR) == [LIGHT_ON, LIGHT_OFF]


def test_a_camera_that_fails_or_brings_nothing_is_switched_off() -> None:
    """Failed, empty, or past the largest frame; the next photo finds it ready."""
    for failure in ("failed", "empty", "huge"):
        bench = ready()
        bench.ask(r.PHOTO)
        if failure == "failed":
            bench.give(remote.CAMERA, b"X")
        elif failure == "empty":
            bench.give(remote.CAMERA, b"F\0\0\0\0")
            bench.give(remote.CAMERA, b"D")
        else:
            bench.ports.camera.poll(0)
            bench.ports.camera.state = 2
            bench.ports.camera.size = lambda: 262_145
        bench.tick(SECOND)
        assert bench.core.capture is None, failure
        assert bench.out(remote.CAMERA) == [ON, SHOOT, FORGET, OFF], failure
        assert chunks(bench) == []


def test_the_largest_frame_is_taken() -> None:
    """At the limit; one byte more is refused (above)."""
    bench = ready()
    bench.ask(r.PHOTO)
    bench.drain()
    bench.ports.camera.state = 2
    bench.ports.camera.size = lambda: 262_144
    bench.tick(SECOND)
    assert [(c[3], c[4]) for c in chunks(bench)] == [(0, 1_024)]


def test_a_picture_is_no_older_than_its_retention_whenever_its_chunks_are_sent() -> None:
    """Clause 3: the clock starts with the shutter. Offline in the middle, back after the time: the rest is gone."""
    bench = ready(retention=100)
    bench.ask(r.PHOTO)
    bench.drain()
    shoot(bench)
    bench.acknowledge()
    assert len(chunks(bench)) == 2
    bench.give(remote.LINK, b"D\1")
    for _ in range(98):
        bench.tick(SECOND)
    assert bench.core.capture is not None
    assert FORGET not in bench.out(remote.CAMERA)
    bench.tick(SECOND)
    assert bench.core.capture is None
    assert bench.out(remote.CAMERA)[-2:] == [FORGET, OFF]
    bench.connect()
    bench.run(MINUTE)
    assert len(chunks(bench)) == 2


def test_without_room_a_chunk_waits_and_none_is_left_out() -> None:
    """A full store must not make a picture with a hole."""
    bench = ready()
    bench.grant(line(p.STATUS), line(p.LOCATION_REPORT))
    bench.drain()
    bench.ask(r.PHOTO)
    bench.drain()
    bench.give(remote.LINK, b"D\1")
    bench.tick()
    while (
        bench.core.outbox.put(bench.core.outbox.draft(kinds.LOCATION, bench.now)) and bench.waiting(kinds.LOCATION) < 16
    ):
        pass
    dropped = sum(bench.core.outbox.dropped)
    shoot(bench)
    for _ in range(20):
        bench.tick(SECOND)
    assert sum(bench.core.outbox.dropped) == dropped, "waiting is not losing"
    bench.forget()
    bench.connect()
    bench.drain()
    assert b"".join([c[5] for c in chunks(bench)]) == PICTURE


def test_the_journal_tells_the_stages_and_no_more() -> None:
    """Numbers of states: no size, no byte of the picture."""
    bench = ready()
    bench.ask(r.PHOTO)
    shoot(bench)
    bench.drain()
    journal = bench.core.journal
    stages = [journal.entry(k, 2) for k in range(journal.count) if journal.entry(k, 1) == j.CAMERA]
    assert stages == [1, 2, 0]


def test_the_camera_itself_asks_the_gate() -> None:
    """Whoever asks for a photo: no grant, no power."""
    bench = Bench()
    assert not bench.core.photograph(bench.now)
    bench.tick()
    assert bench.core.capture is None
    assert bench.out(remote.CAMERA) == []
