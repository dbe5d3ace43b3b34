"""umqtt.simple with its socket taken away: it writes into a Wire and reads from it. What it cannot do is listed by name.

Works with umqtt.simple from 1.3.4 (which knows only `ussl`) to the one frozen in current firmware, because neither name
resolution, nor connecting, nor TLS is left to it.
"""

from micropython import const
from umqtt.simple import MQTTClient

from .wire import Later, Wire

_TYPING = const(False)
if _TYPING:
    from socket import socket

    from ..ports import LinkOptions, Outgoing

DEFECTS = (
    ("check_sending_allocates_nothing", "umqtt makes a header, two lengths and a view for every message"),
    ("check_a_received_payload_leaves_no_trace", "umqtt makes `bytes` of topic and payload, which nobody can zero"),
)
"""What the contract asks and umqtt.simple cannot give: expected failures by name, explained in docs/rooms/hal.md."""

_NOWHERE = "0.0.0.0"  # umqtt resolves its server by itself: a number costs nothing
_WILL_QOS = const(1)


class Client(MQTTClient):
    """Every method writes its packet and returns; whatever umqtt would wait for, the link reads from the wire."""

    def __init__(self, wire: Wire, user: str, password: str) -> None:
        self._wire = wire
        super().__init__(b"", _NOWHERE, 1, user or None, password)

    @property
    def sock(self) -> Wire:
        return self._wire

    @sock.setter
    def sock(self, made: "socket | None") -> None:
        """`connect` makes a socket of its own: it is closed unused, and our wire stays."""
        if made is not None:
            made.close()

    def greet(self, options: "LinkOptions") -> None:
        self.client_id = options.client_id
        self.keepalive = options.keepalive_s
        if options.will_topic:
            # Retained like the birth message it takes back.
            self.set_last_will(options.will_topic, options.will, True, _WILL_QOS)
        try:
            self.connect(options.clean)
        except Later:
            pass  # CONNACK

    def ask_for(self, topic: bytes) -> None:
        self.pid = 0  # so SUBSCRIBE is packet 1; it is acknowledged before any message is sent
        try:
            self.subscribe(topic, 1)
        except Later:
            pass  # SUBACK

    def hand_over(self, message: "Outgoing") -> None:
        self.pid = message.id - 1  # umqtt adds one: the packet id is the message's own
        try:
            self.publish(message.topic, memoryview(message.buf)[: message.n], message.retain, message.qos)
        except Later:
            pass  # PUBACK
