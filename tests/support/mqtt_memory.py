"""A broker, clients and a clock in memory: every byte moves when `settle` says so, and time when a test says so."""

from simulator.mqtt.broker import Broker
from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.connection import Connection
from simulator.mqtt.events import Connected, Event, Message
from simulator.mqtt.packets import Packet
from simulator.mqtt.session import UP, Session


def talk(broker: Broker, *packets: Packet, now: int = 0) -> tuple[list[Packet], str]:
    """What a fresh connection answers to these packets, and how it ended ("" while it lives)."""
    conn = broker.connect("raw", now)
    conn.feed(b"".join(map(encode, packets)), now)
    decoder = Decoder(from_client=False)
    decoder.feed(conn.take())
    return list(decoder.packets()), conn.why


class Bench:
    """One broker and its clients, in the order in which they were made."""

    def __init__(self, broker: Broker | None = None) -> None:
        self.broker = broker or Broker()
        self.now = 0
        self.clients: list["Client"] = []

    def client(self, client_id: str, **options: object) -> "Client":
        """A connected client; `options` are those of Session.connect."""
        client = Client(self, client_id)
        self.clients.append(client)
        client.connect(**options)
        return client

    def settle(self) -> None:
        """Moves bytes both ways until there are none."""
        moved = True
        while moved:
            moved = False
            for client in self.clients:
                moved |= client.move()

    def pass_time(self, ms: int) -> None:
        """Jumps from deadline to deadline, as the simulator's clock does."""
        end = self.now + ms
        while True:
            self.settle()
            times = [self.broker.deadline(), *(client.session.deadline() for client in self.clients)]
            due = min((time for time in times if time is not None), default=end)
            self.now = min(max(due, self.now), end)
            self.broker.on_time(self.now)
            for client in self.clients:
                client.events += client.session.on_time(self.now)
            self.settle()
            if self.now >= end or due > end:
                self.now = end
                return


class Client:
    """A Session on a connection, with everything it was told."""

    def __init__(self, bench: Bench, client_id: str) -> None:
        self.bench = bench
        self.client_id = client_id
        self.session = Session()
        self.conn: Connection | None = None
        self.events: list[Event] = []
        self.asleep = False  # True: it reads and writes nothing

    def connect(self, **options: object) -> None:
        self.conn = self.bench.broker.connect(self.client_id, self.bench.now)
        self.session.connect(self.client_id, **options)  # pyright: ignore - options are passed on as they are
        self.bench.settle()

    def move(self) -> bool:
        if self.conn is None or self.asleep:
            return False
        up = self.session.take()
        self.conn.feed(up, self.bench.now)
        down = self.conn.take()
        self.events += self.session.feed(down, self.bench.now)
        if self.conn.closed:
            self.session.lost()
            self.conn = None
        return bool(up or down)

    def break_wire(self) -> None:
        """The transport ends without a word."""
        assert self.conn is not None
        self.conn.close(self.bench.now)
        self.session.lost()
        self.conn = None
        self.bench.settle()

    def publish(self, topic: str, payload: bytes = b"", qos: int = 0, retain: bool = False) -> int:
        packet_id = self.session.publish(topic, payload, qos, retain)
        self.bench.settle()
        return packet_id

    def subscribe(self, *filters: tuple[str, int]) -> None:
        self.session.subscribe(*filters)
        self.bench.settle()

    def unsubscribe(self, *filters: str) -> None:
        self.session.unsubscribe(*filters)
        self.bench.settle()

    def disconnect(self) -> None:
        assert self.conn is not None
        self.session.disconnect()
        self.move()
        self.bench.settle()

    def inbox(self) -> list[Message]:
        """Messages received since the last call."""
        found = [event for event in self.events if isinstance(event, Message)]
        self.events = [event for event in self.events if not isinstance(event, Message)]
        return found

    def texts(self) -> list[tuple[str, bytes]]:
        return [(message.topic, message.payload) for message in self.inbox()]

    @property
    def is_up(self) -> bool:
        return self.session.state == UP

    @property
    def was_present(self) -> bool:
        """Whether the last CONNACK found a stored session."""
        return [event for event in self.events if isinstance(event, Connected)][-1].session_present
