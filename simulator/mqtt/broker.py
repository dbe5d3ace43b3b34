"""An MQTT 3.1.1 broker in memory: who is admitted, what each packet is answered with, who is forgotten. No I/O, no clock.

Time is `now`, milliseconds on any clock that never goes back nor wraps. The same calls give the same bytes in the same
order, always. Refuses what the codec refuses, what the hooks refuse, and what passes `Limits`.
"""

from collections.abc import Callable, Mapping

from simulator.mqtt.connection import Connection
from simulator.mqtt.errors import MqttError
from simulator.mqtt.faults import Faults
from simulator.mqtt.limits import Limits
from simulator.mqtt.mailbox import Mailbox
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
)
from simulator.mqtt.routing import FAILURE, Acl, Routing
from simulator.mqtt.topics import check_name

Login = Callable[[Connect], int]
"""The CONNACK return code for a CONNECT: 0 lets it in, 4 and 5 are the usual refusals (table 3.1)."""

Observer = Callable[[str, str, bytes, int, bool, int], None]
"""(client id, topic, payload, qos, retain, now) of each message the broker accepts, before it is passed on."""

_LIMITS = Limits()


class Broker:
    """The public attributes may be read at any time; `on_publish` may be set, and must not call the broker."""

    def __init__(self, limits: Limits = _LIMITS, login: Login | None = None, acl: Acl | None = None) -> None:
        self.limits = limits
        self.faults = Faults()
        self.on_publish: Observer | None = None
        self._login = login
        self._routing = Routing(limits, acl)
        self._online = self._routing.online
        self._boxes: dict[str, Mailbox] = {}  # by client id
        self._connections: list[Connection] = []
        self._last_number = 0
        self._assigned = 0

    # The transport's side

    def connect(self, name: str, now: int, timed: bool = True) -> Connection:
        """A transport has connected. `timed=False` for a client whose seconds are not this clock's: it may stay silent."""
        conn = Connection(self, name, now, timed)
        self._connections.append(conn)
        if len(self._connections) > self.limits.connections:
            conn.end("refused", now)
        return conn

    def on_time(self, now: int) -> None:
        for conn in list(self._connections):
            conn.on_time(now)

    def deadline(self) -> int | None:
        """When `on_time` is next due; None while nothing waits."""
        times = [conn.deadline() for conn in self._connections]
        return min((time for time in times if time is not None), default=None)

    # The owner's side

    def publish(self, topic: str, payload: bytes, qos: int, retain: bool, now: int) -> None:
        """A message of the broker's own: login, the "write" rule and the observer are not asked."""
        check_name(topic, self.limits)
        self._routing.publish(Publish(topic, payload, qos, retain), now)

    @property
    def retained(self) -> Mapping[str, Publish]:
        """By topic."""
        return self._routing.retained

    @property
    def denied(self) -> int:
        """Messages the access rule kept from being published or read."""
        return self._routing.denied

    @property
    def dropped(self) -> int:
        """Messages that a full queue, a full retained store or an unread connection cost."""
        return self._routing.dropped

    def clients(self) -> list[str]:
        """Who is connected, by client id."""
        return sorted(self._online)

    def has_session(self, client_id: str) -> bool:
        return client_id in self._boxes

    def waiting(self, client_id: str) -> int:
        """Messages the client has not acknowledged yet."""
        box = self._boxes.get(client_id)
        return box.count() if box else 0

    def drop(self, client_id: str, now: int) -> None:
        """Ends a client's connection like a broken wire: its will is published."""
        if client_id in self._online:
            self._online[client_id].end("fault", now)

    def swallow(self, client_id: str) -> None:
        """Makes a client's link half open."""
        if client_id in self._online:
            self._online[client_id].swallow()

    def forget(self, client_id: str, now: int) -> None:
        """Loses a client's session, and its connection if there is one."""
        if client_id in self._online:
            self._online[client_id].end("forgotten", now)
        if client_id in self._boxes:
            self._erase(self._boxes[client_id])

    def restart(self, now: int, persistent: bool = False) -> None:
        """Like a power cut: no will is published; sessions and retained messages survive only if `persistent`."""
        for conn in list(self._connections):
            conn.will = None
            conn.end("restart", now)
        if not persistent:
            self._routing.retained.clear()
            for box in list(self._boxes.values()):
                self._erase(box)

    # The connections' side

    def received(self, conn: Connection, packet: Packet, now: int) -> None:
        box = conn.mailbox
        if isinstance(packet, Connect):
            if box is not None:
                raise MqttError("a second CONNECT", "MQTT-3.1.0-2")
            self._admit(conn, packet, now)
        elif box is None:
            raise MqttError("another first packet than CONNECT", "MQTT-3.1.0-1")
        else:
            self._serve(conn, box, packet, now)

    def ended(self, conn: Connection, now: int) -> None:
        self._connections.remove(conn)
        box = conn.mailbox
        if box is None:
            return
        del self._online[box.client_id]
        if box.clean:
            self._erase(box)  # §3.1.2.4: a clean session lasts as long as its connection
        will = conn.will
        if will is not None:  # MQTT-3.1.2-8
            self._accept(box.client_id, Publish(will.topic, will.payload, will.qos, will.retain), now)

    def _admit(self, conn: Connection, packet: Connect, now: int) -> None:
        code = self._login(packet) if self._login else 0
        known = packet.client_id in self._boxes
        if not code and not known and len(self._boxes) >= self.limits.sessions:
            code = 3
        if code:
            conn.refuse(code, now)
            return
        client_id = packet.client_id or self._assign_id()
        if client_id in self._online:
            self._online[client_id].end("takeover", now)  # MQTT-3.1.4-2
        if packet.clean and client_id in self._boxes:
            self._erase(self._boxes[client_id])  # MQTT-3.1.2-6
        present = client_id in self._boxes
        box = self._boxes[client_id] if present else self._open_box(client_id)
        box.clean = packet.clean
        conn.mailbox, conn.will, conn.keepalive_s = box, packet.will, packet.keepalive_s
        self._online[client_id] = conn
        conn.send(Connack(present, 0), now)
        for unfinished in box.resume():
            conn.send(unfinished, now)
        self._routing.flush(box, now)

    def _assign_id(self) -> str:
        """MQTT-3.1.3-6: unique, and by count so that a run can be repeated."""
        while True:
            self._assigned += 1
            client_id = f"auto-{self._assigned}"
            if client_id not in self._boxes:
                return client_id

    def _open_box(self, client_id: str) -> Mailbox:
        self._last_number += 1
        box = Mailbox(client_id, self._last_number, self.limits)
        self._boxes[client_id] = box
        self._routing.add(box)
        return box

    def _erase(self, box: Mailbox) -> None:
        self._routing.remove(box)
        del self._boxes[box.client_id]

    def _serve(self, conn: Connection, box: Mailbox, packet: Packet, now: int) -> None:
        match packet:
            case Publish():
                self._take_publish(conn, box, packet, now)
            case Puback():
                box.acknowledge(packet.packet_id)
                self._routing.flush(box, now)
            case Pubrec():
                conn.send(box.received(packet.packet_id), now)
            case Pubrel():
                message = box.release(packet.packet_id)
                if message is not None:
                    self._accept(box.client_id, message, now)
                conn.send(Pubcomp(packet.packet_id), now)
            case Pubcomp():
                box.completed(packet.packet_id)
                self._routing.flush(box, now)
            case Subscribe():
                self._subscribe(conn, box, packet, now)
            case Unsubscribe():
                for pattern in packet.filters:
                    self._routing.unsubscribe(box, pattern)
                conn.send(Unsuback(packet.packet_id), now)
            case Pingreq():
                conn.send(Pingresp(), now)
            case Disconnect():
                conn.will = None  # MQTT-3.14.4-3
                conn.end("disconnect", now)
            case _:
                raise AssertionError(packet.name)  # the decoder lets no other packet of a client through

    def _take_publish(self, conn: Connection, box: Mailbox, packet: Publish, now: int) -> None:
        if packet.qos == 2:
            box.hold(packet)
            conn.send(Pubrec(packet.packet_id), now)
            return
        self._accept(box.client_id, packet, now)
        if packet.qos == 1:
            conn.send(Puback(packet.packet_id), now)

    def _subscribe(self, conn: Connection, box: Mailbox, packet: Subscribe, now: int) -> None:
        codes = [self._routing.subscribe(box, pattern, qos) for pattern, qos in packet.filters]
        conn.send(Suback(packet.packet_id, tuple(codes)), now)
        for (pattern, _), code in zip(packet.filters, codes, strict=True):
            if code != FAILURE:
                self._routing.send_retained(box, pattern, code, now)

    def _accept(self, client_id: str, message: Publish, now: int) -> None:
        """A client's message, or its will. A refused one is acknowledged all the same (MQTT-3.3.5-2)."""
        if not self._routing.admits(client_id, message.topic):
            return
        if self.on_publish is not None:
            self.on_publish(client_id, message.topic, message.payload, message.qos, message.retain, now)
        self._routing.publish(message, now)
