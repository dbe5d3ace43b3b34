"""Bytes of one packet → a packet value, one function a packet type, every rule of MQTT 3.1.1 §3 beside its number."""

from collections.abc import Callable

from simulator.mqtt.errors import MqttError
from simulator.mqtt.fields import Fields
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import (
    Connack,
    Connect,
    Disconnect,
    Identified,
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
from simulator.mqtt.topics import check_filter, check_name

_LEVEL = 4  # §3.1.2.2: 3.1.1


def check_qos(qos: int, rule: str) -> None:
    if not 0 <= qos <= 2:
        raise MqttError(f"QoS {qos}", rule)


def _connect(body: Fields, flags: int, limits: Limits) -> Connect:
    if body.text() != "MQTT":
        raise MqttError("another protocol name than MQTT", "MQTT-3.1.2-1")
    if body.byte() != _LEVEL:
        raise MqttError("another protocol level than 4", "MQTT-3.1.2-2", code=1)
    asked = body.byte()
    _check_connect_flags(asked)
    keepalive = body.word()
    clean = bool(asked & 0x02)
    client_id = body.text()
    check_client_id(client_id, clean, limits)
    will = _will(body, asked, limits) if asked & 0x04 else None
    username = body.text() if asked & 0x80 else None
    password = body.binary() if asked & 0x40 else None
    return Connect(client_id, clean, keepalive, will, username, password)


def _check_connect_flags(asked: int) -> None:
    if asked & 0x01:
        raise MqttError("the reserved bit of CONNECT's flags", "MQTT-3.1.2-3")
    if asked & 0xC0 == 0x40:
        raise MqttError("a password without a user name", "MQTT-3.1.2-22")
    if not asked & 0x04 and asked & 0x38:
        raise MqttError("QoS or retain of a will that is not there", "MQTT-3.1.2-11")


def check_client_id(client_id: str, clean: bool, limits: Limits) -> None:
    if not client_id and not clean:
        raise MqttError("an empty client identifier that wants a stored session", "MQTT-3.1.3-8", code=2)
    if len(client_id.encode()) > limits.client_id:
        raise MqttError(f"a client identifier over our limit of {limits.client_id} bytes", "MQTT-3.1.3-9", code=2)


def _will(body: Fields, asked: int, limits: Limits) -> Will:
    will = Will(body.text(), body.binary(), asked >> 3 & 3, bool(asked & 0x20))
    check_will(will, limits)
    return will


def check_will(will: Will, limits: Limits) -> None:
    check_qos(will.qos, "MQTT-3.1.2-14")
    check_name(will.topic, limits)
    check_payload(will.payload, limits)


def check_payload(payload: bytes, limits: Limits) -> None:
    if len(payload) > limits.payload:
        raise MqttError(f"a payload over our limit of {limits.payload} bytes", "§3.3.3")


def _connack(body: Fields, flags: int, limits: Limits) -> Connack:
    acknowledge, code = body.byte(), body.byte()
    if acknowledge > 1:
        raise MqttError("reserved bits in CONNACK's flags", "§3.2.2.1")
    check_connack(bool(acknowledge), code)
    return Connack(bool(acknowledge), code)


def check_connack(session_present: bool, code: int) -> None:
    if not 0 <= code <= 5:
        raise MqttError(f"CONNACK return code {code}", "§3.2.2.3")
    if code and session_present:
        raise MqttError("a refusal with Session Present", "MQTT-3.2.2-4")


def _publish(body: Fields, flags: int, limits: Limits) -> Publish:
    qos, dup = flags >> 1 & 3, bool(flags & 8)
    check_delivery(qos, dup)
    topic = body.text()
    check_name(topic, limits)
    packet_id = body.identifier() if qos else 0
    payload = body.take(len(body))
    check_payload(payload, limits)
    return Publish(topic, payload, qos, bool(flags & 1), dup, packet_id)


def check_delivery(qos: int, dup: bool) -> None:
    check_qos(qos, "MQTT-3.3.1-4")
    if dup and not qos:
        raise MqttError("DUP with QoS 0", "MQTT-3.3.1-2")


def _identified(kind: type[Identified]) -> Callable[[Fields, int, Limits], Packet]:
    def read(body: Fields, flags: int, limits: Limits) -> Packet:
        return kind(body.identifier())

    return read


def _subscribe(body: Fields, flags: int, limits: Limits) -> Subscribe:
    packet_id = body.identifier()
    filters: list[tuple[str, int]] = []
    while len(body):
        filters.append((body.text(), body.byte()))
        check_request(filters[-1], limits)
    check_count(len(filters), "MQTT-3.8.3-3", limits)
    return Subscribe(packet_id, tuple(filters))


def check_request(request: tuple[str, int], limits: Limits) -> None:
    check_filter(request[0], limits)
    check_qos(request[1], "MQTT-3-8.3-4")  # numbered with that hyphen in the standard


def check_count(count: int, rule: str, limits: Limits) -> None:
    if count == 0:
        raise MqttError("no topic filter", rule)
    if count > limits.filters:
        raise MqttError(f"more filters than our limit of {limits.filters}", "§3.8.3")


def _suback(body: Fields, flags: int, limits: Limits) -> Suback:
    packet_id = body.identifier()
    codes = tuple(body.take(len(body)))
    check_codes(codes, limits)
    return Suback(packet_id, codes)


def check_codes(codes: tuple[int, ...], limits: Limits) -> None:
    check_count(len(codes), "MQTT-3.8.4-5", limits)
    if any(code not in (0, 1, 2, 0x80) for code in codes):
        raise MqttError("a reserved SUBACK return code", "MQTT-3.9.3-2")


def _unsubscribe(body: Fields, flags: int, limits: Limits) -> Unsubscribe:
    packet_id = body.identifier()
    filters: list[str] = []
    while len(body):
        filters.append(body.text())
        check_filter(filters[-1], limits)
    check_count(len(filters), "MQTT-3.10.3-2", limits)
    return Unsubscribe(packet_id, tuple(filters))


def _empty(kind: type[Pingreq | Pingresp | Disconnect]) -> Callable[[Fields, int, Limits], Packet]:
    def read(body: Fields, flags: int, limits: Limits) -> Packet:
        return kind()

    return read


READERS: dict[int, Callable[[Fields, int, Limits], Packet]] = {
    Connect.kind: _connect,
    Connack.kind: _connack,
    Publish.kind: _publish,
    Puback.kind: _identified(Puback),
    Pubrec.kind: _identified(Pubrec),
    Pubrel.kind: _identified(Pubrel),
    Pubcomp.kind: _identified(Pubcomp),
    Subscribe.kind: _subscribe,
    Suback.kind: _suback,
    Unsubscribe.kind: _unsubscribe,
    Unsuback.kind: _identified(Unsuback),
    Pingreq.kind: _empty(Pingreq),
    Pingresp.kind: _empty(Pingresp),
    Disconnect.kind: _empty(Disconnect),
}
"""By control packet type. Each takes exactly its fields; the codec refuses what is left over."""
