"""A subscriber beside the one under test: what did the broker really pass on?"""

import queue
from types import TracebackType
from typing import Self

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.support.mosquitto import Mosquitto

_MARKER = "witness/marker"
_PATIENCE_S = 10.0  # a busy machine; a wait that succeeds takes milliseconds


class Witness:
    """`with Witness(broker) as seen:` subscribes to a filter at QoS 1 before the block starts.

    `ca` is the path of the authority to trust when the broker speaks TLS; `port` takes it through a proxy. The host is
    "localhost". Two witnesses of one `name` throw each other out.
    """

    def __init__(
        self, broker: Mosquitto, topics: str = "#", ca: str | None = None, port: int = 0, name: str = "witness"
    ) -> None:
        self._port = port or broker.port
        self._topics = topics
        self.inbox: queue.SimpleQueue[mqtt.MQTTMessage] = queue.SimpleQueue()
        self._ready: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name)
        self._client.on_message = lambda client, user, message: self.inbox.put(message)
        self._client.on_subscribe = lambda client, user, mid, codes, properties: self._ready.put(mid)
        if ca is not None:
            self._client.tls_set(ca)

    def __enter__(self) -> Self:
        self._client.connect("localhost", self._port)
        self._client.loop_start()
        filters = [self._topics] if self._topics == "#" else [self._topics, _MARKER]  # an overlap may deliver twice
        self._client.subscribe([(each, 1) for each in filters])
        self._ready.get(timeout=_PATIENCE_S)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def take(self) -> tuple[str, bytes, bool]:
        """Waits for the next message: topic, payload, and whether it was a retained one."""
        message = self.inbox.get(timeout=_PATIENCE_S)
        return message.topic, bytes(message.payload), message.retain

    def drain(self) -> list[tuple[str, bytes]]:
        """Every message that reached the broker before this call.

        A marker is published last and waited for: brokers keep the order of one publisher's messages to a subscriber
        (MQTT 3.1.1 §4.6), and one mosquitto handles packets in the order in which they arrive.
        """
        self.publish(_MARKER, b"")
        seen: list[tuple[str, bytes]] = []
        while True:
            topic, payload, _ = self.take()
            if topic == _MARKER:
                return seen
            seen.append((topic, payload))

    def publish(self, topic: str, payload: bytes, retain: bool = False) -> None:
        """Sends one message at QoS 1, as the app or the cloud would."""
        self._client.publish(topic, payload, qos=1, retain=retain)
