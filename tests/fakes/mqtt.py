"""A `Net` whose only peer is an MQTT 3.1.1 broker, in virtual time: the world of the link's contract on a machine.

It hands over bytes in pieces of a few, as a radio does, checks that the client's packets are whole, and enforces the
keepalive (§3.1.2.10). One client at a time.
"""

from tests.contract.portable.suite import World

_MASK = (1 << 30) - 1
_PIECE_IN = 7  # bytes a read gives at most
_PIECE_OUT = 50  # bytes a write takes at most


class FakeStream:
    def __init__(self, broker: "Broker", tls) -> None:
        self.state = 1
        self.error = 0
        self.tls = tls
        self.to_client = bytearray()
        self._broker = broker
        self._polls = 0

    def poll(self, now: int) -> None:
        self._polls += 1
        if self.state == 1 and self._polls == 3:
            self.state = 2

    def write(self, buf, start: int, stop: int) -> int:
        if self.state != 2:
            return 0
        n = min(_PIECE_OUT, stop - start)
        self._broker.take(self, bytes(buf[start : start + n]))
        return n

    def readinto(self, buf) -> int:
        if self.state != 2:
            return 0
        n = min(_PIECE_IN, len(buf), len(self.to_client))
        buf[:n] = self.to_client[:n]
        self.to_client = self.to_client[n:]
        return n

    def close(self) -> None:
        if self.state:
            self.end(0)
            self._broker.lose(self)

    def end(self, error: int) -> None:
        self.state = 0
        self.error = error


class Broker(World):
    def __init__(self) -> None:
        super().__init__()
        self._stream = None
        self._in = bytearray()
        self._deaf = False
        self._refuses = False
        self._will = None
        self._keepalive = 0
        self._heard = 0
        self._topics: list = []
        self._sessions: list = []
        self._published: list = []
        self._goodbyes = 0
        self._wills: list = []
        self._next_id = 0x3000
        self.login = None  # user name and password of the last CONNECT

    # What the link sees of it.

    def stream(self, host: str, port: int, tls) -> FakeStream:
        assert host == "127.0.0.1"
        self._stream = FakeStream(self, tls)
        self._in = bytearray()
        return self._stream

    # What the contract asks of it.

    def step(self, port) -> None:
        if self._keepalive and (self.now - self._heard) & _MASK > 1_500 * self._keepalive:
            self.cut()
        super().step(port)

    def sessions(self) -> list:
        return self._sessions

    def published(self) -> list:
        return self._published

    def goodbyes(self) -> int:
        return self._goodbyes

    def wills(self) -> list:
        return self._wills

    def deafen(self, on: bool) -> None:
        self._deaf = on

    def refuse(self, on: bool) -> None:
        self._refuses = on

    def cut(self) -> None:
        stream = self._stream
        if stream is not None:
            stream.end(2)
            self.lose(stream)

    def deliver(self, topic: bytes, payload: bytes) -> None:
        if topic in self._topics:
            self._next_id += 1
            body = len(topic).to_bytes(2, "big") + topic + self._next_id.to_bytes(2, "big") + payload
            self._say(b"\x32" + _length(len(body)) + body)

    def inject(self, data: bytes) -> None:
        """Bytes no broker would send."""
        self._say(data)

    # What happens on the line.

    def take(self, stream: FakeStream, data: bytes) -> None:
        if stream is not self._stream:
            return
        self._in += data
        self._heard = self.now
        while len(self._in) >= 2:
            size, at = _size(self._in)
            if at == 0 or len(self._in) < at + size:
                return
            packet = bytes(self._in[at : at + size])
            head = self._in[0]
            self._in = self._in[at + size :]
            self._handle(head, packet)

    def lose(self, stream: FakeStream) -> None:
        if stream is self._stream:
            if self._will is not None:
                self._wills.append(self._will)
            self._will = None
            self._keepalive = 0
            self._topics = []
            self._stream = None

    def _handle(self, head: int, packet: bytes) -> None:
        kind = head & 0xF0
        if kind == 0x10:
            self._connect(packet)
        elif kind == 0x80:
            assert head == 0x82
            n = int.from_bytes(packet[2:4], "big")
            self._topics.append(packet[4 : 4 + n])
            assert packet[4 + n :] == b"\1"
            self._say(b"\x90\x03" + packet[:2] + b"\1")
        elif kind == 0x30:
            self._publish(head, packet)
        elif kind == 0xC0:
            self._say(b"\xd0\x00")
        elif head == 0xE0:
            self._goodbyes += 1
            self._will = None
            self.cut()
        else:
            assert kind == 0x40, head

    def _connect(self, packet: bytes) -> None:
        assert packet[:7] == b"\0\4MQTT\4"
        flags = packet[7]
        strings = _strings(packet[10:])
        if self._refuses:
            self._say(b"\x20\x02\x00\x05")
            return
        self._keepalive = int.from_bytes(packet[8:10], "big")
        self._sessions.append((strings[0], bool(flags & 2), self._keepalive))
        self._will = (strings[1], strings[2]) if flags & 4 else None
        self.login = strings[-2:] if flags & 0xC0 == 0xC0 else None
        self._say(b"\x20\x02\x00\x00")

    def _publish(self, head: int, packet: bytes) -> None:
        n = int.from_bytes(packet[:2], "big")
        topic, rest = packet[2 : 2 + n], packet[2 + n :]
        qos = head >> 1 & 3
        if qos:
            self._say(b"\x40\x02" + rest[:2])
            rest = rest[2:]
        self._published.append((topic, rest, qos, bool(head & 1)))

    def _say(self, data: bytes) -> None:
        if self._stream is not None and not self._deaf:
            self._stream.to_client += data


def _length(n: int) -> bytes:
    return bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7))


def _size(data: bytearray) -> tuple:
    """Remaining length and where the packet's body starts; (0, 0) while incomplete."""
    size = shift = 0
    for at in range(1, min(5, len(data))):
        size |= (data[at] & 127) << shift
        shift += 7
        if not data[at] & 128:
            return size, at + 1
    return 0, 0


def _strings(data: bytes) -> list:
    found = []
    while data:
        n = int.from_bytes(data[:2], "big")
        found.append(data[2 : 2 + n])
        data = data[2 + n :]
    return found
