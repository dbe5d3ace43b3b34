"""What follows in the same tick when grants begin or end, and what must not follow."""

# heap: 320k - the file makes several devices

from agent.link import kinds
from agent.link import requests as r
from agent.privacy import purposes as p
from simulator import remote
from tests.portable.bench import SECOND, Bench
from tests.portable.signed import DAY, START, line, no
from tests.portable.test_capture import PICTURE, shoot

PHOTO = 1 << p.PHOTO


def granted(*purposes: int) -> Bench:
    """Online, with these purposes granted, and silent."""
    bench = Bench()
    bench.online()
    bench.grant(*[line(purpose) for purpose in purposes])
    bench.drain()
    bench.forget()
    return bench


def photographed(bench: Bench) -> bytes:
    """A photo is under way; returns the piece that the link was given."""
    assert bench.ask(r.PHOTO) == 0
    bench.drain()
    bench.forget()
    shoot(bench)
    return [message for message in bench.published() if message.name == "photo"][-1].payload


def test_the_end_of_a_grant_wakes_the_device() -> None:
    """A device that sleeps through the end of a consent goes on collecting without one."""
    bench = granted(p.STATUS)
    consequences = bench.core.consequences
    bench.tick(DAY * SECOND - 5_000)
    bench.drain()
    left = (START + DAY - bench.core.calendar.seconds) * SECOND
    assert 0 < left <= 10_000
    assert bench.core.outbox.waiting == 0
    assert consequences.deadline(bench.now) - bench.core.calendar.mark == left


def test_a_grant_that_begins_by_itself_is_no_reason_to_refuse_older_records() -> None:
    """After a restart time is learnt late. What the owner signed a moment ago, without a network, must still count then."""
    bench = Bench()
    bench.grant(line(p.STATUS))
    bench.boot()
    core = bench.core
    issued, stored = core.grants.issued, bench.hub.secrets["consent"]
    assert not bench.live() >> p.STATUS & 1, "time is not known yet"
    core.calendar.learn(START + 1_000, bench.now)
    bench.tick()
    assert bench.live() >> p.STATUS & 1
    assert (core.grants.issued, bench.hub.secrets["consent"]) == (issued, stored)


def test_presence_ends_politely_also_when_nothing_of_it_is_under_way() -> None:
    """A last will would tell that the device was there (clause 1.3.2)."""
    bench = granted(p.PRESENCE)
    while bench.core.uplink.mode != p.PRESENCE or not bench.core.uplink.up:
        bench.tick(SECOND)
        bench.connect()
        bench.drain()
    bench.forget()
    bench.core.grants.put(p.PRESENCE, 2, 0)  # its end has come
    bench.core.consequences.settle(0, bench.now)
    assert bench.out(remote.LINK) == [b"C\x01"]


def test_a_photo_goes_on_when_something_else_ends() -> None:
    """A withdrawal ends what it names and nothing else."""
    bench = granted(p.PHOTO, p.STATUS)
    photographed(bench)
    bench.grant(no(p.STATUS))
    assert bench.core.capture is not None
    bench.drain()
    assert b"".join([m.facts[5] for m in bench.published() if m.name == "photo"]) == PICTURE


def test_a_withdrawal_leaves_nothing_in_the_buffer_of_the_gate() -> None:
    """I3: the bytes of the last message lie where the next one is written, until then they are still there."""
    for down in (False, True):
        bench = granted(p.PHOTO)
        photographed(bench)
        bench.core.consequences.settle(0, bench.now)
        assert any(bench.core.gate._message.buf), "the link has not sent it yet"
        bench.drain()
        if down:
            shoot(bench)
            bench.give(remote.LINK, b"D\x00")
            bench.core.ports.link.poll(bench.now)
            bench.core.uplink.gone()
        bench.core.consequences.settle(PHOTO, bench.now)
        assert not any(bench.core.gate._message.buf), down


def test_a_message_that_the_link_has_in_hand_stays_whole_when_something_else_ends() -> None:
    """The link reads the buffer when the radio is ready: half a message of a live purpose would be sent."""
    bench = granted(p.PHOTO, p.STATUS)
    piece = photographed(bench)
    bench.core.consequences.settle(1 << p.STATUS, bench.now)
    message = bench.core.gate._message
    assert bytes(message.buf[: message.n]) == piece
    assert not any(message.buf[message.n :])
    assert bench.waiting(kinds.PHOTO) == 1
