"""One client's connection as the broker sees it: bytes in, packets to the desk, bytes out, keep alive, scripted faults.

Refuses bytes after its end without a word. It knows no topics and no sessions: those are the desk's.
"""

from collections import deque
from dataclasses import replace
from typing import Protocol

from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.errors import MqttError
from simulator.mqtt.faults import Fault, Faults
from simulator.mqtt.limits import Limits
from simulator.mqtt.mailbox import Mailbox
from simulator.mqtt.packets import Connack, Connect, Packet, Publish, Will


class Desk(Protocol):
    """Who answers packets: the broker."""

    faults: Faults
    limits: Limits

    def received(self, conn: "Connection", packet: Packet, now: int) -> None: ...

    def ended(self, conn: "Connection", now: int) -> None: ...

    def forget(self, client_id: str, now: int) -> None: ...


class Connection:
    """Its transport calls `feed`, `take` and `close`, and hangs up once `closed` is true and `take` gave the last bytes.

    `why` says how it ended: "disconnect", "peer" (the transport broke), "protocol" (see `error`), "silent" (keep alive),
    "late" (no CONNECT), "takeover", "refused", "fault", "forgotten" or "restart".
    """

    def __init__(self, desk: Desk, name: str, now: int, timed: bool) -> None:
        self.name = name
        self.closed = False
        self.why = ""
        self.error: MqttError | None = None
        self.mailbox: Mailbox | None = None  # from an accepted CONNECT on
        self.will: Will | None = None
        self.keepalive_s = 0
        self._desk = desk
        self._decoder = Decoder(from_client=True, limits=desk.limits)
        self._out = bytearray()
        self._held: deque[tuple[int, bytes]] = deque()  # (when it leaves, bytes), by time
        self._heard = now  # when the last whole packet came: half a packet is no sign of life (MQTT-3.1.2-24)
        self._timed = timed
        self._half_open = False

    @property
    def client_id(self) -> str:
        return self.mailbox.client_id if self.mailbox else ""

    @property
    def ended(self) -> bool:
        return self.why != ""

    def feed(self, data: bytes, now: int) -> None:
        if self.ended or self._half_open:
            return
        self._decoder.feed(data)
        try:
            while not self.ended and not self._half_open and (packet := self._decoder.next()) is not None:
                self._heard = now
                self._receive(packet, now)
        except MqttError as error:
            self._refuse_bytes(error, now)

    def take(self) -> bytes:
        """Bytes for the client, gone once taken."""
        data = bytes(self._out)
        self._out.clear()
        return data

    def close(self, now: int) -> None:
        """The transport broke, or the client hung up. Without a DISCONNECT before it, the will is published."""
        self.end("peer", now)
        self.closed = True

    def on_time(self, now: int) -> None:
        while self._held and self._held[0][0] <= now:
            self._out += self._held.popleft()[1]
        patience = self._patience()
        if patience is not None and now >= patience:
            self.end("silent" if self.mailbox else "late", now)

    def deadline(self) -> int | None:
        times = [self._held[0][0]] if self._held else []
        patience = self._patience()
        return min([*times, patience]) if patience is not None else min(times, default=None)

    def _patience(self) -> int | None:
        if not self._timed:
            return None
        if self.mailbox is None:
            return self._heard + self._desk.limits.connect_ms
        return (
            self._heard + 1500 * self.keepalive_s if self.keepalive_s else None
        )  # one and a half times (MQTT-3.1.2-24)

    def send(self, packet: Packet, now: int) -> None:
        """Queues a packet for the client, or does to it what a fault says."""
        if self.ended or self._half_open:
            return
        rule = self._desk.faults.judge(packet, self.client_id, "out", now)
        if rule is None:
            self._put(packet, now, 0)
        elif rule.action == "delay":
            self._put(packet, now, rule.ms)
        elif rule.action == "duplicate":
            self._put(packet, now, 0)
            again = isinstance(packet, Publish) and packet.qos > 0
            self._put(replace(packet, dup=True) if again else packet, now, 0)
        else:
            self._break(rule, now)

    def has_room(self) -> bool:
        """Whether a message that may be dropped should still be sent (QoS 0)."""
        return len(self._out) + sum(len(data) for _, data in self._held) < self._desk.limits.output

    def refuse(self, code: int, now: int) -> None:
        """Answers CONNECT with a code other than 0 and ends (MQTT-3.2.2-5)."""
        self.send(Connack(False, code), now)
        self.end("refused", now)

    def swallow(self) -> None:
        """From here on the link is half open. The broker notices by keep alive, the client by itself."""
        self._half_open = True
        self._out.clear()
        self._held.clear()

    def end(self, why: str, now: int) -> None:
        """Ends it once; what a delay still holds is lost."""
        if self.ended:
            return
        self.why = why
        self.closed = not self._half_open  # nobody at the other end of a half-open link hears of it
        self._desk.ended(self, now)

    def _put(self, packet: Packet, now: int, delay_ms: int) -> None:
        data = encode(packet, self._desk.limits)
        last = self._held[-1][0] if self._held else now
        due = max(now + delay_ms, last)
        if due > now:
            self._held.append((due, data))
        else:
            self._out += data

    def _receive(self, packet: Packet, now: int) -> None:
        client = packet.client_id if isinstance(packet, Connect) else self.client_id
        rule = self._desk.faults.judge(packet, client, "in", now)
        if rule is not None and rule.action == "refuse":
            self.refuse(rule.code, now)
        elif rule is not None and rule.action not in ("duplicate", "forget"):
            self._break(rule, now)
        else:
            if rule is not None and rule.action == "forget":
                self._desk.forget(client, now)
            self._desk.received(self, packet, now)
            if rule is not None and rule.action == "duplicate" and not self.ended:
                self._desk.received(self, packet, now)

    def _break(self, rule: Fault, now: int) -> None:
        """Lose, drop or swallow."""
        if rule.action == "drop":
            self.end("fault", now)
        elif rule.action == "swallow":
            self.swallow()

    def _refuse_bytes(self, error: MqttError, now: int) -> None:
        self.error = error
        if error.code and self.mailbox is None:
            self.send(Connack(False, error.code), now)
        self.end("protocol", now)  # MQTT-4.8.0-1
