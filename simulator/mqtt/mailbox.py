"""What the broker keeps for one client: messages on their way to it, and QoS 2 messages on their way from it (§4.3, §4.4).

Packets are returned, never sent. Refuses a message when the queue is full: the newest is dropped.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import replace

from simulator.mqtt.errors import MqttError
from simulator.mqtt.limits import MAX_ID, Limits
from simulator.mqtt.packets import Publish, Pubrel


class Mailbox:
    """One session. `number` orders sessions by age, so that no dict decides who is served first."""

    def __init__(self, client_id: str, number: int, limits: Limits) -> None:
        self.client_id = client_id
        self.number = number
        self.clean = True  # of the connection it now has, or had last
        self.filters: dict[str, int] = {}  # filter -> QoS granted
        self._limits = limits
        self._sent: dict[int, Publish | Pubrel] = {}  # by packet identifier, oldest first
        self._waiting: deque[Publish] = deque()
        self._held: dict[int, Publish] = {}  # received QoS 2 messages without their PUBREL
        self._last_id = 0

    def count(self) -> int:
        """Messages the client has not acknowledged yet, sent and waiting."""
        return len(self._sent) + len(self._waiting)

    def offer(self, message: Publish) -> bool:
        """Queues a QoS 1 or 2 message, which `ready` gives out; False when there is no room."""
        if len(self._waiting) >= self._limits.queue:
            return False
        self._waiting.append(message)
        return True

    def ready(self) -> Iterator[Publish]:
        """Messages that the window lets through now, numbered."""
        while self._waiting and len(self._sent) < self._limits.in_flight:
            self._last_id = self._free_id()
            message = replace(self._waiting.popleft(), packet_id=self._last_id)
            self._sent[self._last_id] = message
            yield message

    def _free_id(self) -> int:
        candidate = self._last_id
        while True:
            candidate = candidate % MAX_ID + 1
            if candidate not in self._sent:
                return candidate

    def resume(self) -> Iterator[Publish | Pubrel]:
        """After a reconnect: what is unacknowledged, in its order, with its identifier and DUP (MQTT-4.4.0-1, -3.3.1-1)."""
        for packet in list(self._sent.values()):
            yield replace(packet, dup=True) if isinstance(packet, Publish) else packet

    def acknowledge(self, packet_id: int) -> None:
        """PUBACK. One that answers nothing, or a QoS 2 message, is ignored: late ones are normal after a resend."""
        packet = self._sent.get(packet_id)
        if isinstance(packet, Publish) and packet.qos == 1:
            del self._sent[packet_id]

    def received(self, packet_id: int) -> Pubrel:
        """PUBREC. The message is forgotten and PUBREL takes its place, in the order of the PUBRECs (MQTT-4.6.0-4)."""
        packet = self._sent.get(packet_id)
        if isinstance(packet, Publish) and packet.qos == 2:
            del self._sent[packet_id]
            self._sent[packet_id] = Pubrel(packet_id)
        return Pubrel(packet_id)  # also for an unknown one, or its sender would repeat it for ever

    def completed(self, packet_id: int) -> None:
        """PUBCOMP."""
        if isinstance(self._sent.get(packet_id), Pubrel):
            del self._sent[packet_id]

    def hold(self, message: Publish) -> None:
        """A QoS 2 message arrived: kept until its PUBREL, once however often it comes (§4.3.3, method A)."""
        if message.packet_id in self._held:
            return
        if len(self._held) >= self._limits.unreleased:
            raise MqttError(f"more than {self._limits.unreleased} messages without PUBREL", "§4.3.3")
        self._held[message.packet_id] = message

    def release(self, packet_id: int) -> Publish | None:
        """PUBREL: the message may now be passed on. None when it was already."""
        return self._held.pop(packet_id, None)
