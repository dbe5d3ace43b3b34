"""The device's chain and the owner's, brought together over its console: what it has, what it lacks, and what is not ours."""

import random
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import pytest

from agent.base import errors
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import remote
from simulator.device import InProcess
from simulator.keys import encode, sign1
from simulator.owner import Consent, Record
from tools import enrol
from tools import enrolment as e
from tools.consent import deliver, wallet
from tools.consent.deliver import NO_ANSWER, Answer, bring, meet
from tools.consent.ways import BrokerWay, ConsoleWay
from tools.errors import Problem
from tools.rig.client import Rig, Standing
from tools.rig.log import DeviceLog
from tools.rig.stepped import SteppedWire

HOUR = 3_600


@dataclass
class Bench:
    """A bound device whose console is open, and its owner's file."""

    wire: SteppedWire
    way: ConsoleWay
    rig: Rig
    keys: e.Enrolment
    path: Path

    def give(self, *purposes: int, state: int = g.GIVEN) -> deliver.Outcome:
        """As `amace consent grant` and `withdraw` do."""
        held = wallet.load(self.path)
        at = meet(held, self.way)
        held.owner.record([Consent(n, state) for n in purposes], wallet.now(), wallet.now() + HOUR)
        held.save()
        return bring(held, self.way, at)

    def restart(self) -> None:
        """Opens the console again."""
        self.wire.reset()
        assert self.rig.auth(self.keys.console_key, self.rig.hello().nonce) == 0

    def press(self) -> None:
        self.wire.step([(remote.BUTTON, b"\x00\x02")])
        self.wire.pass_time(2_000)

    @property
    def live(self) -> int:
        return self.rig.state().live


@pytest.fixture
def bench(tmp_path: Path) -> Generator[Bench]:
    log = DeviceLog(tmp_path / "device.log")
    wire = SteppedWire("a board", InProcess())
    rig = Rig(wire, log)
    keys = e.generate()
    path = tmp_path / "phone.json"
    e.save(path, keys.owner())
    enrol.over(rig, keys, "a board")
    assert rig.auth(keys.console_key, rig.hello().nonce) == 0
    yield Bench(wire, ConsoleWay(rig, "a board"), rig, keys, path)
    rig.close()
    log.close()


def test_a_grant_is_live_and_its_receipt_proven(bench: Bench) -> None:
    """The whole use: yes, and no again, each with the device's own signature."""
    done = bench.give(p.STATUS, p.PRESENCE)
    assert (done.code, done.delivered) == (0, 1)
    assert done.told is not None
    assert done.told.live == (p.CONTROL, p.PRESENCE, p.STATUS)
    assert bench.live == 1 << p.CONTROL | 1 << p.PRESENCE | 1 << p.STATUS
    done = bench.give(p.STATUS, state=g.WITHDRAWN)
    assert done.told is not None
    assert (done.told.seq, done.told.live) == (2, (p.CONTROL, p.PRESENCE))
    assert len(wallet.load(bench.path).receipts) == 2


def test_what_was_kept_back_goes_with_the_next(bench: Bench) -> None:
    """A record that found nobody is not lost, and the chain has no hole."""
    held = wallet.load(bench.path)
    for number in (p.STATUS, p.PRESENCE):
        held.owner.record([Consent(number)], wallet.now(), wallet.now() + HOUR)
    held.save()
    done = bench.give(p.PHOTO)
    assert (done.code, done.delivered) == (0, 3)
    assert bench.live == 1 << p.CONTROL | 1 << p.STATUS | 1 << p.PRESENCE | 1 << p.PHOTO


def test_an_old_record_is_signed_anew_and_one_that_ended_becomes_a_no(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device takes nothing older than a day, and nothing that is over."""
    real = time.time
    held = wallet.load(bench.path)
    start = wallet.now() - 3 * 86_400
    held.owner.record([Consent(p.STATUS)], start, start + HOUR)
    held.owner.record([Consent(p.PRESENCE)], start, start + 30 * 86_400)
    held.save()
    done = bench.give(p.PHOTO)
    assert (done.code, done.delivered) == (0, 3)
    assert bench.live == 1 << p.CONTROL | 1 << p.PRESENCE | 1 << p.PHOTO
    monkeypatch.setattr(wallet.time, "time", lambda: real() + 2 * 86_400)
    bench.restart()
    assert bench.give(p.STATUS).code == 0, "after a restart the device learns the time from the record"


def test_a_press_of_the_button_is_taken_up_before_the_next_grant(bench: Bench) -> None:
    """The chain goes on from the press, and says no to what the press ended."""
    bench.give(p.STATUS, p.PRESENCE)
    bench.press()
    assert bench.live == 1 << p.CONTROL
    done = bench.give(p.STATUS)
    assert (done.code, done.delivered) == (0, 1)
    assert bench.live == 1 << p.CONTROL | 1 << p.STATUS
    seqs = [(record.seq, bool(record.bare)) for record in wallet.load(bench.path).owner.records]
    assert seqs == [(1, True), (2, False), (3, True)]


def test_a_copy_of_the_chain_that_is_behind_is_refused_before_it_signs(bench: Bench, tmp_path: Path) -> None:
    """Two phones, one owner: the older file must not fork the chain."""
    bench.give(p.STATUS)
    old = wallet.chain_of(bench.path).read_bytes()
    bench.give(p.PRESENCE)
    wallet.chain_of(bench.path).write_bytes(old)
    with pytest.raises(Problem, match="the device's chain ends with record 2, which this file does not hold"):
        bench.give(p.PHOTO)
    assert wallet.chain_of(bench.path).read_bytes() == old
    wallet.chain_of(bench.path).unlink()
    with pytest.raises(Problem, match="Use the newest copy of it"):
        bench.give(p.PHOTO)
    assert bench.live == 1 << p.CONTROL | 1 << p.STATUS | 1 << p.PRESENCE


def test_a_device_of_another_owner_refuses_and_nothing_changes(bench: Bench, tmp_path: Path) -> None:
    """The wrong file for this bike."""
    other = tmp_path / "other.json"
    e.save(other, e.generate().owner())
    bench.path = other
    done = bench.give(p.STATUS)
    assert (done.code, done.told, done.delivered) == (errors.BAD_MAC, None, 0)
    assert bench.live == 1 << p.CONTROL
    assert bench.rig.state().seq == 0


def test_a_device_that_was_swapped_is_noticed_before_anything_is_signed(bench: Bench, tmp_path: Path) -> None:
    """Same cable, another device."""
    bench.give(p.STATUS)
    held = wallet.load(bench.path)
    held.device_key = bytes(32)
    held.receipts.clear()
    held.save()
    with pytest.raises(Problem, match="this is another device"):
        bench.give(p.PRESENCE)
    assert len(wallet.load(bench.path).owner.records) == 1


def test_a_simulated_device_between_two_uses_of_the_real_one_costs_nothing(bench: Bench, tmp_path: Path) -> None:
    """It is told the whole chain, signed anew; the real one goes on from what it has."""
    bench.give(p.STATUS)
    key = wallet.load(bench.path).device_key
    wire = SteppedWire("sim", InProcess())
    with_log = DeviceLog(tmp_path / "sim.log")
    rig = Rig(wire, with_log)
    wire.factory(bench.keys.secrets)
    assert rig.auth(bench.keys.console_key, rig.hello().nonce) == 0
    time_passes = wallet.load(bench.path)
    time_passes.owner.renew(0, wallet.now() - 60)  # as if the first signature were a minute old
    time_passes.save()
    real, bench.way = bench.way, ConsoleWay(rig, "sim")
    assert bench.give(p.PRESENCE).delivered == 2
    bench.way = real
    assert wallet.load(bench.path).device_key == key
    done = bench.give(p.PHOTO)
    assert (done.code, done.delivered) == (0, 2)
    assert bench.live == 1 << p.CONTROL | 1 << p.STATUS | 1 << p.PRESENCE | 1 << p.PHOTO
    with_log.close()


class Deaf:
    """A way without a device: it says what it is told to say, one answer a record."""

    name = "nowhere"
    keeps = True

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.records: list[Record] = []
        self.pauses = 0

    def ask(self) -> Standing | None:
        return None

    def deliver(self, record: Record) -> Answer:
        self.records.append(record)
        return self.answers.pop(0)

    def pause(self) -> None:
        self.pauses += 1


def alone(tmp_path: Path) -> wallet.Wallet:
    path = tmp_path / "phone.json"
    e.save(path, e.generate().owner())
    held = wallet.load(path)
    held.owner.record([Consent(p.STATUS)], wallet.now(), wallet.now() + HOUR)
    return held


def test_a_busy_device_is_asked_again_and_not_for_ever(tmp_path: Path) -> None:
    """Another record's signature takes a second; a device that stays busy is broken."""
    way = Deaf(*[Answer(errors.BUSY, b"")] * 9)
    done = bring(alone(tmp_path), way, 0)
    assert (done.code, way.pauses, len(way.records)) == (errors.BUSY, 5, 6)


def test_without_an_answer_the_record_is_kept(tmp_path: Path) -> None:
    """It is on disk, and goes with the next."""
    held = alone(tmp_path)
    done = bring(held, Deaf(Answer(NO_ANSWER, b"")), 0)
    assert (done.code, done.told, done.delivered) == (NO_ANSWER, None, 0)
    assert len(wallet.load(tmp_path / "phone.json").owner.records) == 1


def test_a_receipt_that_nothing_proves_says_nothing(tmp_path: Path) -> None:
    """A broker could have written it."""
    noise = random.Random(4).randbytes(120)
    done = bring(alone(tmp_path), Deaf(Answer(0, noise)), 0)
    assert (done.told, done.unproven) == (None, True)
    refused = bring(alone_again(tmp_path), Deaf(Answer(errors.GAP, noise)), 0)
    assert (refused.code, refused.told, refused.unproven) == (errors.GAP, None, True), "and it moves no chain"


def test_a_receipt_for_an_earlier_record_is_no_answer(tmp_path: Path) -> None:
    """The phone may be heard at the same broker; a refusal names the record before."""
    held = alone(tmp_path)
    way = BrokerWay("mqtt://localhost", None, held, 1.0)
    owner = held.owner
    answers: list[Answer | None] = []
    for seq, code in ((6, 0), (6, errors.GAP), (7, 0), (8, 0)):
        claims = {2: seq, 3: bytes(16), 5: [0], 6: code, 7: 127}
        signed = sign1(owner.binding.signer, {1: -19}, claims, b"")[0]
        message = encode({1: 0, 2: signed})
        way._receipts.clear()  # pyright: ignore[reportPrivateUsage] - no broker says this on demand, as below
        way._on_message(owner.binding.topic + b"receipt", message, len(message))  # pyright: ignore[reportPrivateUsage] - as above
        answers.append(way._answer(7))  # pyright: ignore[reportPrivateUsage] - as above
    assert [answer and answer.code for answer in answers] == [None, errors.GAP, 0, 0]


def alone_again(tmp_path: Path) -> wallet.Wallet:
    return wallet.load(tmp_path / "phone.json")
