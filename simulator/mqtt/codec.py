"""Packets ↔ bytes, in any chunking (MQTT 3.1.1 §2 and §3). No I/O.

Refuses what the standard forbids and what passes a named limit, always as MqttError; encoding refuses the same things.
"""

from collections.abc import Iterator

from simulator.mqtt import parse
from simulator.mqtt.errors import MqttError
from simulator.mqtt.fields import Fields, put_binary, put_identifier, put_text
from simulator.mqtt.limits import MAX_REMAINING, Limits
from simulator.mqtt.packets import (
    KINDS,
    Connack,
    Connect,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Publish,
    Pubrel,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
)
from simulator.mqtt.topics import check_filter, check_name

_LIMITS = Limits()
_FLAGS = {Pubrel.kind: 2, Subscribe.kind: 2, Unsubscribe.kind: 2}  # table 2.2; 0 for the others, PUBLISH has its own
_ONLY_CLIENT = (Connect.kind, Subscribe.kind, Unsubscribe.kind, Pingreq.kind, Disconnect.kind)  # table 2.1
_ONLY_SERVER = (Connack.kind, Suback.kind, Unsuback.kind, Pingresp.kind)


class Decoder:
    """One direction of one connection.

    `feed` any pieces, then `packets()` yields what is whole. The first malformed byte ends it: the error is raised after
    the packets before it, and again on every later call, whatever the pieces were.
    """

    def __init__(self, from_client: bool, limits: Limits = _LIMITS) -> None:
        self._foreign = _ONLY_SERVER if from_client else _ONLY_CLIENT
        self._limits = limits
        self._held = bytearray()

    def feed(self, data: bytes) -> None:
        self._held += data

    def packets(self) -> Iterator[Packet]:
        while True:
            packet = self.next()
            if packet is None:
                return
            yield packet

    def next(self) -> Packet | None:
        """The next packet, None until more bytes come, MqttError once the stream is spoilt: its bad bytes stay in front."""
        if not self._held:
            return None
        kind, flags = self._held[0] >> 4, self._held[0] & 15
        self._check_first(kind, flags)
        size, start = self._remaining()
        if start == 0 or len(self._held) < start + size:
            return None
        body = Fields(bytes(self._held[start : start + size]))
        packet = parse.READERS[kind](body, flags, self._limits)
        body.finish()
        del self._held[: start + size]
        return packet

    def _check_first(self, kind: int, flags: int) -> None:
        if not 1 <= kind <= len(KINDS):
            raise MqttError(f"the reserved packet type {kind}", "§2.2.1")
        if kind in self._foreign:
            raise MqttError(f"{KINDS[kind - 1].name} in the wrong direction", "§2.2.1")
        if kind == Publish.kind:
            parse.check_delivery(flags >> 1 & 3, bool(flags & 8))
        elif flags != _FLAGS.get(kind, 0):
            raise MqttError(f"reserved flags of {KINDS[kind - 1].name}", "MQTT-2.2.2-2")

    def _remaining(self) -> tuple[int, int]:
        """Remaining length and the index of the first byte it counts, 0 while its own bytes are not all here (§2.2.3)."""
        value = 0
        for at in range(1, 5):
            if at >= len(self._held):
                return 0, 0
            value |= (self._held[at] & 127) << 7 * (at - 1)
            if value > self._limits.remaining:
                raise MqttError(f"a packet over our limit of {self._limits.remaining} bytes", "§2.2.3")
            if self._held[at] < 128:
                return value, at + 1
        raise MqttError("a remaining length of more than four bytes", "§2.2.3")


def encode(packet: Packet, limits: Limits = _LIMITS) -> bytes:
    """The packet's bytes; MqttError for a value no decoder would give back."""
    flags = _FLAGS.get(packet.kind, 0)
    if isinstance(packet, Publish):
        parse.check_delivery(packet.qos, packet.dup)
        flags = packet.dup << 3 | packet.qos << 1 | packet.retain
    body = _body(packet, limits)
    if len(body) > min(limits.remaining, MAX_REMAINING):
        raise MqttError(f"a packet over our limit of {limits.remaining} bytes", "§2.2.3")
    return bytes((packet.kind << 4 | flags,)) + remaining_length(len(body)) + body


def remaining_length(value: int) -> bytes:
    """Seven bits a byte, the low ones first, in the fewest bytes (§2.2.3)."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _body(packet: Packet, limits: Limits) -> bytes:
    match packet:
        case Connect():
            return _connect(packet, limits)
        case Connack():
            parse.check_connack(packet.session_present, packet.code)
            return bytes((packet.session_present, packet.code))
        case Publish():
            return _publish(packet, limits)
        case Subscribe():
            return _subscribe(packet, limits)
        case Suback():
            parse.check_codes(packet.codes, limits)
            return put_identifier(packet.packet_id) + bytes(packet.codes)
        case Unsubscribe():
            return _unsubscribe(packet, limits)
        case Pingreq() | Pingresp() | Disconnect():
            return b""
        case _:
            return put_identifier(packet.packet_id)


def _connect(packet: Connect, limits: Limits) -> bytes:
    if not 0 <= packet.keepalive_s <= 65_535:
        raise MqttError(f"a keep alive of {packet.keepalive_s} s", "§3.1.2.10")
    if packet.password is not None and packet.username is None:
        raise MqttError("a password without a user name", "MQTT-3.1.2-22")
    fields = put_text(packet.client_id)
    parse.check_client_id(packet.client_id, packet.clean, limits)
    flags = packet.clean << 1
    if packet.will is not None:
        fields += put_text(packet.will.topic) + put_binary(packet.will.payload)
        parse.check_will(packet.will, limits)
        flags |= 0x04 | packet.will.qos << 3 | packet.will.retain << 5
    if packet.username is not None:
        flags |= 0x80
        fields += put_text(packet.username)
    if packet.password is not None:
        flags |= 0x40
        fields += put_binary(packet.password)
    return put_text("MQTT") + bytes((4, flags)) + packet.keepalive_s.to_bytes(2, "big") + fields


def _publish(packet: Publish, limits: Limits) -> bytes:
    fields = put_text(packet.topic)
    check_name(packet.topic, limits)
    parse.check_payload(packet.payload, limits)
    if packet.qos:
        fields += put_identifier(packet.packet_id)
    elif packet.packet_id:
        raise MqttError("a packet identifier with QoS 0", "MQTT-2.3.1-5")
    return fields + packet.payload


def _subscribe(packet: Subscribe, limits: Limits) -> bytes:
    parse.check_count(len(packet.filters), "MQTT-3.8.3-3", limits)
    fields = put_identifier(packet.packet_id)
    for pattern, qos in packet.filters:
        fields += put_text(pattern)
        parse.check_request((pattern, qos), limits)
        fields += bytes((qos,))
    return fields


def _unsubscribe(packet: Unsubscribe, limits: Limits) -> bytes:
    parse.check_count(len(packet.filters), "MQTT-3.10.3-2", limits)
    fields = put_identifier(packet.packet_id)
    for pattern in packet.filters:
        fields += put_text(pattern)
        check_filter(pattern, limits)
    return fields
