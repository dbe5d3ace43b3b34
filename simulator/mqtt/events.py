"""What a `Session` tells its owner. Values only."""

from dataclasses import dataclass

from simulator.mqtt.errors import MqttError


@dataclass(frozen=True, slots=True)
class Connected:
    session_present: bool


@dataclass(frozen=True, slots=True)
class Refused:
    code: int  # table 3.1


@dataclass(frozen=True, slots=True)
class Acked:
    """A publish of ours is done: PUBACK with QoS 1, PUBCOMP with QoS 2."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Lost:
    """A publish of ours was unacknowledged when the session it belonged to went."""

    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribed:
    packet_id: int
    codes: tuple[int, ...]  # per filter: QoS granted, or 0x80


@dataclass(frozen=True, slots=True)
class Unsubscribed:
    packet_id: int


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    qos: int
    retain: bool
    dup: bool


@dataclass(frozen=True, slots=True)
class Pong:
    pass


@dataclass(frozen=True, slots=True)
class Silent:
    """No answer to a PINGREQ: the owner should hang up."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The broker broke the protocol: the owner should hang up."""

    error: MqttError


Event = Connected | Refused | Acked | Lost | Subscribed | Unsubscribed | Message | Pong | Silent | Broken
