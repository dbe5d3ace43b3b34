"""The fourteen control packets of MQTT 3.1.1 §3 as values. They check nothing: the codec does."""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Will:
    """§3.1.2.5: what the broker publishes for a client that ends without DISCONNECT."""

    topic: str
    payload: bytes = b""
    qos: int = 0
    retain: bool = False


@dataclass(frozen=True, slots=True)
class Connect:
    kind: ClassVar[int] = 1
    name: ClassVar[str] = "CONNECT"
    client_id: str = ""
    clean: bool = True
    keepalive_s: int = 0
    will: Will | None = None
    username: str | None = None
    password: bytes | None = None


@dataclass(frozen=True, slots=True)
class Connack:
    kind: ClassVar[int] = 2
    name: ClassVar[str] = "CONNACK"
    session_present: bool = False
    code: int = 0  # table 3.1: 0 accepted, 1 level, 2 identifier, 3 unavailable, 4 user or password, 5 not authorized


@dataclass(frozen=True, slots=True)
class Publish:
    kind: ClassVar[int] = 3
    name: ClassVar[str] = "PUBLISH"
    topic: str
    payload: bytes = b""
    qos: int = 0
    retain: bool = False
    dup: bool = False
    packet_id: int = 0  # 1..65535 with QoS 1 and 2, 0 with QoS 0


@dataclass(frozen=True, slots=True)
class Puback:
    kind: ClassVar[int] = 4
    name: ClassVar[str] = "PUBACK"
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrec:
    kind: ClassVar[int] = 5
    name: ClassVar[str] = "PUBREC"
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubrel:
    kind: ClassVar[int] = 6
    name: ClassVar[str] = "PUBREL"
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pubcomp:
    kind: ClassVar[int] = 7
    name: ClassVar[str] = "PUBCOMP"
    packet_id: int


@dataclass(frozen=True, slots=True)
class Subscribe:
    kind: ClassVar[int] = 8
    name: ClassVar[str] = "SUBSCRIBE"
    packet_id: int
    filters: tuple[tuple[str, int], ...]  # topic filter, highest QoS wanted


@dataclass(frozen=True, slots=True)
class Suback:
    kind: ClassVar[int] = 9
    name: ClassVar[str] = "SUBACK"
    packet_id: int
    codes: tuple[int, ...]  # per filter: QoS granted, or 0x80


@dataclass(frozen=True, slots=True)
class Unsubscribe:
    kind: ClassVar[int] = 10
    name: ClassVar[str] = "UNSUBSCRIBE"
    packet_id: int
    filters: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unsuback:
    kind: ClassVar[int] = 11
    name: ClassVar[str] = "UNSUBACK"
    packet_id: int


@dataclass(frozen=True, slots=True)
class Pingreq:
    kind: ClassVar[int] = 12
    name: ClassVar[str] = "PINGREQ"


@dataclass(frozen=True, slots=True)
class Pingresp:
    kind: ClassVar[int] = 13
    name: ClassVar[str] = "PINGRESP"


@dataclass(frozen=True, slots=True)
class Disconnect:
    kind: ClassVar[int] = 14
    name: ClassVar[str] = "DISCONNECT"


Identified = Puback | Pubrec | Pubrel | Pubcomp | Unsuback
"""Packets that are a packet identifier and nothing else."""

Packet = Connect | Connack | Publish | Identified | Subscribe | Suback | Unsubscribe | Pingreq | Pingresp | Disconnect

KINDS: tuple[type[Packet], ...] = (
    Connect,
    Connack,
    Publish,
    Puback,
    Pubrec,
    Pubrel,
    Pubcomp,
    Subscribe,
    Suback,
    Unsubscribe,
    Unsuback,
    Pingreq,
    Pingresp,
    Disconnect,
)
"""By control packet type, from 1 (table 2.1)."""

NAMES: tuple[str, ...] = tuple(each.name for each in KINDS)
