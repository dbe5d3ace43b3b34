"""The broker connection on umqtt.simple, the client that stock firmware carries. Never waits: see wire.py.

umqtt writes and reads the packets; time, connection, acknowledgements and limits are kept here.
"""

import errno

from micropython import const

from .dns import FAILED, FOUND
from .stream import CLOSED, OPEN
from .umqtt_client import Client
from .wire import BROKEN, INCOMPLETE, Wire

_TYPING = const(False)
if _TYPING:
    from ..ports import LinkOptions, Net, OnMessage, OnSent, Outgoing, Readable, Stream, Tls
    from .dns import Resolver

DOWN = 0
OPENING = 1
UP = 2

ASKED = 0
NETWORK = 1
REFUSED = 2
CERTIFICATE = 3
PROTOCOL = 4
TIMED_OUT = 5

_ROOM_IN = const(1280)  # a record of 1,024 bytes, a topic of 128 and both headers
_ROOM_OUT = const(1280)
_SPARE = const(16)  # kept for an acknowledgement and a ping beside a message
_HEADERS = const(9)  # fixed header 5, topic length 2, packet id 2
_PACKETS = const(8)  # read in one poll, so that a flood does not hold the other ports
_OPEN_MS = const(30_000)  # name, connection, handshake and greeting together
_ACK_MS = const(20_000)
_LINGER_MS = const(2_000)  # for the broker to take a DISCONNECT
_MASK = const(0x3FFFFFFF)  # ticks wrap at 2**30

_CONNACK = const(0x20)
_PUBLISH = const(0x30)
_PUBACK = const(0x40)
_SUBACK = const(0x90)
_FAILURE = const(0x80)

_REASONS = (NETWORK, NETWORK, NETWORK, TIMED_OUT, NETWORK, CERTIFICATE, NETWORK)
"""Stream.error → Link.error."""

# Steps of opening.
_NAME = const(0)
_CONNECTION = const(1)
_GREETING = const(2)
_INBOX = const(3)


def _ignore_message(topic: bytes, payload: "Readable", n: int) -> None:
    """Until the core sets its own."""


def _ignore_sent(id: int) -> None:
    """Until the core sets its own."""


class Link:
    """`tls` of None is for brokers on the same machine; `resolver` turns a host name into an address."""

    def __init__(
        self,
        net: "Net",
        host: str,
        port: int,
        tls: "Tls | None",
        resolver: "Resolver",
        user: str = "",
        password: str = "",
        region: bytes = b"",
    ) -> None:
        self.region = region
        self.state = DOWN
        self.error = ASKED
        self.on_message: "OnMessage" = _ignore_message
        self.on_sent: "OnSent" = _ignore_sent
        self._net = net
        self._host = host
        self._port = port
        self._tls = tls
        self._resolver = resolver
        self._user = user
        self._password = password
        self._wire = Wire(_ROOM_IN, _ROOM_OUT)
        self._stream: "Stream | None" = None
        self._old: "Stream | None" = None  # said goodbye, waits for the broker to close
        self._client: "Client | None" = None
        self._options: "LinkOptions | None" = None
        self._step = _NAME
        self._held = 0  # id of the message under way, 0 when there is none
        self._acked = False  # the broker will acknowledge it
        self._began = -1  # when the opening or the message did; -1 until the next poll tells the time
        self._left = -1  # likewise, when the DISCONNECT was written
        self._heard = 0
        self._spoke = 0
        self._pinged = 0

    def open(self, options: "LinkOptions") -> None:
        if self.state != DOWN:
            return
        self.error = ASKED
        if not self._host:  # not enrolled: there is no broker to talk to
            self.error = NETWORK
            return
        self.state = OPENING
        self._options = options
        self._step = _NAME
        self._began = -1
        self._resolver.ask(self._host)

    def close(self, polite: bool) -> None:
        if self.state == DOWN:
            return
        if polite and self._client is not None and self._stream is not None:
            self._say_goodbye(self._client, self._stream)
        self._end(ASKED)

    def room(self) -> bool:
        return self.state == UP and self._held == 0 and self._wire.is_idle

    def send(self, message: "Outgoing") -> None:
        if self._client is None or not self.room():
            raise OSError(errno.EAGAIN)  # `room` was not asked
        if _HEADERS + len(message.topic) + message.n + _SPARE > _ROOM_OUT:
            raise OSError(errno.EINVAL)
        self._held = message.id
        self._acked = message.qos == 1
        self._began = -1
        self._client.hand_over(message)

    def poll(self, now: int) -> None:
        if self._old is not None:
            self._linger(self._old, now)
        if self.state == OPENING:
            self._open_on(now)
        stream = self._stream
        if stream is None:
            return
        stream.poll(now)
        self._move(stream, now)
        if self._stream is stream and stream.state == CLOSED:
            self._end(_REASONS[stream.error])
        elif self.state == UP:
            self._keep(now)

    def _open_on(self, now: int) -> None:
        if self._began < 0:
            self._began = now
        if (now - self._began) & _MASK > _OPEN_MS:
            self._end(TIMED_OUT)
        elif self._step == _NAME:
            self._resolver.poll(now)
            if self._resolver.state == FOUND:
                self._stream = self._net.stream(self._resolver.address, self._port, self._tls)
                self._step = _CONNECTION
            elif self._resolver.state == FAILED:
                self._end(NETWORK)
        elif self._step == _CONNECTION and self._stream is not None and self._stream.state == OPEN:
            self._greet(now)

    def _greet(self, now: int) -> None:
        options = self._options
        if options is None:
            return
        client = Client(self._wire, self._user, self._password)
        client.set_callback(self._deliver)
        try:
            client.greet(options)
        except OSError:
            self._end(NETWORK)  # no socket was free, or a will longer than the wire
            return
        self._client = client
        self._step = _GREETING
        self._heard = self._spoke = self._pinged = now

    def _move(self, stream: "Stream", now: int) -> None:
        """Bytes out, then bytes in. A callback may close the link at any point."""
        if self._wire.flush(stream):
            self._spoke = now
            if self._held and not self._acked and self._wire.is_idle:
                self._sent()  # QoS 0: written is all there is to know
        for _ in range(_PACKETS):
            if self._stream is not stream or self._wire.free() < _SPARE:
                return
            if self._wire.pull(stream):
                self._heard = now
            status = self._wire.packet()
            if status == INCOMPLETE:
                break
            if status == BROKEN:
                self._end(PROTOCOL)
                return
            self._take()
        if self._stream is stream and self._wire.flush(stream):
            self._spoke = now

    def _take(self) -> None:
        """One whole packet."""
        wire = self._wire
        kind = wire.front() & 0xF0
        if kind == _PUBLISH:
            client = self._client
            if client is None or self._step != _INBOX:  # before SUBACK it is allowed, §3.8.4
                self._end(PROTOCOL)
                return
            client.wait_msg()
            if self._client is not client:
                wire.clear()  # the callback closed the link: umqtt's acknowledgement has no way out any more
                return
        elif kind == _CONNACK:
            self._greeted(wire.read(4)[3])
        elif kind == _PUBACK:
            head = wire.read(4)
            if self._acked and self._held == head[2] << 8 | head[3]:
                self._sent()  # any other is late: its message went down with an older connection
        elif kind == _SUBACK:
            self._subscribed(wire.read(5)[4])
        else:
            wire.read(2)  # PINGRESP: that it was heard is enough
        wire.consume()

    def _greeted(self, code: int) -> None:
        if self._step != _GREETING or self._client is None or self._options is None:
            self._end(PROTOCOL)
        elif code:
            self._end(REFUSED)
        else:
            self._step = _INBOX
            if self._options.inbox:
                self._client.ask_for(self._options.inbox)
            else:
                self.state = UP

    def _subscribed(self, code: int) -> None:
        if code & _FAILURE or self._step != _INBOX:
            self._end(REFUSED)
        else:
            self.state = UP

    def _deliver(self, topic: bytes, payload: bytes) -> None:
        self.on_message(topic, memoryview(payload), len(payload))

    def _sent(self) -> None:
        id = self._held
        self._held = 0
        self.on_sent(id)

    def _keep(self, now: int) -> None:
        """Acknowledgement and keepalive: a connection that looks open may have died an hour ago."""
        if self._held:
            if self._began < 0:
                self._began = now
            if (now - self._began) & _MASK > _ACK_MS:
                self._end(TIMED_OUT)
                return
        half = self._options.keepalive_s * 500 if self._options is not None else 0
        if not half or self._client is None:
            return
        quiet = (now - self._heard) & _MASK
        if quiet > 3 * half:
            self._end(TIMED_OUT)
        elif (now - self._pinged) & _MASK >= half and (quiet >= half or (now - self._spoke) & _MASK >= half):
            self._pinged = now
            if self._wire.free() >= _SPARE:
                self._client.ping()

    def _say_goodbye(self, client: Client, stream: "Stream") -> None:
        """DISCONNECT, if it fits the line at once: a line with no room for two bytes has died anyway."""
        self._wire.flush(stream)
        if self._wire.is_idle:
            client.disconnect()
            self._wire.flush(stream)
            if self._wire.is_idle:
                self._drop_old()
                self._old = stream
                self._stream = None
                self._left = -1

    def _linger(self, old: "Stream", now: int) -> None:
        """Closing with unread bytes would send a reset that overtakes the DISCONNECT (RFC 9293 §3.6.1)."""
        old.poll(now)
        scratch = bytearray(64)
        while old.readinto(scratch):
            pass
        if self._left < 0:
            self._left = now
        if old.state == CLOSED or (now - self._left) & _MASK > _LINGER_MS:
            self._drop_old()

    def _drop_old(self) -> None:
        if self._old is not None:
            self._old.close()
            self._old = None

    def _end(self, error: int) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._resolver.close()
        self._client = None
        self._held = 0
        self._wire.clear()
        self.state = DOWN
        self.error = error
