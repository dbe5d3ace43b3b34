"""Every size a peer may ask for, by name. Where the standard allows more, ours is smaller and written down here."""

from dataclasses import dataclass

MAX_REMAINING = 268_435_455  # §2.2.3: four length bytes
MAX_FIELD = 65_535  # §1.5.3: a two-byte length
MAX_ID = 65_535  # §2.3.1


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes unless said otherwise."""

    remaining: int = 1_049_604  # of one packet after its fixed header: a PUBLISH with the longest topic and payload
    payload: int = 1_048_576  # of one PUBLISH or will
    topic: int = 1_024  # a topic name or filter, as UTF-8
    levels: int = 200  # slashes in a topic name or filter
    client_id: int = 256  # §3.1.3.1 asks for 23 at least
    filters: int = 64  # in one SUBSCRIBE or UNSUBSCRIBE
    subscriptions: int = 256  # filters one session may hold
    in_flight: int = 20  # unacknowledged messages to one client
    queue: int = 1_000  # messages that wait behind those, or for an absent client
    unreleased: int = 100  # QoS 2 messages of one client that lack their PUBREL
    retained: int = 10_000  # topics
    sessions: int = 10_000  # connected and absent clients
    connections: int = 1_000  # open at once, with or without CONNECT
    output: int = 4_194_304  # unread bytes of one connection; beyond them QoS 0 messages are dropped
    connect_ms: int = 10_000  # milliseconds a connection may take to say CONNECT (§3.1: "a reasonable amount of time")
