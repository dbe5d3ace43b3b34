"""A real broker in place of the simulator's: every line is a paho link, and its answers are waited for in real time.

Nothing is counted at a broker that is not ours. What a line hears reaches its peer as an event of the engine, a virtual
millisecond later, so that the order of things stays the engine's.
"""

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from hal.host.link import PahoLink
from hal.ports import Readable
from simulator.cloud import NETWORK, Hello, Peer, Post
from simulator.engine import Engine
from simulator.mqtt.topics import matches
from tools.errors import Problem

_DOWN, _UP = 0, 2  # hal.ports.Link.state
_WAIT_S = 0.005  # at one socket, while another may speak
_OWED_S = 2.0  # a message acknowledged to one client may take this long to reach another
_GREETING_S = 12.0
REASONS = (
    "it hung up",
    "no connection",
    "it refused us",
    "its certificate is refused",
    "it does not speak MQTT 3.1.1",
    "no answer",
)
"""By hal.ports.Link.error."""


@dataclass
class Outgoing:
    """hal.ports.Outgoing"""

    topic: bytes
    buf: bytearray
    n: int
    qos: int
    retain: bool
    id: int


def ticks() -> int:
    return int(time.monotonic() * 1000) % (1 << 30)


class RealCloud:
    """The lines of one run to the broker at `url`. `away` while some line that wants a connection has none."""

    def __init__(self, url: str, ca: Path | None) -> None:
        self.lines: list[RealLine] = []
        self._url = url
        self._ca = ca
        self._engine: Engine | None = None
        self.region = self.new_link().region.decode()  # a bad URL or certificate file is found here

    def new_link(self) -> PahoLink:
        try:
            return PahoLink(self._url, self._ca)
        except ValueError as error:
            raise Problem(str(error), "--broker") from error

    def bind(self, engine: Engine, rng: object) -> "RealCloud":
        """The world's `make_cloud`: a real broker takes no part in virtual chance."""
        self._engine = engine
        return self

    def greet(self, client_id: bytes) -> None:
        """Connects once before anything else: an unreachable broker is said in one line."""
        link = self.new_link()
        link.open(Hello(client_id, True, 60, b"", b"", b""))
        until = time.monotonic() + _GREETING_S
        while link.state not in (_DOWN, _UP) and time.monotonic() < until:
            link.poll(ticks())
            link.wait(_WAIT_S)
        state, error = link.state, link.error
        link.close(True)
        if state != _UP:
            raise Problem(
                f"the broker cannot be used: {REASONS[error or NETWORK]}",
                "--broker",
                "Check address, port, --ca and that it runs",
            )

    def line(self, peer: Peer) -> "RealLine":
        if self._engine is None:
            raise RuntimeError("a cloud is bound to an engine before it makes lines")
        made = RealLine(self, self._engine, peer)
        self.lines.append(made)
        return made

    @property
    def away(self) -> bool:
        return any(line.lost for line in self.lines)

    def settle(self) -> bool:
        """Polls every line; True when it waited, because somebody still owes an answer."""
        for line in self.lines:
            line.poll()
        owing = [line for line in self.lines if line.owes()]
        if owing:
            owing[0].wait()
        return bool(owing)

    def passed_on(self, topic: bytes, sender: "RealLine") -> None:
        """The broker is given a message: whoever listens to it is owed a copy."""
        for line in self.lines:
            if line is not sender and line.listens(topic):
                line.expect()

    def leave(self) -> None:
        """Says goodbye. A session the broker keeps for one of us goes with it (MQTT 3.1.1 §3.1.2.4)."""
        for line in self.lines:
            kept = line.kept()
            line.close(True)
            if kept:
                self.greet(kept)


@dataclass
class RealLine:
    """One client's link, at most one connection at a time."""

    cloud: RealCloud
    engine: Engine
    peer: Peer
    lost: bool = False
    _posts: deque[Post] = field(default_factory=deque[Post])
    _hello: Hello | None = None
    _was: int = _DOWN
    _owed: deque[float] = field(default_factory=deque[float])  # until when a copy is waited for

    def __post_init__(self) -> None:
        self._link = self.cloud.new_link()
        self._link.on_sent = self._on_sent
        self._link.on_message = self._on_message

    def open(self, hello: Hello) -> None:
        self._posts.clear()
        self._hello = hello
        self._link.open(hello)
        self._was = self._link.state

    def send(self, post: Post) -> None:
        self._posts.append(post)

    def close(self, polite: bool) -> None:
        if polite:
            self._drain()
        self._link.close(polite)
        self._forget()

    def cut(self) -> None:
        self._link.close(False)
        self._forget()

    def _forget(self) -> None:
        self._posts.clear()
        self._owed.clear()
        self._was = _DOWN
        self.lost = False

    def _drain(self) -> None:
        """What was handed over goes before the goodbye, as on a virtual line."""
        until = time.monotonic() + _OWED_S
        while (self._posts or self._link.owes()) and self._link.state == _UP and time.monotonic() < until:
            self._offer()
            self._link.poll(ticks())
            self._link.wait(_WAIT_S)

    def poll(self) -> None:
        self._offer()
        self._link.poll(ticks())
        state = self._link.state
        if state == self._was:
            return
        was, self._was = self._was, state
        if state == _UP:
            self.lost = False
            self.engine.after(1, self.peer.on_up)
        elif state == _DOWN and was != _DOWN:
            error = self._link.error
            self._forget()
            self.lost = True
            self.engine.after(1, lambda: self.peer.on_down(error))

    def _offer(self) -> None:
        if self._posts and self._link.room():
            post = self._posts[0]
            self._link.send(Outgoing(post.topic, bytearray(post.body), len(post.body), post.qos, post.retain, post.id))
            self.cloud.passed_on(post.topic, self)

    def owes(self) -> bool:
        now = time.monotonic()
        while self._owed and self._owed[0] < now:
            self._owed.popleft()
        return self._link.owes() or bool(self._owed) or (bool(self._posts) and self._link.state == _UP)

    def wait(self) -> None:
        self._link.wait(_WAIT_S)

    def kept(self) -> bytes:
        """The client id under which the broker keeps a session, b"" when it keeps none."""
        hello = self._hello
        return b"" if hello is None or hello.clean else hello.client_id

    def listens(self, topic: bytes) -> bool:
        inbox = self._hello.inbox if self._hello is not None else b""
        return self._link.state == _UP and bool(inbox) and matches(inbox.decode(), topic.decode())

    def expect(self) -> None:
        self._owed.append(time.monotonic() + _OWED_S)

    def _on_sent(self, id: int) -> None:
        if self._posts:
            self._posts.popleft()
        self.engine.after(1, lambda: self.peer.on_sent(id))

    def _on_message(self, topic: bytes, payload: Readable, n: int) -> None:
        if self._owed:
            self._owed.popleft()
        body = bytes(payload[:n])
        self.engine.after(1, lambda: self.peer.on_message(topic, body))
