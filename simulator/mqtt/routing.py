"""Where messages go: subscriptions, retained messages, and what an access rule lets through (MQTT 3.1.1 §3.3, §3.8)."""

from collections.abc import Callable

from simulator.mqtt.connection import Connection
from simulator.mqtt.limits import Limits
from simulator.mqtt.mailbox import Mailbox
from simulator.mqtt.packets import Publish
from simulator.mqtt.topics import matches
from simulator.mqtt.tree import Subscriptions

Acl = Callable[[str, str, str], bool]
"""(client id, "write" | "read" | "subscribe", topic or filter) → allowed. "read" is asked for every single delivery."""

FAILURE = 0x80  # §3.9.3


class Routing:
    """Knows each session by its number, and its connection while it has one."""

    def __init__(self, limits: Limits, acl: Acl | None) -> None:
        self.online: dict[str, Connection] = {}  # by client id
        self.retained: dict[str, Publish] = {}  # by topic
        self.denied = 0
        self.dropped = 0
        self._limits = limits
        self._acl = acl
        self._boxes: dict[int, Mailbox] = {}
        self._subscriptions = Subscriptions()

    def add(self, box: Mailbox) -> None:
        self._boxes[box.number] = box

    def remove(self, box: Mailbox) -> None:
        for pattern in box.filters:
            self._subscriptions.remove(pattern, box.number)
        del self._boxes[box.number]

    def subscribe(self, box: Mailbox, pattern: str, qos: int) -> int:
        """The SUBACK code: the QoS granted, or FAILURE."""
        full = pattern not in box.filters and len(box.filters) >= self._limits.subscriptions
        if full or not self._allows(box.client_id, "subscribe", pattern):
            return FAILURE
        self._subscriptions.add(pattern, box.number, qos)
        box.filters[pattern] = qos
        return qos

    def unsubscribe(self, box: Mailbox, pattern: str) -> None:
        self._subscriptions.remove(pattern, box.number)
        box.filters.pop(pattern, None)

    def send_retained(self, box: Mailbox, pattern: str, qos: int, now: int) -> None:
        """To a new or repeated subscription, and to nobody else (MQTT-3.3.1-6, -3.8.4-3)."""
        wild = "+" in pattern or "#" in pattern
        names = sorted(self.retained) if wild else [pattern]
        for name in names:
            message = self.retained.get(name)
            if message is not None and matches(pattern, name):
                copy = Publish(name, message.payload, min(qos, message.qos), retain=True)  # MQTT-3.3.1-8
                self._deliver(box, copy, now)

    def admits(self, client_id: str, topic: str) -> bool:
        """Whether a client may publish there; counted when not. $SYS is the server's own (§4.7.2)."""
        if topic.startswith("$SYS/") or not self._allows(client_id, "write", topic):
            self.denied += 1
            return False
        return True

    def publish(self, message: Publish, now: int) -> None:
        """To everybody who subscribes, by age of the session, and to those who will if it is retained."""
        if message.retain:
            self._retain(message)
        for number, qos in self._subscriptions.find(message.topic):
            box = self._boxes.get(number)  # gone when an earlier delivery of this loop ended its connection
            if box is not None:
                self._deliver(box, Publish(message.topic, message.payload, min(qos, message.qos)), now)  # MQTT-3.3.1-9

    def flush(self, box: Mailbox, now: int) -> None:
        """Sends what its window lets through, if the client is there."""
        conn = self.online.get(box.client_id)
        if conn is None:
            return
        for message in box.ready():
            conn.send(message, now)
            if conn.ended:
                return

    def _retain(self, message: Publish) -> None:
        if not message.payload:
            self.retained.pop(message.topic, None)  # MQTT-3.3.1-10, -11
        elif message.topic not in self.retained and len(self.retained) >= self._limits.retained:
            self.dropped += 1
        else:
            self.retained[message.topic] = Publish(message.topic, message.payload, message.qos, retain=True)

    def _deliver(self, box: Mailbox, message: Publish, now: int) -> None:
        conn = self.online.get(box.client_id)
        if not self._allows(box.client_id, "read", message.topic):
            self.denied += 1
        elif message.qos > 0:
            self.dropped += not box.offer(message)
            self.flush(box, now)
        elif conn is not None:  # an absent client's QoS 0 messages are not stored (§3.1.2.4 leaves it open)
            if conn.has_room():
                conn.send(message, now)
            else:
                self.dropped += 1

    def _allows(self, client_id: str, action: str, topic: str) -> bool:
        return self._acl is None or self._acl(client_id, action, topic)
