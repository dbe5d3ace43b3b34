"""The store against a list: the same order, the same victims, the same counts, whatever is put, sent, lost and erased."""

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agent.base import ticks
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.store.outbox import Outbox

_EPOCH = 3
_KEEP_S = 100
_NEVER = (kinds.PHOTO, kinds.RIGHTS, kinds.INCIDENT)  # put again by whoever made them: they give their place to nobody


@dataclass
class Row:
    kind: int
    fact: int
    captured: int
    id: int = 0
    seq: int = -1
    sent: bool = False


class Store(RuleBasedStateMachine):
    """`rows` is oldest first. A message id is the model's own guess: one after the other."""

    @initialize(size=st.integers(1, 12), now=st.sampled_from((0, (1 << 30) - 50_000)))
    def begin(self, size: int, now: int) -> None:
        self.size = size
        self.now = now
        self.box = Outbox(size, _EPOCH)
        self.rows: list[Row] = []
        self.dropped = [0] * p.COUNT
        self.next_id = 1
        self.fact = 0
        self.released = 0
        self.grants = g.Grants()
        for purpose in range(p.COUNT):
            self.grants.put(purpose, g.RETENTION, _KEEP_S)

    @rule(kind=st.integers(0, kinds.COUNT - 1))
    def put(self, kind: int) -> None:
        self.fact += 1
        slot = self.box.draft(kind, self.now)
        slot.facts[0] = self.fact
        room = self._room(kind)
        assert self.box.put(slot) is room
        if room:
            self.rows.append(Row(kind, self.fact, self.now))
        elif kind not in _NEVER:
            self.dropped[kinds.PURPOSE[kind]] += 1

    def _room(self, kind: int) -> bool:
        """Makes room as the law says; whether there is any."""
        mine = [row for row in self.rows if row.kind == kind and not row.sent]
        if len(mine) < kinds.QUOTA[kind]:
            if len(self.rows) < self.size:
                return True
            less = [row for row in self.rows if row.kind > kind and not row.sent and row.kind not in _NEVER]
            if less:
                last = max(row.kind for row in less)
                self._lose(next(row for row in less if row.kind == last))
                return True
        if mine:
            self._lose(mine[0])
        return bool(mine)

    def _lose(self, row: Row) -> None:
        self.rows.remove(row)
        self.dropped[kinds.PURPOSE[row.kind]] += 1

    def _waiting(self) -> list[Row]:
        return sorted((row for row in self.rows if not row.sent), key=lambda row: (row.kind, row.fact))

    @rule(says_yes=st.booleans())
    def send(self, says_yes: bool) -> None:
        waiting = self._waiting()
        slot = self.box.spare()
        assert self.box.pick(slot) is bool(waiting)
        if not waiting:
            return
        row = waiting[0]
        assert (slot.kind, slot.facts[0], slot.captured, slot.seq, slot.id) == (
            row.kind,
            row.fact,
            row.captured,
            row.seq,
            row.id,
        )
        assert (slot.purpose, slot.epoch, slot.recipient) == (kinds.PURPOSE[row.kind], _EPOCH, p.OWNER)
        self.box.name(slot)
        if row.id == 0:
            row.id = self.next_id
            self.next_id = self.next_id % 65_535 + 1
        assert slot.id == row.id
        if not says_yes:
            self.box.refuse(slot)
            self.rows.remove(row)
            return
        if row.seq < 0:
            row.seq = slot.seq = self.released
            self.released += 1
        self.box.sent(slot)
        row.sent = True

    @precondition(lambda self: any(row.sent for row in self.rows))
    @rule(data=st.data())
    def acknowledged(self, data: st.DataObject) -> None:
        row = data.draw(st.sampled_from([row for row in self.rows if row.sent]))
        self.box.done(row.id)
        self.rows.remove(row)

    @rule(id=st.integers(0, 65_535))
    def a_foreign_acknowledgement(self, id: int) -> None:
        if not any(row.sent and row.id == id for row in self.rows):
            self.box.done(id)

    @rule()
    def link_lost(self) -> None:
        self.box.again()
        for row in self.rows:
            row.sent = False

    @rule(mask=st.integers(0, (1 << p.COUNT) - 1))
    def withdrawn(self, mask: int) -> None:
        gone = [row for row in self.rows if mask >> kinds.PURPOSE[row.kind] & 1]
        assert self.box.erase(mask) is any(row.sent for row in gone)
        self.rows = [row for row in self.rows if row not in gone]

    @rule(seconds=st.sampled_from((1, 50, 99, 100, 86_400)))
    def time_passes(self, seconds: int) -> None:
        self.now = ticks.add(self.now, seconds * 1000)
        self.box.expire(self.grants, self.now)
        old = [
            row
            for row in self.rows
            if not row.sent and kinds.PURPOSE[row.kind] != p.CONTROL and self._age(row) >= self._keep(row)
        ]
        self.rows = [row for row in self.rows if row not in old]

    def _age(self, row: Row) -> int:
        return (self.now - row.captured) % (1 << 30) // 1000

    def _keep(self, row: Row) -> int:
        return _KEEP_S if p.GRANTABLE >> kinds.PURPOSE[row.kind] & 1 else 0

    @invariant()
    def same(self) -> None:
        if not hasattr(self, "box"):
            return
        assert self.box.waiting == len(self._waiting())
        assert list(self.box.dropped) == self.dropped
        for kind in range(kinds.COUNT):
            assert self.box.holds(kind) is any(row.kind == kind for row in self.rows)
        facts = {row.fact for row in self.rows}
        stored = {self.box._rows[k * 17 + 10] for k in range(self.size) if self.box._rows[k * 17]}
        assert stored == facts


Store.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestStore = Store.TestCase
