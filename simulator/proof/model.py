"""The reference: ledger, gate, store and retention as plain sets and lists, to be read in one sitting. The law, not the code.

consent_model.py says what is granted; this adds what waits, what is in flight, and what time, restarts and power cuts do to them.
`step` performs one operation and says what left; `random_trace` writes operations with their answers, for player.py to repeat.
"""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import cbor2

from agent.base import errors
from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.order import ERASE, EXPORT
from simulator.orders import Order, sign
from simulator.owner import Binding, Consent, Owner, invented
from simulator.proof.consent_model import ALL, DAY, Line, Model, Record, grantable

START = 217_000_000
UP_S = 400
SWEEP_S = 60
EXPORT_S = 600  # an export waits no longer
MOST = 5  # rows that wait: the store's quotas are tested elsewhere
_EARLIEST = 216_000_000
_KIND = {p.WAKE_ABNORMAL: kinds.WAKE, p.LOCATION_ALARM: kinds.ALARM_LOCATION, p.LOCATION_REPORT: kinds.LOCATION}
PURPOSES = tuple(_KIND)
_OFTEN = {
    "rec": 24, "order": 7, "false": 4, "cut": 3, "hold": 2, "narrow": 2, "put": 40, "ack": 20, "down": 6, "up": 16, "time": 8, "restart": 2, "damage": 0.2,
}  # fmt: skip
_OTHERS = (p.PHOTO, p.USAGE, p.SIM)
NAMES = ("device_id", "pairing_key", "epoch", "owner_key", "owner_seal")  # secrets of a new device, as they are written


class Row(NamedTuple):
    """One message that waits. `order` is its place among those of its kind."""

    purpose: int
    recipient: int
    older: int  # epochs: captured for a former owner
    at: int  # seconds of the world
    serial: int
    order: int

    @property
    def urgency(self) -> tuple[int, int]:
        return _KIND[self.purpose], self.order


@dataclass
class World:
    """Everything the law speaks about. `t` is the world's second, `now` the device's, -1 while it knows none."""

    consent: Model = field(default_factory=Model)
    t: int = 0
    now: int = -1
    issued: int = -1  # newest date signed or lived to see: no earlier one is believed after a restart
    rows: list[Row] = field(default_factory=list[Row])
    flight: Row | None = None
    up: bool = False
    live: set[int] = field(default_factory=lambda: {p.CONTROL})
    floor: int = _EARLIEST
    order: int = 0
    key: set[int] = field(default_factory=set[int])  # what the sealing key is for
    owes: bool = False  # an answer to an order
    export: int = 0  # the second until which that is an export worth something, 0 for none

    def copy(self) -> "World":
        consent = replace(self.consent, rows=dict(self.consent.rows), pins=dict(self.consent.pins))
        return replace(self, consent=consent, rows=list(self.rows), live=set(self.live), key=set(self.key))

    def reason(self, row: Row) -> int:
        return p.WRONG_EPOCH if row.older else self.consent.reason(row.purpose, self.now, row.recipient)

    def record(self, record: Record) -> int:
        """It ends things as it comes, and is decided some ticks later."""
        hasty = self.consent.haste(record)
        self.end(hasty)
        self.agree(hasty)  # with what is left, while the signature is still being checked
        code, ended = self.consent.take(record, self.now)
        if code == 0:
            self.issued = max(self.issued, record.issued)
            self.learn(self.issued)
        self.end(ended)
        return code

    def obey(self, order: Order, seq: int, prev: bytes, head: bytes, issued: int) -> int:
        """The next of the same chain, or nothing."""
        code = self._refuses(order.what, seq, prev, issued)
        if code:
            return code
        self.learn(issued)
        self.consent.seq, self.consent.head, self.issued = seq, head, max(self.issued, issued)
        named = {purpose for purpose in range(p.COUNT) if order.purposes >> purpose & 1}
        if order.what == ERASE and order.before == 0:
            for purpose in named:
                self.consent.rows.pop(purpose, None)
            self.end(named)
        elif order.what == ERASE:
            self._erase(named, self.t - max(0, self.now - order.before))
        self.owes = True
        held = [*self.rows, *([self.flight] if self.flight else [])]
        left = [max(1, row.at + self._retention(row.purpose) - self.t) for row in held]
        self.export = self.t + min([EXPORT_S, *left]) if order.what == EXPORT else 0
        self.end(set())  # the order told a later time
        return 0

    def _refuses(self, what: int, seq: int, prev: bytes, issued: int) -> int:
        consent = self.consent
        if consent.damaged:
            return errors.FORKED
        if seq != consent.seq + 1:
            return errors.REPLAYED if seq <= consent.seq else errors.GAP
        if prev != consent.head:
            return errors.FORKED
        if self.now >= 0 and abs(issued - self.now) > DAY:
            return errors.UNTIMELY
        readable = what == EXPORT and not consent.keys >> p.OWNER & 1  # no key to seal it to: the broker could read it
        return errors.NOT_GRANTED if readable else 0

    def _erase(self, named: set[int], until: int) -> None:
        """What was captured up to then, and is of these purposes."""
        self.rows = [row for row in self.rows if row.purpose not in named or row.at > until]
        if self.flight is not None and self.flight.purpose in named and self.flight.at <= until:
            self.flight, self.up = None, False

    def false(self, record: Record) -> int:
        """One under the pairing key, but not signed by the owner. What it ended for the moment is granted again, but gone."""
        hasty = self.consent.haste(record)
        self.end(hasty)
        self.agree(hasty)
        code, _ = self.copy().consent.take(record, self.now)
        return errors.BAD_MAC if hasty or code == 0 else code

    def learn(self, seconds: int) -> None:
        if seconds > self.now and seconds >= self.floor:
            self.now = seconds

    def end(self, ended: set[int]) -> None:
        """Nothing of what ended, or is granted no more, is left: no key, nothing that waits or is in flight."""
        live = self.consent.live(self.now)
        gone = ended | (self.live - live)
        self.live = live
        if self.key & gone:
            self.key = set()
        if gone:
            self.export = 0  # it would tell of what is gone
        self.rows = [row for row in self.rows if row.purpose not in gone]
        if self.flight is not None and self.flight.purpose in gone:
            self.flight, self.up = None, False

    def agree(self, suspended: Iterable[int] = ()) -> None:
        """One key for all that leaves sealed now; another one as soon as something is added."""
        wanted = {purpose for purpose in self.live - set(suspended) if self.consent.sealed(purpose)}
        if wanted - self.key:
            self.key = wanted

    def narrow(self, switches: int) -> None:
        self.end(self.consent.narrow(switches))

    def hold(self) -> None:
        self.consent.press()
        self.end(grantable())

    def put(self, purpose: int, recipient: int, older: int, serial: int) -> None:
        self.order += 1
        self.rows.append(Row(purpose, recipient, older, self.t, serial, self.order))

    def ack(self) -> None:
        self.flight = None

    def down(self) -> None:
        if self.flight is not None:
            self.rows.append(self.flight)
        self.flight, self.up = None, False

    def restart(self) -> None:
        """Grants are kept. What waits, the time and the connection are not."""
        self.rows, self.flight, self.up, self.now, self.key = [], None, False, -1, set()
        self.owes, self.export = False, 0
        self.floor = max(_EARLIEST, self.issued)
        self.live = self.consent.live(-1)

    def time(self, seconds: int) -> None:
        self.t += seconds
        if self.now >= 0:
            self.now += seconds
        if self.live - self.consent.live(self.now):
            self.issued = max(self.issued, self.now)  # kept: a record held up cannot bring back the time before
        self.end(set())
        if seconds >= SWEEP_S:
            self.rows = [row for row in self.rows if not self.stale(row)]

    def stale(self, row: Row) -> bool:
        return self.t - row.at >= self._retention(row.purpose)

    def _retention(self, purpose: int) -> int:
        rows = self.consent.rows
        return rows[purpose][0].retention if purpose in rows else 0

    def send(self) -> list[str]:
        """What leaves now: at most one, the most urgent that may; what may not is erased. Sealed, with what the key is for."""
        self.agree()
        while self.up and self.flight is None and self.rows:
            row = min(self.rows, key=lambda row: row.urgency)
            self.rows.remove(row)
            if self.reason(row) == p.GRANTED and not self.stale(row):
                self.flight = row
                mask = sum(1 << purpose for purpose in self.key)
                return [f"{row.serial}:{mask:x}" if self.consent.sealed(row.purpose) else str(row.serial)]
        return []

    def answer(self, code: int) -> str:
        """As player.py answers."""
        left = ",".join(self.send()) or "-"
        told = self.up and self.flight is None  # nothing else is waiting: an answer leaves now
        exported = told and self.t < self.export
        if told:
            self.owes, self.export = False, 0
        reasons = [self.consent.reason(n, self.now, who) for who in (0, 1) for n in range(p.COUNT)]
        return f"{code} {left} {''.join(f'{one:x}' for one in reasons)} {int(self.up)}{int(exported)}"


class Tracer:
    """Random operations on a world, as lines. What the owner signs comes from simulator/owner.py."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._binding: Binding = invented(rng)
        if rng.random() < 0.1:
            self._binding = replace(self._binding, seal=b"")  # enrolled before there was a key to seal to
        self.world = World(Model(keys=1 << p.OWNER if self._binding.seal else 0))
        self._owner = Owner(self._binding, rng)
        self._sent: list[tuple[bytes, Record]] = []
        self._serial = 0
        self._narrowed = False  # some permission was off once

    def begin(self) -> str:
        secrets = self._binding.secrets()
        words = [secrets.get(name, b"").hex() or "-" for name in NAMES]
        return f"new {' '.join(words)} = {self.world.answer(0)}"

    def step(self) -> str:
        world = self.world
        cannot = {
            "put": len(world.rows) >= MOST,
            "ack": world.flight is None,
            "down": not world.up,
            "up": world.up,
            "damage": not world.consent.seq,
            "order": world.owes,
        }
        can = [do for do in _OFTEN if not cannot.get(do)]
        (do,) = self._rng.choices(can, [_OFTEN[do] for do in can])
        return getattr(self, f"_{do}")()

    def _answered(self, operation: str, code: int = 0) -> str:
        return f"{operation} = {self.world.answer(code)}"

    def _signed(self) -> tuple[bytes, Record]:
        world, rng = self.world, self._rng
        if self._sent and rng.random() < 0.1:
            return rng.choice(self._sent)
        named = rng.sample((*PURPOSES, *_OTHERS), rng.randrange(1, 4))
        waits = [row.purpose for row in world.rows] + ([world.flight.purpose] if world.flight else [])
        if waits and rng.random() < 0.4:  # what waits is what a word about it can end
            named = [rng.choice(waits)]
        lines = [self._line(n) for n in named]
        seq = world.consent.seq + rng.choice((1,) * 14 + (2, 3))
        prev = world.consent.head if rng.random() < 0.95 else rng.randbytes(16)
        issued = max(START, world.issued, world.now, START + world.t) + rng.choice(
            (0,) * 12 + (-30, 200, -90_000, 90_000)
        )
        until = issued + rng.choice((70, 70, 4_000) + (86_400,) * 5)
        rows = [Consent(a.purpose, a.state, a.interval, a.precision, a.retention, a.recipients) for a in lines]
        switches = world.consent.switches
        if switches != ALL and rng.random() < 0.5:
            switches = rng.choice((ALL, ALL, ALL, rng.randrange(ALL)))
        self._owner.switches = switches
        self._narrowed = self._narrowed or switches != ALL
        made = self._owner.sign(rows, issued, until, seq, prev)
        said = switches if self._narrowed else -1  # from the first time on every record says them
        record = Record(seq, prev, made.head, tuple(lines), issued, issued, until, switches=said)
        self._sent.append((made.body, record))
        return self._sent[-1]

    def _line(self, purpose: int) -> Line:
        rng = self._rng
        yes = purpose in grantable() or rng.random() < 0.1
        state = rng.choice((1, 1, 1, 1, 1, 1, 7, 3, 2) if yes else (2, 3))
        return Line(
            purpose,
            state,
            rng.choice((0, 0, 10)),
            rng.choice((0, 0, 1, 2)),
            rng.choice((1,) * 6 + (0x11, 0x11, 2, 3, 0x13, 0x12)),
            rng.choice((60,) + (3_600,) * 8 + (1_000 * 3_600,)),
        )

    def _rec(self) -> str:
        body, record = self._signed()
        return self._answered(f"rec {body.hex()}", self.world.record(record))

    def _order(self) -> str:
        world, rng = self.world, self._rng
        what = rng.choice((ERASE, EXPORT))
        named: list[int] = []
        before = 0
        if what == ERASE:
            waits = [row.purpose for row in world.rows]
            named = [rng.choice(waits)] if waits else rng.sample((*PURPOSES, p.PHOTO), 2)
            before = rng.choice((0, 1, 1)) * max(1, world.now - rng.choice((0, 60, 600)))
        order = Order(what, sum(1 << one for one in named), before, request=rng.randbytes(16))
        seq = world.consent.seq + rng.choice((1,) * 12 + (0, 2))
        prev = world.consent.head if rng.random() < 0.95 else rng.randbytes(16)
        issued = max(START, world.issued, world.now, START + world.t) + rng.choice((0,) * 12 + (-90_000, 90_000))
        body, head = sign(
            order, self._binding.signer, self._binding.device_id, self._binding.aad(b"RIGHTS1"), seq, prev, issued
        )
        return self._answered(f"order {body.hex()}", world.obey(order, seq, prev, head, issued))

    def _false(self) -> str:
        body, record = self._signed()
        bare = cbor2.loads(body).value[2]
        return self._answered(f"rec {self._owner.hasten(bare[:-64] + bytes(64)).hex()}", self.world.false(record))

    def _cut(self) -> str:
        """The power goes in the write: nobody was answered, and what is kept is what was kept before."""
        body, record = self._signed()
        before = self.world.copy()
        self.world.record(record)
        self.world.consent, self.world.issued = before.consent, before.issued
        self.world.restart()
        return self._answered(f"cut {body.hex()}")

    def _hold(self) -> str:
        self.world.hold()
        return self._answered("hold")

    def _narrow(self) -> str:
        switches = ALL & ~self._rng.choice((1, 2, 16, 17, 64))
        self.world.narrow(switches)
        return self._answered(f"narrow {switches}")

    def _put(self) -> str:
        rng = self._rng
        self._serial += 1
        live = [n for n in PURPOSES if self.world.consent.reason(n, self.world.now) == p.GRANTED]
        words = (
            rng.choice(live if live and rng.random() < 0.7 else PURPOSES),
            rng.choice((0,) * 6 + (1, 2)),
            int(rng.random() < 0.1),
            self._serial,
        )
        self.world.put(*words)
        return self._answered("put " + " ".join(map(str, words)))

    def _ack(self) -> str:
        self.world.ack()
        return self._answered("ack")

    def _down(self) -> str:
        self.world.down()
        return self._answered("down")

    def _up(self) -> str:
        self.world.time(UP_S)
        self.world.up = True
        return self._answered("up")

    def _time(self) -> str:
        seconds = self._rng.choice((60,) * 6 + (61, 61, 600, 600, 4_000, 90_000))
        self.world.time(seconds)
        return self._answered(f"time {seconds}")

    def _restart(self) -> str:
        self.world.restart()
        return self._answered("restart")

    def _damage(self) -> str:
        self.world.restart()
        self.world.consent.damaged = True
        return self._answered(f"damage {self._rng.randrange(1 << 20)}")


def random_trace(seed: int, steps: int, life: int = 80) -> Iterator[str]:
    """`steps` lines; every `life` of them a new device begins."""
    rng = random.Random(f"trace {seed}")
    tracer = Tracer(rng)
    for k in range(steps):
        if k % life == 0:
            tracer = Tracer(rng)
            yield tracer.begin()
        else:
            yield tracer.step()
