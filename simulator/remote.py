"""The agent's ports when the world is elsewhere: bytes in by `give`, bytes out by `emit`, nothing else. Device syntax.

Imports nothing of agent or hal. One hub serves all ports; each exchange is (port, bytes) in the forms written at each class, so
that an agent in this process, behind a pipe or on a board sees and says exactly the same. Ports without a conversation are
the hub itself. Refuses an input of a form it does not know (ValueError: the world's bug). Its heap is the price of being watched: at most 8 KB, printed by `amace bench`.
"""

import hashlib

from micropython import const

GNSS = 1
LINK = 2
WIFI = 3
BLE = 4
CAMERA = 5
MOTION = 6
BATTERY = 7
POWER = 8
SECRETS = 9
BUTTON = 10
INDICATOR = 11
WATCHDOG = 12
CONSOLE = 13

_COUNT = const(14)
_STREAMS = const(32)  # purposes that draw: the agent has 24
_MAX_SECRET = const(1024)
_MAX_NAME = const(15)
_MAX_ADVERT = const(31)
_REFUSED = const(22)  # EINVAL
_DOWN = const(0)  # states of Wifi and Link
_OPENING = const(1)
_UP = const(2)
_A = const(65)  # kinds of record, as letters
_B = const(66)
_C = const(67)
_D = const(68)
_F = const(70)
_L = const(76)
_M = const(77)
_P = const(80)
_U = const(85)
_W = const(87)
_X = const(88)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import LinkOptions, OnMessage, OnSent, OnWrite, Outgoing


class Port:
    """One conversation. Inputs wait here until the agent polls; `_on` takes them one by one."""

    def __init__(self, hub: "Hub", number: int) -> None:
        self._hub = hub
        self._number = number
        self._waiting: "list[bytes]" = []
        hub.ports[number] = self

    def give(self, data: bytes) -> None:
        self._waiting.append(data)

    def poll(self, now: int) -> None:
        while self._waiting:
            self._on(self._waiting.pop(0))

    def _on(self, data: bytes) -> None:
        raise ValueError(self._number)

    def _say(self, *parts: "bytes | memoryview") -> None:
        self._hub.emit(self._number, parts)


class Hub:
    """Clock, entropy, secrets, indicator, watchdog and GNSS power; and the way to all other ports.

    `emit(port, pieces)` gets whatever the agent says, at the moment it says it. In pieces, so that nothing long is put together.
    Secrets out: `P` name (length first) value · `D` name. Indicator out: `L` on · `B` on. Watchdog out: `S` seconds, at its
    start. GNSS power out: `P` on · `Z` (memory cleared). Entropy: SHA-256(seed | purpose | draw), one stream a purpose.
    """

    def __init__(self, seed: bytes, now: int, emit: "Callable[[int, tuple[bytes | memoryview, ...]], None]") -> None:
        self.now = now
        self.emit = emit
        self.ports: "list[Port | None]" = [None] * _COUNT
        # Room for the one secret that comes later: a table that grows in mid-life would split a small heap.
        self.secrets: "dict[str, bytes | None]" = {"consent": None}
        self.fed = now  # tick of the watchdog's last meal
        self._seed = seed
        self._draws = bytearray(2 * _STREAMS)  # draws so far, two bytes a purpose

    def give(self, number: int, data: bytes) -> None:
        """One input for one port. The port keeps it until the agent polls."""
        port = self.ports[number]
        if port is None:
            raise ValueError(number)
        port.give(data)

    def ticks(self) -> int:
        return self.now

    def rtc(self) -> int:
        return -1  # a simulated board has no battery behind its clock

    def set_rtc(self, seconds: int) -> None:
        pass

    def fill(self, purpose: int, buf: bytearray) -> None:
        if purpose >= _STREAMS:
            raise OSError(_REFUSED)
        draws = self._draws
        low = 2 * purpose + 1
        digest = hashlib.sha256(self._seed + bytes((purpose, draws[low - 1], draws[low]))).digest()
        draws[low] = draws[low] + 1 & 0xFF
        if draws[low] == 0:
            draws[low - 1] = draws[low - 1] + 1 & 0xFF
        for k in range(len(buf)):
            buf[k] = digest[k & 31]

    def get(self, name: str) -> "bytes | None":
        return self.secrets.get(name)

    def put(self, name: str, value: bytes) -> None:
        if len(value) > _MAX_SECRET or not 0 < len(name) <= _MAX_NAME:
            raise OSError(_REFUSED)
        self.secrets[name] = bytes(value)  # the caller may zero its buffer
        self.emit(SECRETS, (b"P" + sized(name.encode()), value))

    def drop(self, name: str) -> None:
        self.secrets.pop(name, None)
        self.emit(SECRETS, (b"D" + sized(name.encode()),))

    def light(self, on: bool) -> None:
        self.emit(INDICATOR, (bytes((_L, on)),))

    def buzzer(self, on: bool) -> None:
        self.emit(INDICATOR, (bytes((_B, on)),))

    def start(self, timeout_ms: int) -> None:
        self.emit(WATCHDOG, (bytes((83, timeout_ms // 1000)),))

    def feed(self) -> None:
        self.fed = self.now

    def set(self, on: bool) -> None:
        self.emit(POWER, (bytes((_P, on)),))

    def forget(self) -> None:
        self.emit(POWER, (b"Z",))


def sized(data: bytes) -> bytes:
    """One length byte, then the bytes."""
    return bytes((len(data),)) + data


def _deaf(*ignored: object) -> None:
    """Nobody listens yet."""


class Line(Port):
    """A serial line (GNSS, console), raw bytes both ways."""

    def readinto(self, buf: "bytearray | memoryview") -> int:
        if not self._waiting:
            return 0
        data = self._waiting.pop(0)
        n = min(len(buf), len(data))
        for k in range(n):
            buf[k] = data[k]
        if n < len(data):
            self._waiting.insert(0, data[n:])
        return n

    def write(self, buf: "bytearray | memoryview", n: int) -> int:
        self._say(bytes(buf[:n]))
        return n

    def baud(self, rate: int) -> None:
        pass  # a virtual line has no speed


class Radio(Port):
    """What Wi-Fi and the broker connection have in common. In: `U` up · `D` error, down."""

    def __init__(self, hub: Hub, number: int) -> None:
        Port.__init__(self, hub, number)
        self.state = _DOWN
        self.error = 0

    def _on(self, data: bytes) -> None:
        up = data[0] == _U
        self.state = _UP if up else _DOWN
        self.error = 0 if up else data[1]


class Wifi(Radio):
    """Out: `J` ssid, password (length first) · `L`."""

    def join(self, ssid: bytes, password: bytes) -> None:
        self.state = _OPENING
        self._say(b"J" + sized(ssid) + sized(password))

    def leave(self) -> None:
        self.state = _DOWN
        self._say(b"L")

    def rssi(self) -> int:
        return -60 if self.state == _UP else 0


class Link(Radio):
    """The broker connection.

    Out: `O` clean, keepalive (2), client id, will topic, will, inbox (each length first) · `C` polite ·
    `P` id (2), qos | retain << 7, topic (length first), payload. In also: `A` id (2) · `M` topic (length first), payload.
    """

    def __init__(self, hub: Hub, region: bytes = b"") -> None:
        Radio.__init__(self, hub, LINK)
        self.region = region
        self.on_message: "OnMessage" = _deaf
        self.on_sent: "OnSent" = _deaf
        self._held = 0  # id of the message not yet acknowledged

    def open(self, options: "LinkOptions") -> None:
        self.state = _OPENING
        self._held = 0
        keepalive = options.keepalive_s
        data = b"O" + bytes((1 if options.clean else 0, keepalive >> 8, keepalive & 0xFF))
        for text in (options.client_id, options.will_topic, options.will, options.inbox):
            data += sized(text)
        self._say(data)

    def close(self, polite: bool) -> None:
        if self.state == _DOWN:
            return
        self.state = _DOWN
        self.error = 0
        self._held = 0
        self._waiting = []  # what the old connection still had to say is not for the next one
        self._say(bytes((_C, polite)))

    def room(self) -> bool:
        return self.state == _UP and self._held == 0

    def send(self, message: "Outgoing") -> None:
        self._held = message.id
        flags = message.qos | (0x80 if message.retain else 0)
        head = bytes((80, message.id >> 8, message.id & 0xFF, flags, len(message.topic)))
        self._say(head, message.topic, memoryview(message.buf)[: message.n])

    def _on(self, data: bytes) -> None:
        kind = data[0]
        if kind == _A:
            if self._held == data[1] << 8 | data[2]:
                held = self._held
                self._held = 0
                self.on_sent(held)
        elif kind == _M:
            at = 2 + data[1]
            self.on_message(data[2:at], memoryview(data)[at:], len(data) - at)
        else:
            self._held = 0
            Radio._on(self, data)


class Ble(Port):
    """Out: `A` interval (2), advert, scan response (each length first) · `S` · `N` bytes.

    In: `Q` connected · `C` connected and subscribed, as this world's phone does at once · `D` · `W` bytes.
    """

    def __init__(self, hub: Hub) -> None:
        Port.__init__(self, hub, BLE)
        self.on_write: "OnWrite" = _deaf
        self.connected = False
        self._subscribed = False

    def advertise(self, adv: bytes, rsp: bytes, interval_ms: int) -> None:
        if max(len(adv), len(rsp)) > _MAX_ADVERT:
            raise OSError(_REFUSED)
        self._say(bytes((_A, interval_ms >> 8, interval_ms & 0xFF)) + sized(adv) + sized(rsp))

    def silence(self) -> None:
        self.connected = self._subscribed = False
        self._say(b"S")

    def notify(self, buf: "bytearray | memoryview", n: int) -> bool:
        if self._subscribed:
            self._say(b"N" + buf[:n])
        return self._subscribed

    def mtu(self) -> int:
        return 244

    def _on(self, data: bytes) -> None:
        if data[0] == _W:
            self.on_write(memoryview(data)[1:], len(data) - 1)
        else:
            self.connected = data[0] != _D
            self._subscribed = data[0] == _C


class Camera(Port):
    """Out: `P` on · `T` · `Z` (forgotten). In: `F` size (4) · `D` bytes, until the size is reached · `X` (failed)."""

    def __init__(self, hub: Hub) -> None:
        Port.__init__(self, hub, CAMERA)
        self.state = 0
        self._powered = False
        self._pieces: "list[bytearray]" = []  # a frame in one piece would need as long a hole in the heap
        self._missing = 0

    def power(self, on: bool) -> None:
        self._wipe()
        self._powered = on
        self._say(bytes((_P, on)))

    def capture(self) -> None:
        self._wipe()
        if self._powered:
            self.state = 1
            self._say(b"T")
        else:
            self.state = 3

    def _on(self, data: bytes) -> None:
        if self.state != 1:
            return  # a frame nobody waits for any more
        if data[0] == _X:
            self.state = 3
        elif data[0] == _F:
            self._missing = data[1] << 24 | data[2] << 16 | data[3] << 8 | data[4]
        else:
            self._pieces.append(bytearray(data[1:]))
            self._missing -= len(data) - 1
            if self._missing <= 0:
                self.state = 2

    def size(self) -> int:
        return sum([len(piece) for piece in self._pieces]) if self.state == 2 else 0

    def copy(self, start: int, buf: "bytearray | memoryview", at: int, n: int) -> None:
        if start < 0 or start + n > self.size():
            raise OSError(_REFUSED)
        for piece in self._pieces:
            for k in range(max(0, start), min(len(piece), start + n)):
                buf[at + k - start] = piece[k]
            start -= len(piece)

    def forget(self) -> None:
        self._wipe()
        self._say(b"Z")

    def _wipe(self) -> None:
        for piece in self._pieces:
            for k in range(len(piece)):
                piece[k] = 0
        self._pieces = []
        self.state = 0


class Sensor(Port):
    """Motion and button. In: 2 bytes: mg, or 1 for a short and 2 for a long press. The largest since the last look counts."""

    def read(self, now: int = 0) -> int:
        most = 0
        while self._waiting:
            data = self._waiting.pop()
            most = max(most, data[0] << 8 | data[1])
        return most


class Battery(Port):
    """In: percent, millivolts (2), charging."""

    percent = -1
    millivolts = -1
    charging = False

    def sample(self) -> None:
        while self._waiting:
            data = self._waiting.pop(0)
            self.percent = data[0]
            self.millivolts = data[1] << 8 | data[2]
            self.charging = bool(data[3])
