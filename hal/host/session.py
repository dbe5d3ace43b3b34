"""Paho's client for exactly one connection, fed an open socket and driven from outside. Thrown away afterwards.

Paho keeps every message it could not get acknowledged and sends it again after a reconnect, withdrawn or not. A client
that lives for one connection cannot. Refuses packets over 4 KiB before it reads them, QoS 2, and topics over 128 bytes.
Reaches into paho where its public face has no handle: the socket's making, the ping, the queue (paho 2.2).
"""

import contextlib
import select
import socket
import struct
from typing import TYPE_CHECKING, cast

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from .dial import Socket, is_ready

if TYPE_CHECKING:
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from ..ports import LinkOptions, Outgoing

MAX_PACKET = 4096  # bytes after the fixed header; our largest inbox message is a 1 KiB record
MAX_TOPIC = 128  # bytes
NETWORK = 1  # Link.error
REFUSED = 2
CERTIFICATE = 3
PROTOCOL = 4
TIMED_OUT = 5

_CONNACK = 0x20
_PUBACK = 0x40
_REFUSALS = range(1, 6)  # CONNACK return codes (MQTT 3.1.1 §3.2.2.3)
_SUBACK_FAILURE = 0x80  # MQTT 3.1.1 §3.9.3
_ABORT = struct.pack("ii", 1, 0)  # linger on, zero seconds: close by RST and drop what the system still holds
_FAULTS = {
    MQTTErrorCode.MQTT_ERR_CONN_REFUSED: REFUSED,
    MQTTErrorCode.MQTT_ERR_PROTOCOL: PROTOCOL,
    MQTTErrorCode.MQTT_ERR_KEEPALIVE: TIMED_OUT,
}


class Session(mqtt.Client):
    """After `read` and `write`, look at the attributes: paho's callbacks only fill them."""

    def __init__(self, sock: Socket, options: "LinkOptions", username: str, password: str) -> None:
        super().__init__(
            CallbackAPIVersion.VERSION2,
            client_id=options.client_id.decode(),
            clean_session=options.clean,
            protocol=mqtt.MQTTv311,
            reconnect_on_failure=False,
        )
        self._own = sock
        self._given = False
        self._greeted = False
        self._inbox = options.inbox.decode()
        self.fault = 0  # Link.error once the connection is over
        self.ready = False  # CONNACK accepted and the inbox subscribed
        self.said = False  # the last `write` had something to write
        self.messages: list[tuple[bytes, bytearray]] = []
        self.done = False  # the message offered last was acknowledged (QoS 1) or written (QoS 0)
        self.pinged = False  # a PINGRESP is owed
        self.on_connect = self._accepted
        self.on_subscribe = self._subscribed
        self.on_publish = self._published
        self.on_message = self._message
        self.on_socket_register_write = _wait_for_write  # set, so that paho writes only inside `write`
        if username:
            self.username_pw_set(username, password or None)
        if options.will_topic:
            # Retained like the birth message it takes back, and at QoS 1 for the same reason: it must arrive.
            self.will_set(options.will_topic.decode(), options.will, qos=1, retain=True)
        self.connect("given", 1, options.keepalive_s)  # host and port are paho's formality: the socket is open

    # Driving it: what the link calls.

    def readable(self) -> bool:
        pending = getattr(self._own, "pending", None)  # bytes TLS has decrypted and the system no longer shows
        return not self.fault and (is_ready(self._own, select.POLLIN) or (pending is not None and pending() > 0))

    def read(self) -> None:
        """Takes one packet, or what has arrived of it."""
        self._judge(self.loop_read())
        if self._in_messages:
            self.fault = self.fault or PROTOCOL  # a QoS 2 message: granted was QoS 1 at most (MQTT 3.1.1 §3.8.4)

    def write(self) -> None:
        """Writes what is queued, as far as the socket takes it."""
        self.said = self.want_write()
        if self.said and not self.fault:
            self._judge(self.loop_write())
        if not self.fault:
            self._judge(self.loop_misc())  # paho's own keepalive in real time, behind the link's in ticks

    def offer(self, message: "Outgoing") -> None:
        """Hands one message to paho; it is written by the next `write`."""
        self.done = False
        self.publish(message.topic.decode(), bytes(message.buf[: message.n]), message.qos, message.retain)

    def ping(self) -> None:
        self.pinged = True
        self._send_pingreq()

    def leave(self) -> None:
        """Sends DISCONNECT if it can go now, and closes. Of what is still unwritten only acknowledgements go before it."""
        if any(packet["command"] != _PUBACK for packet in self._out_packet):
            # A message waits that must not go any more, or half of one is out, which its other half would complete.
            self.abort()
            return
        self.disconnect()
        self.loop_write()
        self.abort() if self.want_write() else self._own.close()

    def abort(self) -> None:
        """Closes by reset: bytes the system has not sent yet are dropped with the connection."""
        with contextlib.suppress(OSError):  # it was closed already
            self._own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORT)
        self._own.close()

    def connection(self) -> Socket:
        """What to wait on, for callers that may wait."""
        return self._own

    # Paho's side.

    def _create_socket(self) -> "mqtt.SocketLike":
        """The one given socket, once: a client of ours never connects by itself, so it cannot resend either."""
        if self._given:
            raise OSError("one session, one connection")
        self._given = True
        return cast("mqtt.SocketLike", self._own)  # it is one, but for the names of positional parameters

    def _sock_recv(self, bufsize: int) -> bytes:
        """Paho would ask for as much as the broker announces, up to 256 MB, and take any packet for a greeting."""
        command = self._in_packet["command"]
        misplaced = command != 0 and (command == _CONNACK) == self._greeted  # MQTT 3.1.1 §3.2: first, and once
        if misplaced or self._in_packet["remaining_length"] > MAX_PACKET:
            self.fault = PROTOCOL
            raise ConnectionAbortedError
        return super()._sock_recv(bufsize)

    def _handle_connack(self) -> MQTTErrorCode:
        """Paho calls a refused protocol version a protocol error; to us a refusal is a refusal."""
        self._greeted = True
        body = bytes(self._in_packet["packet"])
        if len(body) == 2 and body[1] in _REFUSALS:
            self.fault = REFUSED
        return super()._handle_connack()

    def _handle_pingresp(self) -> MQTTErrorCode:
        self.pinged = False
        return super()._handle_pingresp()

    def _judge(self, code: MQTTErrorCode) -> None:
        if code != MQTTErrorCode.MQTT_ERR_SUCCESS and not self.fault:
            self.fault = _FAULTS.get(code, NETWORK)

    def _accepted(
        self,
        client: mqtt.Client,
        user: object,
        flags: mqtt.ConnectFlags,
        reason: "ReasonCode",
        more: "Properties | None",
    ) -> None:
        if reason.is_failure:
            return
        if self._inbox:
            self.subscribe(self._inbox, qos=1)  # also in a kept session: the broker may have lost it
        else:
            self.ready = True

    def _subscribed(
        self, client: mqtt.Client, user: object, mid: int, reasons: "list[ReasonCode]", more: "Properties | None"
    ) -> None:
        if any(reason.value >= _SUBACK_FAILURE for reason in reasons):
            self.fault = REFUSED
        else:
            self.ready = True

    def _published(
        self, client: mqtt.Client, user: object, mid: int, reason: "ReasonCode", more: "Properties | None"
    ) -> None:
        self.done = True  # there is never more than one, and paho drops acknowledgements of others

    def _message(self, client: mqtt.Client, user: object, message: mqtt.MQTTMessage) -> None:
        try:
            topic = message.topic.encode()
        except UnicodeDecodeError:
            topic = b""
        if 0 < len(topic) <= MAX_TOPIC:
            self.messages.append((topic, bytearray(message.payload)))
        else:
            self.fault = PROTOCOL


def wipe(buf: bytearray) -> None:
    """What a person sent or is told lies nowhere longer than it is needed."""
    buf[:] = bytes(len(buf))


def _wait_for_write(client: mqtt.Client, user: object, sock: object) -> None:
    """Nothing: the link looks at `want_write` in every poll."""
