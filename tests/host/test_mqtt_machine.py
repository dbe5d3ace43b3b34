"""Random lives of three clients against a model of the standard: who gets which message, when, and how often."""

from collections import deque
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from simulator.mqtt.broker import Broker
from simulator.mqtt.events import Message
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import Will
from simulator.mqtt.topics import matches
from tests.support import mqtt_values as values
from tests.support.mqtt_memory import Bench, Client

_IDS = ("a", "b", "c")
_WINDOW, _QUEUE = 3, 4
_ids = st.sampled_from(_IDS)
_topics = st.sampled_from(("a", "a/b", "$a", "b"))
_filters = st.sampled_from(("a", "#", "a/#", "+", "+/b", "$a", "$a/#"))
_payloads = st.sampled_from((b"", b"1", b"2"))


@dataclass
class Life:
    """What the standard says the broker knows of one client, and what the client must have been told."""

    online: bool = False
    asleep: bool = False  # the client reads nothing
    clean: bool = True
    will: Will | None = None
    filters: dict[str, int] = field(default_factory=dict)
    unread: list[Message] = field(default_factory=list)  # written to the connection
    sent: list[Message] = field(default_factory=list)  # of those, QoS 1 and 2, unacknowledged
    waiting: deque[Message] = field(default_factory=deque)
    told: list[Message] = field(default_factory=list)

    def wipe(self) -> None:
        self.filters.clear()
        self.sent.clear()
        self.waiting.clear()

    def deliver(self, message: Message) -> None:
        if message.qos == 0:
            if self.online:
                self.unread.append(message)
        elif len(self.waiting) < _QUEUE:
            self.waiting.append(message)
        self.move()

    def move(self) -> None:
        """The broker writes what the window admits; a client that is awake reads and acknowledges until all is done."""
        while self.online:
            while self.waiting and len(self.sent) < _WINDOW:
                self.sent.append(self.waiting.popleft())
                self.unread.append(self.sent[-1])
            if self.asleep or not self.unread:
                return
            self.told += self.unread
            self.unread.clear()
            self.sent.clear()


class Brokers(RuleBasedStateMachine):
    """Every rule acts on the broker and on the model; the invariant compares what each client was told."""

    @initialize()
    def start(self) -> None:
        self.bench = Bench(Broker(Limits(in_flight=_WINDOW, queue=_QUEUE)))
        self.clients = {client_id: Client(self.bench, client_id) for client_id in _IDS}
        self.bench.clients = list(self.clients.values())
        self.lives = {client_id: Life() for client_id in _IDS}
        self.retained: dict[str, tuple[bytes, int]] = {}
        for client_id, qos in zip(_IDS, (0, 1, 2), strict=True):  # lives begin where messages flow
            self.connect(client_id, clean=qos == 0, will=None)
            self._subscribe(client_id, "#", qos)

    def _awake(self, client_id: str) -> bool:
        return self.lives[client_id].online and not self.lives[client_id].asleep

    @rule(client_id=_ids, clean=st.booleans(), will=st.none() | values.wills(_topics, _payloads))
    def connect(self, client_id: str, clean: bool, will: Will | None) -> None:
        """Also while connected: then it is a takeover."""
        client, life = self.clients[client_id], self.lives[client_id]
        if life.online:
            client.session.lost()
            self._end(client_id)
        if clean:
            life.wipe()
        life.online, life.asleep, life.clean, life.will = True, False, clean, will
        life.unread = [Message(m.topic, m.payload, m.qos, m.retain, True) for m in life.sent]
        client.connect(clean=clean, keepalive_s=0, will=will)
        life.move()

    def _end(self, client_id: str, polite: bool = False) -> None:
        life = self.lives[client_id]
        life.online = False
        life.asleep = self.clients[client_id].asleep = False
        life.unread.clear()
        if life.clean:
            life.wipe()
        if life.will is not None and not polite:
            self._route(life.will.topic, life.will.payload, life.will.qos, life.will.retain)

    @precondition(lambda self: any(map(self._awake, _IDS)))
    @rule(data=st.data(), polite=st.booleans())
    def leave(self, data: st.DataObject, polite: bool) -> None:
        client_id = data.draw(st.sampled_from(list(filter(self._awake, _IDS))))
        self._end(client_id, polite)
        if polite:
            self.clients[client_id].disconnect()
        else:
            self.clients[client_id].break_wire()

    @rule(client_id=_ids)
    def fall_asleep(self, client_id: str) -> None:
        if self.lives[client_id].online:
            self.lives[client_id].asleep = self.clients[client_id].asleep = True

    @rule(client_id=_ids, breaks=st.booleans())
    def wake_up(self, client_id: str, breaks: bool) -> None:
        """Either it reads on, or its wire broke meanwhile."""
        life, client = self.lives[client_id], self.clients[client_id]
        if not life.asleep:
            return
        life.asleep = client.asleep = False
        if breaks:
            self._end(client_id)
            client.break_wire()
        else:
            life.move()
            self.bench.settle()

    @precondition(lambda self: any(map(self._awake, _IDS)))
    @rule(data=st.data(), topic=_topics, payload=_payloads, qos=values.qualities, retain=st.booleans())
    def publish(self, data: st.DataObject, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        client_id = data.draw(st.sampled_from(list(filter(self._awake, _IDS))))
        self._route(topic, payload, qos, retain)
        self.clients[client_id].publish(topic, payload, qos, retain)

    @precondition(lambda self: any(map(self._awake, _IDS)))
    @rule(data=st.data(), topic=_topics, qualities=st.lists(values.qualities, min_size=5, max_size=12))
    def publish_many(self, data: st.DataObject, topic: str, qualities: list[int]) -> None:
        """Enough to fill the window and the queue of whoever does not read."""
        client_id = data.draw(st.sampled_from(list(filter(self._awake, _IDS))))
        for number, qos in enumerate(qualities):
            self._route(topic, bytes((number,)), qos, False)
            self.clients[client_id].publish(topic, bytes((number,)), qos)

    def _route(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        if retain and payload:
            self.retained[topic] = payload, qos
        elif retain:
            self.retained.pop(topic, None)
        for life in self.lives.values():
            granted = [wanted for pattern, wanted in life.filters.items() if matches(pattern, topic)]
            if granted:
                life.deliver(Message(topic, payload, min(qos, max(granted)), False, False))

    @precondition(lambda self: any(map(self._awake, _IDS)))
    @rule(data=st.data(), pattern=_filters, qos=values.qualities)
    def subscribe(self, data: st.DataObject, pattern: str, qos: int) -> None:
        self._subscribe(data.draw(st.sampled_from(list(filter(self._awake, _IDS)))), pattern, qos)

    def _subscribe(self, client_id: str, pattern: str, qos: int) -> None:
        life = self.lives[client_id]
        life.filters[pattern] = qos
        old = [
            Message(t, p, min(q, qos), True, False)
            for t, (p, q) in sorted(self.retained.items())
            if matches(pattern, t)
        ]
        for message in old:  # the broker queues them all before the client reads any
            if message.qos == 0:
                life.unread.append(message)
            else:
                life.waiting.append(message)
                while life.waiting and len(life.sent) < _WINDOW:
                    life.sent.append(life.waiting.popleft())
                    life.unread.append(life.sent[-1])
        life.move()
        self.clients[client_id].subscribe((pattern, qos))

    @precondition(lambda self: any(map(self._awake, _IDS)))
    @rule(data=st.data(), pattern=_filters)
    def unsubscribe(self, data: st.DataObject, pattern: str) -> None:
        client_id = data.draw(st.sampled_from(list(filter(self._awake, _IDS))))
        self.lives[client_id].filters.pop(pattern, None)
        self.clients[client_id].unsubscribe(pattern)

    @invariant()
    def everybody_was_told_what_the_standard_says(self) -> None:
        if not hasattr(self, "clients"):
            return
        for client_id, life in self.lives.items():
            assert self.clients[client_id].inbox() == life.told, client_id
            life.told.clear()
            assert self.clients[client_id].is_up == life.online
            assert self.bench.broker.waiting(client_id) == len(life.sent) + len(life.waiting)

    @invariant()
    def the_broker_keeps_what_it_must_and_no_more(self) -> None:
        if not hasattr(self, "clients"):
            return
        stored = {topic: (message.payload, message.qos) for topic, message in self.bench.broker.retained.items()}
        assert stored == self.retained
        assert self.bench.broker.clients() == [client_id for client_id in _IDS if self.lives[client_id].online]
        for client_id, life in self.lives.items():
            if not life.online and life.clean:
                assert not self.bench.broker.has_session(client_id)


TestBrokers = Brokers.TestCase
TestBrokers.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
