"""The framed console on whatever is under test: who may ask, what noise does, what the numbers say."""

import pytest

from agent.base import errors
from agent.link import console as c
from agent.privacy import purposes as p
from tests.hil.conftest import Bound, authenticate
from tools.rig.client import encode
from tools.rig.plugin import Dut
from tools.rig.stepped import SteppedWire

PROTECTED = (c.RECORD, c.REQUEST, c.STATE, c.JOURNAL, c.ENROL, c.RESTART, 99)


def test_hello_tells_board_protocol_and_what_the_build_can_do(dut: Dut) -> None:
    """Everything the rig decides by is in the first frame."""
    hello = dut.rig.hello()
    assert hello.protocol == c.PROTOCOL
    assert hello.board
    assert hello.purposes & 1, "control is always usable"
    assert len(hello.nonce) == 16


def test_every_hello_draws_another_nonce(dut: Dut) -> None:
    """A nonce seen twice would let a recorded proof in."""
    assert len({dut.rig.hello().nonce for _ in range(8)}) == 8


def test_nothing_is_answered_before_the_rig_has_proved_its_key(bound: Bound) -> None:
    """A stranger with a cable learns the board's name and no more."""
    bound.rig.hello()
    for operation in PROTECTED:
        assert bound.rig.call(operation, b"\x00" * 8) == (errors.NOT_GRANTED, b""), operation


def test_a_wrong_key_is_refused_and_costs_the_nonce(bound: Bound) -> None:
    """One try a nonce: guessing needs a hello each time, and a proof overheard is worth nothing."""
    nonce = bound.rig.hello().nonce
    assert bound.rig.auth(bytes(32), nonce) == errors.NOT_GRANTED
    assert bound.rig.auth(bound.enrolment.console_key, nonce) == errors.NOT_GRANTED
    assert bound.rig.call(c.STATE)[0] == errors.NOT_GRANTED


def test_a_proof_is_good_once(bound: Bound) -> None:
    """Replaying a recorded proof must not open the console again."""
    nonce = bound.rig.hello().nonce
    assert bound.rig.auth(bound.enrolment.console_key, nonce) == 0
    assert bound.rig.auth(bound.enrolment.console_key, nonce) == errors.NOT_GRANTED
    assert bound.rig.call(c.STATE)[0] == errors.NOT_GRANTED, "a failed proof closes what was open"


@pytest.mark.parametrize("size", [0, 1, 15, 17, 32])
def test_a_proof_of_another_length_is_refused(bound: Bound, size: int) -> None:
    """A truncated proof would be guessed sooner."""
    bound.rig.hello()
    assert bound.rig.call(c.AUTH, bytes(size))[0] == errors.NOT_GRANTED


def test_an_unknown_operation_is_named_unknown(bound: Bound) -> None:
    """A newer rig must learn that this device is older."""
    for operation in (0, c.PIECE + 1, 99, 127):
        assert bound.rig.call(operation) == (errors.UNKNOWN, b""), operation


NOISE = (
    ("boot messages", b"ets Jul 29 2019 12:21:46\r\n\r\nload:0x3fff0030\r\n\xff\x03\x04"),
    ("half a frame", encode(b"\x05")[:4]),
    ("a frame with a wrong checksum", b"\x00\x06\x05\x01\x02\x03\x04\x00"),
    ("zeros", bytes(40)),
    ("a frame that is too long", encode(b"\x05" + b"\x11" * 1200)),
    ("a line without an end", b"\x7f" * 3000),
    ("an empty frame", encode(b"")),
)


@pytest.mark.parametrize("noise", [data for _, data in NOISE], ids=[name for name, _ in NOISE])
def test_noise_does_not_cost_the_next_frame(bound: Bound, noise: bytes) -> None:
    """Boot messages, prints and cut frames share the wire with frames."""
    before = bound.rig.state()
    bound.rig.send(noise)
    after = bound.rig.state()
    assert after.seq == before.seq


def test_noise_is_counted(bound: Bound) -> None:
    """A bad cable shows in a number before it shows in a failure."""
    before = bound.rig.state().refused
    bound.rig.send(b"\x00noise\x00more noise\x00")
    assert bound.rig.state().refused == before + 2


def test_a_device_does_not_answer_an_answer(bound: Bound) -> None:
    """A line that echoes would otherwise talk to itself for ever."""
    bound.rig.send(encode(bytes((c.STATE | 0x80, 0))))
    status, _ = bound.rig.call(c.STATE)
    assert status == 0
    bound.rig.listen(50)
    assert "nobody asked for" not in bound.rig.log.tail().rpartition("→ raw")[2]


def test_state_is_numbers_and_an_idle_device_has_nothing_powered(bound: Bound) -> None:
    """The rig sees what the device is doing without disturbing it."""
    state = bound.rig.state()
    assert state.live & 1, "control lives while the device is bound"
    assert state.sensors == 0


def test_the_journal_tells_what_the_console_did(bound: Bound) -> None:
    """Who opened the console, and who tried to, is written down on the device."""
    bound.rig.auth(bytes(32), bound.rig.hello().nonce)
    authenticate(bound.rig, bound.enrolment.console_key)
    _, entries = bound.rig.journal()
    told = [entry.a for entry in entries if entry.code == 17]
    assert told[-2:] == [2, 1]


def test_the_journal_comes_in_pages_and_whole(bound: Bound) -> None:
    """A board keeps more entries than fit one answer; none may be lost between two pages."""
    for _ in range(20):
        authenticate(bound.rig, bound.enrolment.console_key)
    lost, entries = bound.rig.journal()
    assert len(entries) > 12, "more than one answer holds"
    assert lost >= 0
    assert [entry.tick for entry in entries] == sorted(entry.tick for entry in entries)


@pytest.mark.needs("step")
def test_ten_silent_minutes_close_the_console(bound: Bound, world: SteppedWire) -> None:
    """A rig that was unplugged does not say goodbye."""
    world.pass_time(599_000, 1_000)
    assert bound.rig.call(c.STATE)[0] == 0
    world.pass_time(600_000, 1_000)
    assert bound.rig.call(c.STATE)[0] == errors.NOT_GRANTED
    authenticate(bound.rig, bound.enrolment.console_key)
    assert bound.rig.state().seq == 0


@pytest.mark.needs("reset")
def test_a_reset_nobody_announced_keeps_binding_and_consent(bound: Bound) -> None:
    """Power cuts and watchdogs do not say goodbye: what was granted is still granted, and nothing more."""
    bound.give(p.STATUS)
    before = bound.rig.state()
    assert bound.rig.reset().enrolled
    authenticate(bound.rig, bound.enrolment.console_key)
    after = bound.rig.state()
    assert after.seq == before.seq
    assert after.live & ~before.live == 0


def test_a_restart_closes_the_console_and_keeps_the_binding(bound: Bound) -> None:
    """After a restart the rig is a stranger again, and the owner is not."""
    hello = bound.rig.restart()
    assert hello.enrolled
    assert bound.rig.call(c.STATE)[0] == errors.NOT_GRANTED
