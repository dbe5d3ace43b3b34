"""The broker and the way to it, in virtual time: one `Line` a client, every packet real MQTT 3.1.1, every hop late.

A line says to its `Peer` what hal.ports.Link says to the agent: up, down and why, delivered, message. The device's messages cross
between its link port and its line in `DevicePort`. Another cloud (a real broker) is another maker of lines.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from simulator import remote
from simulator.engine import Engine
from simulator.mqtt.broker import Broker
from simulator.mqtt.connection import Connection
from simulator.mqtt.events import Acked, Broken, Connected, Event, Lost, Message, Refused, Silent, Subscribed
from simulator.mqtt.packets import Will
from simulator.mqtt.session import UP, Session

ANSWER_MS = 10_000  # one PUBACK, or CONNACK and SUBACK together, as on hal/host and hal/mpy
MAX_INBOUND = 1_100  # topic and payload of one message the link port takes; a longer one is dropped, as adapters do
_HOP_MS = (18, 60)  # one way
_HANDSHAKE_MS = 160
NETWORK = 1  # hal.ports.Link.error
REFUSED = 2
CERTIFICATE = 3
PROTOCOL = 4
TIMED_OUT = 5


@dataclass
class Hello:
    """How a client introduces itself: hal.ports.LinkOptions as values. `inbox` is subscribed to with QoS 1."""

    client_id: bytes
    clean: bool
    keepalive_s: int
    will_topic: bytes
    will: bytes
    inbox: bytes


class Post(NamedTuple):
    """One message to publish; `id` comes back in `on_sent`."""

    topic: bytes
    body: bytes
    qos: int
    retain: bool
    id: int


class Peer(Protocol):
    """Whoever uses a line."""

    def on_up(self) -> None: ...

    def on_down(self, error: int) -> None: ...

    def on_sent(self, id: int) -> None: ...

    def on_message(self, topic: bytes, body: bytes) -> None: ...


class Line(Protocol):
    def open(self, hello: Hello) -> None: ...

    def send(self, post: Post) -> None: ...

    def close(self, polite: bool) -> None: ...

    def cut(self) -> None:
        """The network under it is gone; nobody says goodbye."""
        ...


class Cloud(Protocol):
    def line(self, peer: Peer) -> Line: ...


class VirtualCloud:
    """The broker of simulator/mqtt.

    `arrived` counts what it took: (topic, whether it was empty) → (messages, payload bytes). Last wills are counted apart.
    """

    def __init__(self, engine: Engine, rng: random.Random) -> None:
        self.broker = Broker()
        self.arrived: dict[tuple[str, bool], tuple[int, int]] = {}
        self.wills = 0
        self.lines: list[VirtualLine] = []
        self.open = True  # False: it takes no connection
        self.engine = engine
        self._rng = rng
        self._timer = -1
        self.broker.on_publish = self._count

    def line(self, peer: Peer) -> "VirtualLine":
        made = VirtualLine(self, peer, f"line-{len(self.lines)}")
        self.lines.append(made)
        return made

    def hop(self) -> int:
        return self._rng.randrange(*_HOP_MS)

    def stop(self) -> None:
        """The broker goes away: every connection breaks, its sessions are on disk."""
        self.open = False
        self.broker.restart(self.engine.clock.t, persistent=True)
        self.spread()

    def start(self) -> None:
        self.open = True

    def spread(self) -> None:
        """Sends on what the broker has to say to anybody, and sets its timer."""
        for line in self.lines:
            line.collect()
        due = self.broker.deadline()
        if due is not None and not self.engine.clock.t < self._timer <= due:
            self._timer = due
            self.engine.at(due, lambda: self._tick(due))

    def _tick(self, due: int) -> None:
        if self._timer == due:
            self._timer = -1
        self.broker.on_time(self.engine.clock.t)
        self.spread()

    def _count(self, client: str, topic: str, body: bytes, qos: int, retain: bool, now: int) -> None:
        if any((topic, body) in line.wills for line in self.lines):
            self.wills += 1
            return
        count, size = self.arrived.get((topic, not body), (0, 0))
        self.arrived[topic, not body] = count + 1, size + len(body)


class VirtualLine:
    """One client: its session here, its connection at the broker, and the hops between. Bytes stay in order."""

    def __init__(self, cloud: VirtualCloud, peer: Peer, name: str) -> None:
        self._cloud = cloud
        self._peer = peer
        self._name = name
        self._session = Session()
        self._conn: Connection | None = None
        self.wills: set[tuple[str, bytes]] = set()  # the last wills it introduced itself with
        self._hello: Hello | None = None
        self._ids: dict[int, int] = {}  # packet identifier → ours
        self._there = self._back = 0  # when the last byte of each direction arrives
        self._trip = 0  # the connection's number: what belongs to an older one is lost on the way
        self._owed = 0  # answers outstanding since `_asked`
        self._asked = 0
        self._beat_at = -1

    def open(self, hello: Hello) -> None:
        self._leave()
        cloud = self._cloud
        if hello.clean or self._hello is None or self._hello.client_id != hello.client_id:
            self._session = Session()
            self._ids.clear()
        self._hello = hello
        trip = self._trip
        if not cloud.open:
            cloud.engine.after(cloud.hop() * 2, lambda: self._fail(trip, NETWORK))
            return
        will = None
        if hello.will_topic:
            will = Will(hello.will_topic.decode(), hello.will, 1, True)
            self.wills.add((will.topic, will.payload))
        self._session.connect(hello.client_id.decode(), hello.clean, will, hello.keepalive_s)
        self._conn = cloud.broker.connect(self._name, cloud.engine.clock.t)
        self._ask()
        self._flush()

    def send(self, post: Post) -> None:
        if self._session.state != UP:
            return
        packet_id = self._session.publish(post.topic.decode(), post.body, post.qos, post.retain)
        if packet_id:
            self._ids[packet_id] = post.id
            self._ask()
        self._flush()
        if not packet_id:
            self._cloud.engine.after(1, lambda: self._peer.on_sent(post.id))

    def close(self, polite: bool) -> None:
        if polite and self._session.state == UP:
            self._session.disconnect()
            self._flush()
        self._leave()

    def cut(self) -> None:
        """The broker notices by keep alive alone."""
        self._session.lost()
        self._trip += 1
        self._conn = None

    def _leave(self) -> None:
        """Hangs up: the broker hears of it a hop later, after the bytes under way."""
        conn, cloud = self._conn, self._cloud
        self.cut()
        if conn is not None:
            at = max(cloud.engine.clock.t + cloud.hop(), self._there)
            cloud.engine.at(at, lambda: self._hung_up(conn))

    def _hung_up(self, conn: Connection) -> None:
        if not conn.ended:
            conn.close(self._cloud.engine.clock.t)
        self._cloud.spread()

    def _flush(self) -> None:
        """Session → broker."""
        data, conn, cloud = self._session.take(), self._conn, self._cloud
        if data and conn is not None:
            self._there = max(cloud.engine.clock.t + cloud.hop(), self._there)
            cloud.engine.at(self._there, lambda: self._reach(conn, data))

    def _reach(self, conn: Connection, data: bytes) -> None:
        conn.feed(data, self._cloud.engine.clock.t)
        self._cloud.spread()

    def collect(self) -> None:
        """Broker → session."""
        conn, cloud = self._conn, self._cloud
        if conn is None:
            return
        data, trip = conn.take(), self._trip
        if data or conn.closed:
            self._back = max(cloud.engine.clock.t + cloud.hop(), self._back)
        if data:
            cloud.engine.at(self._back, lambda: self._return(trip, data))
        if conn.closed:
            self._conn = None
            cloud.engine.at(self._back, lambda: self._fail(trip, NETWORK))

    def _return(self, trip: int, data: bytes) -> None:
        if trip != self._trip:
            return
        now = self._cloud.engine.clock.t
        for event in self._session.feed(data, now):
            if trip == self._trip:  # an event before this one may have ended the connection
                self._take(trip, event)
        self._flush()
        self._beat()

    def _take(self, trip: int, event: Event) -> None:
        match event:
            case Connected() if self._hello is not None and self._session.state == UP:
                self._session.subscribe((self._hello.inbox.decode(), 1))
            case Subscribed():
                self._owed -= 1
                self._peer.on_up()
            case Acked(packet_id):
                self._owed -= 1
                self._asked = self._cloud.engine.clock.t
                self._peer.on_sent(self._ids.pop(packet_id, 0))
            case Lost(packet_id):
                self._ids.pop(packet_id, 0)
            case Message(topic, payload):
                self._peer.on_message(topic.encode(), payload)
            case Refused():
                self._fail(trip, REFUSED)
            case Silent():
                self._fail(trip, TIMED_OUT)
            case Broken():
                self._fail(trip, PROTOCOL)
            case _:
                pass

    def _fail(self, trip: int, error: int) -> None:
        if trip != self._trip:
            return
        self._owed = 0
        self._leave()
        self._peer.on_down(error)

    def _ask(self) -> None:
        """The broker owes an answer: it has ten seconds."""
        if self._owed == 0:
            self._asked = self._cloud.engine.clock.t
        self._owed += 1
        trip = self._trip
        self._cloud.engine.after(ANSWER_MS, lambda: self._overdue(trip))

    def _overdue(self, trip: int) -> None:
        if trip == self._trip and self._owed > 0 and self._cloud.engine.clock.t - self._asked >= ANSWER_MS:
            self._fail(trip, TIMED_OUT)

    def _beat(self) -> None:
        """Plans the next ping."""
        due, trip = self._session.deadline(), self._trip
        if due is not None and due != self._beat_at:
            self._beat_at = due
            self._cloud.engine.at(due, lambda: self._ping(trip))

    def _ping(self, trip: int) -> None:
        if trip != self._trip or self._session.state != UP:
            return
        for event in self._session.on_time(self._cloud.engine.clock.t):
            self._take(trip, event)
        self._flush()
        self._beat()


class DevicePort:
    """The device's link port on one side, its line on the other (the forms are remote.Link's)."""

    def __init__(self, engine: Engine, cloud: Cloud) -> None:
        self.up = False
        self.network = False  # whether Wi-Fi carries it
        self.redirected = False  # the broker's name leads to a machine whose certificate the device does not trust
        self.on_change: Callable[[str, int], object] = _ignore
        self._engine = engine
        self._line = cloud.line(self)
        engine.listen(remote.LINK, self._said)

    def carry(self, up: bool) -> None:
        """Wi-Fi came or went."""
        self.network = up
        if not up:
            was, self.up = self.up, False
            self._line.cut()
            if was:
                self._engine.give(remote.LINK, bytes((68, NETWORK)))
                self.on_change("lost", NETWORK)

    def restart(self) -> None:
        """The device lost power: nobody says goodbye."""
        self.up = False
        self._line.cut()

    def _said(self, data: bytes) -> None:
        kind = data[:1]
        if kind == b"O":
            if not self.network:
                self._engine.after(1, lambda: self.on_down(NETWORK))
            elif self.redirected:  # TLS ends before MQTT begins (tests/host/test_paho_tls.py, test_umqtt_tls.py)
                self._engine.after(_HANDSHAKE_MS, lambda: self.on_down(CERTIFICATE))
            else:
                self._line.open(hello_of(data))
        elif kind == b"C":
            self.up = False
            self._line.close(data[1] == 1)
            self.on_change("closed" if data[1] else "dropped", 0)
        else:
            self._line.send(post_of(data))

    def on_up(self) -> None:
        self.up = True
        self._engine.give(remote.LINK, b"U")
        self.on_change("up", 0)

    def on_down(self, error: int) -> None:
        self.up = False
        self._engine.give(remote.LINK, bytes((68, error)))
        self.on_change("lost", error)

    def on_sent(self, id: int) -> None:
        self._engine.give(remote.LINK, b"A" + id.to_bytes(2, "big"))

    def on_message(self, topic: bytes, body: bytes) -> None:
        if len(topic) + len(body) <= MAX_INBOUND:
            self._engine.give(remote.LINK, b"M" + bytes((len(topic),)) + topic + body)


def hello_of(data: bytes) -> Hello:
    """`O` clean, keepalive (2), client id, will topic, will, inbox: each length first."""
    texts: list[bytes] = []
    at = 4
    for _ in range(4):
        texts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    client_id, will_topic, will, inbox = texts
    return Hello(client_id, data[1] == 1, int.from_bytes(data[2:4], "big"), will_topic, will, inbox)


def post_of(data: bytes) -> Post:
    """`P` id (2), qos | retain << 7, topic (length first), payload."""
    at = 5 + data[4]
    return Post(data[5:at], data[at:], data[3] & 3, bool(data[3] & 0x80), int.from_bytes(data[1:3], "big"))


def inbound_of(data: bytes) -> tuple[bytes, bytes]:
    """`M` topic (length first), payload → (topic, payload)."""
    at = 2 + data[1]
    return data[2:at], data[at:]


def _ignore(what: str, error: int) -> None:
    """Nobody watches."""
