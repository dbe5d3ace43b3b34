"""A client of raw bytes on a real socket: it says anything, and waits for packets and ends, never for a time."""

import socket
from types import TracebackType
from typing import Self

from simulator.mqtt.codec import Decoder, encode
from simulator.mqtt.limits import Limits
from simulator.mqtt.packets import (
    Connack,
    Connect,
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
)

_PATIENCE_S = 10.0  # a busy machine; a wait that succeeds takes milliseconds
_LIMITS = Limits(topic=65_535, levels=65_535, client_id=65_535)


class Wire:
    """`with Wire(port) as wire:` is one TCP connection. Nothing is sent or acknowledged by itself."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._decoder = Decoder(from_client=False, limits=_LIMITS)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def cut(self) -> None:
        """Ends the connection without a DISCONNECT."""
        self._socket.close()

    def send(self, *packets: Packet | bytes) -> None:
        """Packets as the standard writes them; bytes as they are."""
        data = b"".join(each if isinstance(each, bytes) else encode(each, _LIMITS) for each in packets)
        self._socket.sendall(data)

    def next(self) -> Packet:
        """Waits for the next packet; AssertionError when the connection ends instead."""
        while True:
            packet = self._decoder.next()
            if packet is not None:
                return packet
            data = self._socket.recv(65_536)
            assert data, "the broker ended the connection"
            self._decoder.feed(data)

    def expect(self, *packets: Packet) -> None:
        """Waits for exactly these packets, in this order."""
        for packet in packets:
            assert self.next() == packet

    def expect_end(self) -> list[Packet]:
        """Waits until the broker ends the connection; the packets that came before."""
        found: list[Packet] = []
        try:
            while data := self._socket.recv(65_536):
                self._decoder.feed(data)
        except ConnectionError:
            pass
        while (packet := self._decoder.next()) is not None:
            found.append(packet)
        return found

    def open(self, connect: Connect) -> bool:
        """CONNECT, accepted; whether a session was present."""
        self.send(connect)
        answer = self.next()
        assert isinstance(answer, Connack)
        assert answer.code == 0, answer
        return answer.session_present

    def subscribe(self, *filters: tuple[str, int]) -> list[Packet]:
        """Granted as asked. Returns what came up to now: retained messages may come before or after SUBACK (§3.8.4)."""
        self.send(Subscribe(7, filters))
        found = self.drain()
        found.remove(Suback(7, tuple(qos for _, qos in filters)))
        return found

    def drain(self) -> list[Packet]:
        """Every packet the broker has sent before it answers a PINGREQ sent now."""
        self.send(Pingreq())
        found: list[Packet] = []
        while (packet := self.next()) != Pingresp():
            found.append(packet)
        return found

    def messages(self) -> list[Publish]:
        """Like `drain`, for the messages alone; QoS 1 and 2 ones are acknowledged until none is left."""
        found: list[Publish] = []
        while news := self.drain():
            for packet in news:
                self._answer(packet)
                if isinstance(packet, Publish):
                    found.append(packet)
        return found

    def texts(self) -> list[tuple[str, bytes]]:
        return [(message.topic, message.payload) for message in self.messages()]

    def publish(self, topic: str, payload: bytes = b"", qos: int = 1, retain: bool = False) -> None:
        """Returns once the broker has passed it on: it says so with QoS 1 and 2, and with the answer to a PINGREQ."""
        self.send(Publish(topic, payload, qos, retain, packet_id=9 if qos else 0))
        if qos == 0:
            self.expect_pong()
        elif qos == 1:
            self.expect(Puback(9))
        else:
            self.expect(Pubrec(9))
            self.send(Pubrel(9))
            self.expect(Pubcomp(9))

    def expect_pong(self) -> None:
        self.send(Pingreq())
        self.expect(Pingresp())

    def _answer(self, packet: Packet) -> None:
        if isinstance(packet, Publish) and packet.qos:
            self.send(Puback(packet.packet_id) if packet.qos == 1 else Pubrec(packet.packet_id))
        elif isinstance(packet, Pubrec):
            self.send(Pubrel(packet.packet_id))
        elif isinstance(packet, Pubrel):
            self.send(Pubcomp(packet.packet_id))
