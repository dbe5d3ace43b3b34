"""An independent reading of a tap: which grants were in force when, what left under them, and whether anything left without.

It shares no state with the agent: it opens the records that reached the device itself, keeps its own table, and compares every
release, connection, advert and sensor with it (invariants I2, I4, I7, I8). `findings` is empty when the device kept its word.
"""

import hashlib
import struct
from dataclasses import dataclass, field

import cbor2

from agent.link import kinds
from agent.link.fragments import RECORD
from agent.privacy import purposes as p
from agent.privacy import table
from agent.privacy.grants import personal
from agent.privacy.names import PRECISIONS, PURPOSES
from agent.privacy.order import ERASE
from agent.privacy.record import EPOCH_2020
from simulator import remote, tap
from simulator.cloud import Post, hello_of, inbound_of, post_of
from simulator.courier import LAST
from simulator.evidence import Grant, Place, Release, Span
from simulator.inbox import MESSAGES
from simulator.keys import open_sign1
from simulator.opener import is_sealed
from simulator.owner import GIVEN, RENEWED, Binding, mac0

_SLACK_S = 2  # the device learns the second of a record's signature, a moment after it
_PARSED_MS = 1_200  # a fix is read when its second is over
_SKEW_S = 86_400
_CHECKED_MS = 60  # a signature is checked within: what comes in between may be refused as busy
_NEEDS = {
    **dict.fromkeys(range(p.LOCATION_REPORT, p.LOCATION_ALARM + 1), 1),
    **dict.fromkeys((p.PHOTO, p.QR), 2),
    **dict.fromkeys((p.WAKE_ABNORMAL, p.WAKE_LOW_POWER, p.WAKE_SHARING), 16),
}
"""Purpose → the permission it needs, as bits of claim -65546 (policy 1.5)."""
_LONG = b"\x00\x02"  # the button, held
_SENSORS = {remote.POWER: p.GNSS, remote.CAMERA: p.CAMERA}
_LOCATION = (p.LOCATION_REPORT, p.LOCATION_ALARM)


@dataclass
class _Row:
    start: int
    until: int
    precision: int
    record: int
    recipients: int


@dataclass
class Audit:
    """Feed every exchange to `see`, then call `close`."""

    binding: Binding
    start_s: int
    releases: list[Release] = field(default_factory=list[Release])
    findings: list[str] = field(default_factory=list[str])
    places: list[Place] = field(default_factory=list[Place])
    grants: dict[int, list[Grant]] = field(default_factory=dict[int, list[Grant]])
    powered: dict[int, list[Span]] = field(default_factory=dict[int, list[Span]])  # by sensor
    connections: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])  # (t, purpose)
    lit: list[Span] = field(default_factory=list[Span])
    erased: dict[int, list[Span]] = field(default_factory=dict[int, list[Span]])  # from a start to an order, by purpose
    lags: list[int] = field(default_factory=list[int])  # how late the device's clock was each time it learned the time

    def __post_init__(self) -> None:
        self._opener = self.binding.opener()
        self._rows: dict[int, _Row] = {}
        self._pins: dict[int, int] = {}
        self._chains = {(0, bytes(16))}  # where the device's chain may be: (number, head); one, unless it was busy
        self._busy_until = 0
        self._ending: list[
            tuple[int, int, int]
        ] = []  # (ms, purposes, number) of orders to erase that are being checked
        self._lag_ms: int | None = None  # how far the device's clock may be behind; None: it knows no time
        self._learned = 0  # when it last learned the time: what was over by then ended there
        self._started = 0
        self._on: dict[int, int] = {}
        self._light = -1
        self._parcel = bytearray()
        self._ids: dict[int, tuple[int, int]] = {}  # message id → (kind, release number)

    def see(self, seen: tap.Seen) -> None:
        t, port, data = seen.t, seen.port, seen.data
        self._expire(t)
        if seen.way == tap.IN:
            if port == remote.LINK and data[:1] == b"M":
                topic, body = inbound_of(data)
                if topic.endswith(kinds.RECORD):
                    self._record(t, body)
                elif topic.endswith(kinds.ORDER):
                    self._order(t, body)
            elif port == remote.BLE and data[:1] == b"W":
                self._piece(t, data[1:])
            elif port == remote.BUTTON and data == _LONG:
                self._press(t)
        elif port == remote.LINK:
            self._said(t, data)
        elif port in _SENSORS and data[:1] == b"P":
            self._power(t, _SENSORS[port], data[1] == 1)
        elif port == remote.INDICATOR and data[:1] == b"L":
            self._lamp(t, data[1] == 1)
        elif port == remote.BLE and data[:2] == b"N" + bytes((RECORD,)):
            self._record(t, bytes(self._parcel[1:]))  # only an answered parcel was heard

    def boot(self, t: int) -> None:
        """The device was started anew: what it said before has no claim on ids; its flash keeps the grants."""
        self._expire(t)
        self._started = t
        self._ending.clear()  # a start in the middle of a check: the order was not taken
        self._ids.clear()
        self._lag_ms = None
        self._learned = t
        self._lamp(t, False)
        for sensor in list(self._on):
            self._power(t, sensor, False)

    def fix(self, t: int) -> None:
        """The receiver gave a valid fix: from here on the device's clock is right."""
        self._expire(t)
        self._learn(t, 0)
        self._learned = max(self._learned, t + _PARSED_MS)

    def close(self, t: int) -> None:
        """The run is over: spans still open end here."""
        self._expire(t)
        for purpose in list(self._rows):
            self._end(t, purpose, "")
        for sensor in list(self._on):
            self._power(t, sensor, False)
        self._lamp(t, False)
        self._compare()

    def live(self, purpose: int, t: int) -> Grant | None:
        """The grant of `purpose` in force at `t`, after `close`. One that ends in this millisecond still counts: it ended in it."""
        found = [grant for grant in self.grants.get(purpose, []) if grant.start <= t <= grant.end]
        return found[-1] if found else None

    # Records.

    def _piece(self, t: int, data: bytes) -> None:
        if data[0] & ~LAST == 0:
            self._parcel.clear()
        self._parcel += data[1:]

    def _record(self, t: int, body: bytes) -> None:
        bare = self._unwrapped(body)
        opened = open_sign1(self.binding.signer.cose_key, bare, self.binding.aad(b"CONSENT1"))
        if opened is None:
            return  # not the owner's
        payload, digest = opened
        claims = cbor2.loads(payload)
        seq, issued, until = claims[-65538], claims[6] - EPOCH_2020, claims[4] - EPOCH_2020
        lines = claims[-65541]
        if all(seq <= last for last, _ in self._chains):
            return
        certain = t >= self._busy_until
        if certain:
            self._busy_until = t + _CHECKED_MS
        takes = not any(self._unknown(line) for line in lines) and self._timely(t, issued, until)
        moved = {
            (seq, digest[:16]) if takes and seq == last + 1 and claims[-65539] == head else (last, head)
            for last, head in self._chains
        }
        fits = (seq, digest[:16]) in moved
        self._chains = moved if certain else self._chains | moved
        if fits:
            self._switch(t, claims.get(-65546, 0x7F))
            lag = max(0, t - (issued - self.start_s) * 1000)
            self._learn(t, lag)
        for purpose, state, _, terms in lines:
            given = state in (GIVEN, RENEWED)
            if not given:
                self._end(t, purpose, "withdrawn")
                if not fits:
                    self._pins[purpose] = max(seq, self._pins.get(purpose, 0))
            elif fits and self._pins.get(purpose, 0) < seq:
                self._end(t, purpose, "replaced")
                self._rows[purpose] = _Row(t, (until - self.start_s) * 1000, terms[2], seq, terms[4])

    def _order(self, t: int, body: bytes) -> None:
        """An order takes a number of the chain. One to erase all of a purpose ends its consent, once its signature is checked."""
        opened = open_sign1(self.binding.signer.cose_key, body, self.binding.aad(b"RIGHTS1"))
        if opened is None:
            return  # not the owner's
        payload, digest = opened
        claims = cbor2.loads(payload)
        seq, issued = claims[-65538], claims[6] - EPOCH_2020
        what, purposes, before, _ = claims[-65550]
        link = seq, digest[:16]
        moved = {
            link
            if (last + 1, head) == (seq, claims[-65539]) and self._timely(t, issued, issued + _SKEW_S)
            else (last, head)
            for last, head in self._chains
        }
        certain = t >= self._busy_until
        self._chains = moved if certain else self._chains | moved
        if link in moved:
            self._learn(t, max(0, t - (issued - self.start_s) * 1000))
            if what == ERASE and not before:
                self._ending.append((t + _CHECKED_MS, purposes, seq))

    def _unwrapped(self, body: bytes) -> bytes:
        """The record inside the envelope of haste, or the bare one that it is. One under another key is nobody's."""
        if body[:1] != b"\xd1":
            return body
        header, _, payload, _ = cbor2.loads(body).value
        whole, _ = mac0(self.binding.key, cbor2.loads(header), payload, self.binding.aad(b"HASTE1"))
        return payload if whole == body else b""

    def _press(self, t: int) -> None:
        for purpose in range(1, p.COUNT):
            self._end(t, purpose, "withdrawn")
        self._chains = {
            (seq + 1, hashlib.sha256(b"PRESS1" + head + struct.pack(">I", seq + 1)).digest()[:16])
            for seq, head in self._chains
        }

    def _switch(self, t: int, switches: int) -> None:
        """Permissions that are off end what needs them, for as long as they are."""
        for purpose, needed in _NEEDS.items():
            if needed & ~switches:
                self._end(t, purpose, "switched off")

    def _learn(self, t: int, lag: int) -> None:
        if self._lag_ms is None or lag < self._lag_ms:
            self._lag_ms = lag
            self._learned = t
            self.lags.append(lag)

    def _timely(self, t: int, issued: int, until: int) -> bool:
        """By the device's own clock: before the end, and within a day of the signature (security.md §3)."""
        if self._lag_ms is None:
            return True
        now = self.start_s + (t - self._lag_ms) // 1000
        return now < until and abs(issued - now) <= _SKEW_S

    @staticmethod
    def _unknown(line: list[object]) -> bool:
        purpose, state = line[0], line[1]
        return state in (GIVEN, RENEWED) and not p.GRANTABLE >> int(str(purpose)) & 1

    def _end(self, t: int, purpose: int, why: str) -> None:
        row = self._rows.pop(purpose, None)
        if row is not None:
            grant = Grant(row.start, t, row.until, row.precision, row.record, why)
            self.grants.setdefault(purpose, []).append(grant)

    def _expire(self, t: int) -> None:
        """By the device's own trusted clock: it learns the second of a signature, so a record that travelled long leaves it late."""
        while self._ending and self._ending[0][0] <= t:
            end, purposes, seq = self._ending.pop(0)
            for purpose in (n for n in range(p.COUNT) if purposes >> n & 1):
                self.erased.setdefault(purpose, []).append(Span(self._started, end))
                row = self._rows.get(purpose)
                if row is not None and row.record < seq:
                    self._end(end, purpose, "erased")
        if self._lag_ms is None:
            return  # it cannot know that anything ended; it lets nothing pass either
        late = _SLACK_S * 1000 + self._lag_ms
        for purpose, row in list(self._rows.items()):
            if t >= row.until + late:
                self._end(max(row.until + late, row.start, self._learned), purpose, "expired")

    # What the device did.

    def _said(self, t: int, data: bytes) -> None:
        if data[:1] == b"O":
            hello = hello_of(data)
            nameless = not hello.will_topic and hello.client_id not in self.binding.topic
            purpose = p.CONTROL if nameless else p.PRESENCE
            self.connections.append((t, purpose))
        elif data[:1] == b"P":
            self._published(t, post_of(data))

    def _published(self, t: int, post: Post) -> None:
        kind = kind_of(post.topic, post.body)
        body: dict[int, object] = cbor2.loads(post.body) if post.body else {}
        number = int(str(body.get(1, -1)))
        again = self._ids.get(post.id) == (kind, number)
        self._ids[post.id] = kind, number
        purpose = kinds.PURPOSE[kind]
        sealed = is_sealed(body)
        self.releases.append(Release(t, kind, purpose, post.id, len(post.body), again, sealed))
        self._narrow(kind, post.body)
        if kind == kinds.SEAL:
            self._opener.learn(body)
        row = self._rows.get(purpose)
        if personal(purpose) and row is not None and sealed == bool(row.recipients >> p.PROVIDER & 1):
            self._find(
                t, f"{PURPOSES[purpose]} left {'sealed, though' if sealed else 'readable: not'} granted to the platform"
            )
        if purpose in _LOCATION:
            self._place(t, kind, self._opened(t, kind, body) if sealed else body)

    def _narrow(self, kind: int, body: bytes) -> None:
        """What the device says of its chain rules out where else it might have been; it adds nothing."""
        if kind == kinds.HELLO:
            said = cbor2.loads(body)
            seq, head = said[3], said[4]
        elif kind == kinds.RECEIPT:
            said = cbor2.loads(cbor2.loads(cbor2.loads(body)[2]).value[2])
            seq, head = said[2], said[3]
        elif kind == kinds.RIGHTS:
            taken = cbor2.loads(body)[2]  # the number of an order
            self._chains = {chain for chain in self._chains if chain[0] >= taken} or self._chains
            return
        else:
            return
        self._chains = {chain for chain in self._chains if chain[0] > seq or chain == (seq, head)} or self._chains

    def _opened(self, t: int, kind: int, body: dict[int, object]) -> dict[int, object]:
        plain = self._opener.open(MESSAGES[kind], body)
        if plain is None:
            self._find(t, f"{MESSAGES[kind]} left under a key that its owner cannot know")
        return cbor2.loads(plain) if plain is not None else {}

    def _place(self, t: int, kind: int, body: dict[int, object]) -> None:
        """A position is never finer than the grant of this very moment."""
        purpose = kinds.PURPOSE[kind]
        row = self._rows.get(purpose)
        precision = int(str(body.get(5, len(PRECISIONS) - 1)))
        self.places.append(Place(t, kind, precision))
        if row is not None and precision < row.precision:
            self._find(
                t, f"{PURPOSES[purpose]} at {PRECISIONS[precision]} precision, {PRECISIONS[row.precision]} granted"
            )

    def _power(self, t: int, sensor: int, on: bool) -> None:
        if on:
            self._on.setdefault(sensor, t)
        elif sensor in self._on:
            self.powered.setdefault(sensor, []).append(Span(self._on.pop(sensor), t))

    def _lamp(self, t: int, on: bool) -> None:
        if on and self._light < 0:
            self._light = t
        elif not on and self._light >= 0:  # also when power was cut: the light goes with it
            self.lit.append(Span(self._light, t))
            self._light = -1

    # The verdict.

    def _compare(self) -> None:
        for release in self.releases:
            if release.purpose != p.CONTROL and self.live(release.purpose, release.t) is None:
                self._find(release.t, f"a message of {PURPOSES[release.purpose]} left without a grant")
        for t, purpose in self.connections:
            if purpose == p.PRESENCE and self.live(p.PRESENCE, t) is None:
                self._find(t, "the device showed its name without a grant for presence")
        for sensor, spans in sorted(self.powered.items()):
            users = [purpose for purpose in range(p.COUNT) if table.fact(purpose, table.SENSOR) & sensor]
            for span in spans:
                self._covered(span, users, "the receiver" if sensor == p.GNSS else "the camera")
        if self.lit != self.powered.get(p.CAMERA, []):
            self.findings.append("the camera's light and its power do not agree")

    def _covered(self, span: Span, users: list[int], what: str) -> None:
        """Every moment of `span` lies within a grant of one of `users`."""
        t = span.start
        while t < span.end:
            ends = [grant.end for user in users if (grant := self.live(user, t)) is not None and grant.end > t]
            if not ends:
                self._find(t, f"{what} had power without a grant")
                return
            t = max(ends)

    def _find(self, t: int, what: str) -> None:
        self.findings.append(f"at {t} ms: {what}")


def kind_of(topic: bytes, body: bytes) -> int:
    """The kind of message (agent/link/kinds.py) with this topic."""
    name = topic.split(b"/", 2)[2]
    if name == kinds.NAMES[kinds.CLEAR] and not body:
        return kinds.CLEAR
    return kinds.NAMES.index(name)
