"""A small MQTT 3.1.1 client without I/O, for the simulated phone and the simulated link. Bytes in, events out.

It resends only inside a session that both sides still have (MQTT-4.4.0-1); what it then gives up it names in `Lost`, for
its owner's store to decide. Refuses to speak before it is connected: that is our own bug, a LocalError.
"""

from dataclasses import replace

from agent.base.errors import LocalError
from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.errors import MqttError
from simulator.mqtt.events import (
    Acked,
    Broken,
    Connected,
    Event,
    Lost,
    Message,
    Pong,
    Refused,
    Silent,
    Subscribed,
    Unsubscribed,
)
from simulator.mqtt.limits import MAX_ID, Limits
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Puback,
    Pubcomp,
    Publish,
    Pubrec,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Will,
)

DOWN, OPENING, UP = 0, 1, 2
"""The states of hal.ports.Link."""

_LIMITS = Limits()


class Session:
    """One client id's life over many connections: `connect`, `feed`, `take`, then `disconnect` or `lost`, and again.

    `state` is DOWN, OPENING or UP. After Refused, Silent or Broken it is DOWN: hang up.
    """

    def __init__(self, limits: Limits = _LIMITS) -> None:
        self.state = DOWN
        self._limits = limits
        self._decoder = Decoder(from_client=False, limits=limits)
        self._out = bytearray()
        self._sent: dict[int, Packet] = {}  # by packet identifier: Publish, Pubrel, Subscribe or Unsubscribe
        self._received: set[int] = set()  # QoS 2 messages given to the owner, PUBREL still to come (§4.3.3, method B)
        self._last_id = 0
        self._keepalive_ms = 0
        self._ping_at: int | None = None
        self._asked_at: int | None = None  # when the PINGREQ went that has no answer yet

    def connect(
        self,
        client_id: str,
        clean: bool = True,
        will: Will | None = None,
        keepalive_s: int = 60,
        username: str | None = None,
        password: bytes | None = None,
    ) -> None:
        """On a new transport. A clean session forgets what is unacknowledged, and says so in `Lost` once connected."""
        if self.state != DOWN:
            raise LocalError("connect while connected")
        self._out.clear()
        self._decoder = Decoder(from_client=False, limits=self._limits)
        self._send(Connect(client_id, clean, keepalive_s, will, username, password))
        self._keepalive_ms = 1000 * keepalive_s
        self._ping_at = self._asked_at = None
        self.state = OPENING

    def publish(self, topic: str, payload: bytes, qos: int = 0, retain: bool = False) -> int:
        """The packet identifier that `Acked` will name, 0 with QoS 0."""
        return self._request(Publish(topic, payload, qos, retain, packet_id=self._free_id() if qos else 0))

    def subscribe(self, *filters: tuple[str, int]) -> int:
        """(filter, QoS) pairs; the packet identifier that `Subscribed` will name."""
        return self._request(Subscribe(self._free_id(), filters))

    def unsubscribe(self, *filters: str) -> int:
        return self._request(Unsubscribe(self._free_id(), filters))

    def unacknowledged(self) -> list[int]:
        """Packet identifiers of publishes under way, oldest first."""
        return [each for each, packet in self._sent.items() if isinstance(packet, Publish | Pubrel)]

    def disconnect(self) -> None:
        """Says goodbye, so that the broker drops the will; take the bytes, then hang up."""
        if self.state == UP:
            self._send(Disconnect())
        self.lost()

    def lost(self) -> None:
        """The transport is gone. What is unacknowledged waits for the next `connect`."""
        self.state = DOWN
        self._ping_at = self._asked_at = None

    def take(self) -> bytes:
        """Bytes for the broker, gone once taken."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def feed(self, data: bytes, now: int) -> list[Event]:
        """What the broker's bytes mean, in their order. Bytes that arrive while DOWN mean nothing."""
        events: list[Event] = []
        if self.state == DOWN:
            return events
        self._decoder.feed(data)
        try:
            while self.state != DOWN and (packet := self._decoder.next()) is not None:
                events += self._receive(packet, now)
        except MqttError as error:
            self.lost()
            events.append(Broken(error))
        return events

    def on_time(self, now: int) -> list[Event]:
        """Pings every half keep alive; `Silent` when half a keep alive brings no answer (MQTT-3.1.2-23 and §3.1.2.10)."""
        half = self._keepalive_ms // 2
        if self._asked_at is not None and now >= self._asked_at + half:
            self.lost()
            return [Silent()]
        if self._ping_at is not None and now >= self._ping_at:
            self._ping_at = now + half
            self._asked_at = now
            self._send(Pingreq())
        return []

    def deadline(self) -> int | None:
        """When `on_time` is next due."""
        if self._asked_at is not None:
            return self._asked_at + self._keepalive_ms // 2
        return self._ping_at

    def _request(self, packet: Publish | Subscribe | Unsubscribe) -> int:
        if self.state != UP:
            raise LocalError(f"{packet.name} before CONNACK")
        self._send(packet)
        if packet.packet_id:
            self._sent[packet.packet_id] = packet
            self._last_id = packet.packet_id
        return packet.packet_id

    def _free_id(self) -> int:
        candidate = self._last_id
        for _ in range(MAX_ID):
            candidate = candidate % MAX_ID + 1
            if candidate not in self._sent:
                return candidate
        raise LocalError("65,535 requests without an answer")

    def _send(self, packet: Packet) -> None:
        self._out += encode(packet, self._limits)

    def _receive(self, packet: Packet, now: int) -> list[Event]:
        if self.state == OPENING:
            if not isinstance(packet, Connack):
                raise MqttError("another first packet than CONNACK", "MQTT-3.2.0-1")
            return self._open(packet, now)
        match packet:
            case Publish():
                return self._take_publish(packet)
            case Puback() | Pubcomp() | Suback() | Unsuback():
                return self._settle(packet)
            case Pubrec():
                if isinstance(self._sent.get(packet.packet_id), Publish):
                    del self._sent[packet.packet_id]  # PUBRELs go again in the order of their PUBRECs (MQTT-4.6.0-4)
                    self._sent[packet.packet_id] = Pubrel(packet.packet_id)
                self._send(Pubrel(packet.packet_id))
            case Pubrel():
                self._received.discard(packet.packet_id)
                self._send(Pubcomp(packet.packet_id))
            case Pingresp():
                self._asked_at = None
                return [Pong()]
            case _:
                raise MqttError(f"{packet.name} out of place", "§3.2")
        return []

    def _open(self, packet: Connack, now: int) -> list[Event]:
        if packet.code:
            self.lost()
            return [Refused(packet.code)]
        self.state = UP
        if self._keepalive_ms:
            self._ping_at = now + self._keepalive_ms // 2
        under_way = [each for each in self._sent.values() if isinstance(each, Publish | Pubrel)]
        self._sent = {each.packet_id: each for each in under_way} if packet.session_present else {}
        if packet.session_present:
            for each in under_way:
                self._send(replace(each, dup=True) if isinstance(each, Publish) else each)
            return [Connected(True)]
        self._received.clear()
        return [Connected(False), *(Lost(each.packet_id) for each in under_way)]

    def _take_publish(self, packet: Publish) -> list[Event]:
        if packet.qos == 1:
            self._send(Puback(packet.packet_id))
        elif packet.qos == 2:
            self._send(Pubrec(packet.packet_id))
            if packet.packet_id in self._received:
                return []
            self._received.add(packet.packet_id)
        return [Message(packet.topic, packet.payload, packet.qos, packet.retain, packet.dup)]

    def _settle(self, packet: Puback | Pubcomp | Suback | Unsuback) -> list[Event]:
        """An answer settles the request it fits; any other is ignored: late ones are normal after a resend."""
        asked = self._sent.get(packet.packet_id)
        match packet, asked:
            case (Puback(), Publish(qos=1)) | (Pubcomp(), Pubrel()):
                event: Event = Acked(packet.packet_id)
            case Suback(codes=codes), Subscribe():
                event = Subscribed(packet.packet_id, codes)
            case Unsuback(), Unsubscribe():
                event = Unsubscribed(packet.packet_id)
            case _:
                return []
        del self._sent[packet.packet_id]
        return [event]
