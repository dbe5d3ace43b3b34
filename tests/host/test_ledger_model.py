"""The ledger against the law in sets and dictionaries, over any history of records, presses, restarts and damage."""

from typing import Any, cast

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from agent.base import errors
from agent.base.errors import RemoteError
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.ledger import Ledger
from agent.privacy.record import EPOCH_2020
from simulator.keys import Signer, holds, structure
from simulator.proof.consent_model import HEAD0, Line, Model, Record, grantable
from tests.portable import signed

START = signed.START
lines = st.lists(
    st.builds(
        Line,
        st.sampled_from(sorted(grantable())) | st.sampled_from((p.CONTROL, p.USAGE)),
        st.sampled_from((1, 1, 1, 7, 3, 2, 0, 4, 5, 6)),
        st.sampled_from((0, 60)),
        st.integers(0, 2),
        st.sampled_from((1, 1, 1, 0, 4)),
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda line: line.purpose,
).map(lambda found: tuple(cast("list[Line]", found)))


def sign(record: Record) -> tuple[bytes, Record]:
    """The bytes of these facts, and the facts with the head that the bytes give them."""
    rows = [
        signed.line(one.purpose, one.state, one.interval, one.precision, 3_600, one.recipients) for one in record.lines
    ]
    claim = signed.claims(record.seq, record.prev, rows)
    claim[4], claim[5], claim[6] = (EPOCH_2020 + n for n in (record.until, record.not_before, record.issued))
    claim[-65540] = [signed.NOTICE[0], record.notice, *signed.NOTICE[2:]]
    facts = record.__dict__ | {"head": signed.head_of(claim)}
    return hasten(claim), Record(**facts)


def hasten(claim: dict[int, Any]) -> bytes:
    """As signed.sign and signed.hasten, a hundred times faster."""
    aad, protected, body = signed.consent_aad(), signed.header(), signed.body_of(claim)
    tag = Signer(signed.SEED).sign(structure(protected, body, aad))
    return signed.hasten(b"\xd2" + signed.encode([protected, signed.Pairs(), body, tag]))


class Histories(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now = -1
        self.model = Model()
        self.grants = g.Grants()
        self.grants.bound = True
        self.grants.keys = 1 << p.OWNER
        self.ledger = self._ledger()
        self.sent: list[tuple[bytes, Record]] = []

    def _ledger(self) -> Ledger:
        return Ledger(self.grants, signed.DEVICE, signed.KEY, signed.EPOCH, signed.OWNER)

    def _give(self, data: bytes, record: Record) -> None:
        expected, ended = self.model.take(record, self.now)
        assert self._taken(data) == (expected, ended)
        self.sent.append((data, record))

    def _taken(self, data: bytes) -> tuple[int, set[int]]:
        """What the desk does, with a verifier of another make: (error code, purposes that ended)."""
        ended = 0
        code = errors.BAD_MAC
        try:
            pending = self.ledger.read(data, len(data), self.now)
            ended = self.ledger.withdrawn  # in haste
            opened = pending.signed
            if holds(signed.OWNER, opened.tag, opened.head + bytes(opened.view)):
                code = 0
                self.ledger.decide(pending, self.now)
            else:
                self.ledger.reject(pending)
        except RemoteError as error:
            code = error.code
        ended |= self.ledger.withdrawn
        return code, {k for k in range(p.COUNT) if ended >> k & 1}

    def _sign(self, ahead: int, prev: bytes, what: tuple[Line, ...], days: int = 2, shift: int = 0) -> None:
        issued = (START if self.now < 0 else self.now) + shift
        self._give(*sign(Record(self.model.seq + 1 + ahead, prev, HEAD0, what, issued, issued, issued + days * 86_400)))

    @rule(what=lines)
    def next_of_the_chain(self, what: tuple[Line, ...]) -> None:
        self._sign(0, self.model.head, what)

    @rule(what=lines, ahead=st.integers(1, 3))
    def ahead_of_its_turn(self, what: tuple[Line, ...], ahead: int) -> None:
        self._sign(ahead, self.model.head, what)

    @rule(what=lines)
    def of_another_chain(self, what: tuple[Line, ...]) -> None:
        self._sign(0, b"\x55" * 16, what)

    @rule(what=lines, shift=st.sampled_from((-90_000, -86_400, 300, 301, 86_400, 90_000)))
    def with_other_dates(self, what: tuple[Line, ...], shift: int) -> None:
        self._sign(0, self.model.head, what, shift=shift)

    @rule(what=lines, notice=st.sampled_from((-1, 1)))
    def under_another_notice(self, what: tuple[Line, ...], notice: int) -> None:
        at = START if self.now < 0 else self.now
        number = signed.NOTICE[1] + notice
        self._give(*sign(Record(self.model.seq + 1, self.model.head, HEAD0, what, at, at, at + 9, number)))

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def one_sent_before(self, data: st.DataObject) -> None:
        self._give(*data.draw(st.sampled_from(self.sent)))

    @rule(what=lines, data=st.data())
    def with_a_changed_bit(self, what: tuple[Line, ...], data: st.DataObject) -> None:
        at = START if self.now < 0 else self.now
        body, _ = sign(Record(self.model.seq + 1, self.model.head, HEAD0, what, at, at, at + 99))
        bad = bytearray(body)
        k = data.draw(st.integers(0, 8 * len(bad) - 1))
        bad[k >> 3] ^= 1 << (k & 7)
        assert self._taken(bytes(bad)) != (0, set())
        assert self.ledger.withdrawn == 0

    @rule(seconds=st.sampled_from((1, 60, 86_399, 86_400, 200_000)))
    def time_passes(self, seconds: int) -> None:
        self.now = seconds + (START if self.now < 0 else self.now)

    @rule()
    def the_button_is_held(self) -> None:
        self.ledger.withdraw_all(max(0, self.now))
        self.model.press()

    @rule(forgets=st.booleans())
    def a_restart(self, forgets: bool) -> None:
        damaged = self.grants.damaged
        blob = self.ledger.snapshot()
        self.grants = g.Grants()
        self.grants.bound = True
        self.grants.keys = 1 << p.OWNER
        self.ledger = self._ledger()
        self.ledger.restore(blob[:-1] if damaged else blob)
        self.now = -1 if forgets else self.now

    @precondition(lambda self: len(self.sent) > 6)
    @rule(k=st.integers(0, 1 << 20))
    def damage(self, k: int) -> None:
        blob = bytearray(self.ledger.snapshot())
        blob[k // 8 % len(blob)] ^= 1 << k % 8
        self.ledger.restore(bytes(blob))
        self.model.damaged = True

    @invariant()
    def the_same_is_granted_for_the_same_reasons(self) -> None:
        for now in (self.now, -1):
            reasons = {k: self.grants.refusal(k, p.OWNER, now) for k in range(p.COUNT)}
            assert reasons == {k: self.model.reason(k, now) for k in range(p.COUNT)}
        if not self.model.damaged:
            assert (self.grants.seq, self.grants.head) == (self.model.seq, self.model.head)


Histories.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestHistories = Histories.TestCase
