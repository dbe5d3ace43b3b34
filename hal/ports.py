"""What the agent needs of hardware, as shapes. Typing only: no device ever imports this file.

Four laws hold for every port and are checked by tests/contract:
1. A port never waits. It buffers, is polled, and calls back only from inside `poll`.
2. A port keeps no clock of its own: time arrives as `now`, ticks in milliseconds that wrap at 2**30.
3. A port raises only `OSError` (the part failed); "nothing there" and "no room" are return values.
4. Numbers stay below 2**30, so that a call allocates nothing on a 32-bit board.

A *way out* is a method that lets a byte leave the device: `Link.open`, `Link.send`, `Ble.advertise`, `Ble.notify`,
`Console.write`. Boards hand these ports to the gate as `Ways`; the core gets the same objects as `Ports` and uses only the rest.

State numbers shared by `Link` and `Wifi`: 0 down, 1 opening, 2 up.
"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

Buffer: TypeAlias = bytearray | memoryview
"""Memory a port may write into or read from without keeping it."""

Readable: TypeAlias = bytes | bytearray | memoryview
"""What a callback is given: valid during the call only."""

OnMessage: TypeAlias = Callable[[bytes, Readable, int], None]
"""topic, payload, length"""

OnWrite: TypeAlias = Callable[[Readable, int], None]
OnSent: TypeAlias = Callable[[int], None]


class Clock(Protocol):
    """Monotonic ticks, and a real-time clock that may have survived a restart."""

    def ticks(self) -> int:
        """Milliseconds in [0, 2**30), wrapping."""
        ...

    def rtc(self) -> int:
        """Seconds since 2020-01-01 UTC, or -1 when the clock was never set."""
        ...

    def set_rtc(self, seconds: int) -> None: ...


class Uart(Protocol):
    """A serial line: the GNSS receiver's."""

    def readinto(self, buf: Buffer) -> int:
        """Bytes copied into `buf`, 0 when none wait. Never blocks."""
        ...

    def write(self, buf: Buffer, n: int) -> int:
        """Bytes of `buf[:n]` taken, 0 when the line has no room."""
        ...

    def baud(self, rate: int) -> None: ...


class Console(Protocol):
    """The rig's serial line. `write` is a way out. Reading raises nothing when the host goes away: it returns 0."""

    def readinto(self, buf: Buffer) -> int: ...

    def write(self, buf: Buffer, n: int) -> object: ...


class Tls(Protocol):
    """Trust for one stream: who may answer, and under which name."""

    ca: bytes  # one or more certificates, DER or PEM
    name: str  # host name the certificate must carry (RFC 6125 §6.4)


class Stream(Protocol):
    """One TCP or TLS connection. `state`: 0 closed, 1 opening, 2 open."""

    state: int
    error: int  # 0, or why it closed: 1 refused, 2 reset, 3 timed out, 4 name unknown, 5 certificate refused, 6 other

    def poll(self, now: int) -> None:
        """Moves connect, handshake and buffered bytes on, without waiting."""
        ...

    def write(self, buf: Buffer, start: int, stop: int) -> int:
        """Bytes taken from `buf[start:stop]`; 0 when there is no room now."""
        ...

    def readinto(self, buf: Buffer) -> int: ...

    def close(self) -> None: ...


class Datagram(Protocol):
    """One UDP socket, tied to one peer."""

    def send(self, buf: Buffer, n: int) -> bool: ...

    def readinto(self, buf: Buffer) -> int:
        """Length of one whole datagram, cut to `len(buf)`; 0 when none waits."""
        ...

    def close(self) -> None: ...


class Net(Protocol):
    """Sockets. Hosts are numeric addresses: names are resolved by the agent, because the system's resolver blocks."""

    def stream(self, host: str, port: int, tls: Tls | None) -> Stream: ...

    def datagram(self, host: str, port: int) -> Datagram: ...


class Outgoing(Protocol):
    """One message to publish. The link may keep the object until `on_sent`, and copies nothing before `send` returns."""

    topic: bytes
    buf: bytearray
    n: int
    qos: int  # 0 or 1
    retain: bool
    id: int  # ours, 1..65535: comes back in `on_sent`


class LinkOptions(Protocol):
    """How to introduce ourselves. A `will_topic` of b"" means no last will."""

    client_id: bytes
    clean: bool
    keepalive_s: int
    will_topic: bytes
    will: bytes
    inbox: bytes  # the one topic filter to subscribe to, QoS 1


class Link(Protocol):
    """The broker connection. It holds at most one message: the store is the agent's."""

    state: int
    region: bytes  # of the broker, as told with its address; b"" when that names none
    error: int  # why it is down: 0 asked to, 1 network, 2 broker refused, 3 certificate, 4 protocol, 5 timed out
    on_message: OnMessage
    on_sent: OnSent  # our id: acknowledged (QoS 1) or written (QoS 0)

    def open(self, options: LinkOptions) -> None: ...

    def close(self, polite: bool) -> None:
        """Polite sends DISCONNECT, so that the broker drops the will (MQTT 3.1.1 §3.14.4). Forgets a message it holds."""
        ...

    def room(self) -> bool: ...

    def send(self, message: Outgoing) -> None: ...

    def poll(self, now: int) -> None: ...


class Wifi(Protocol):
    """The station radio. The password goes in and never comes out."""

    state: int
    error: int  # why it is down: 0 asked to, 1 not found, 2 password refused, 3 lost

    def join(self, ssid: bytes, password: bytes) -> None: ...

    def leave(self) -> None: ...

    def poll(self, now: int) -> None: ...

    def rssi(self) -> int:
        """dBm, 0 when not connected."""
        ...


class Ble(Protocol):
    """One advertising set and one service with one characteristic: written by the phone, notified by us."""

    connected: bool
    on_write: OnWrite

    def advertise(self, adv: bytes, rsp: bytes, interval_ms: int) -> None:
        """Starts or replaces the advert (≤ 31 bytes each, Core 5.0 vol 6 part B §2.3.1.1), under a new private address."""
        ...

    def silence(self) -> None:
        """Stops advertising and drops a connection."""
        ...

    def notify(self, buf: Buffer, n: int) -> bool:
        """False when nobody is subscribed or the stack has no room."""
        ...

    def mtu(self) -> int:
        """Bytes one write or notify carries, at least 20."""
        ...

    def poll(self, now: int) -> None: ...


class Camera(Protocol):
    """One still at a time. `state`: 0 off, 1 working, 2 a frame is ready, 3 failed."""

    state: int

    def power(self, on: bool) -> None: ...

    def capture(self) -> None: ...

    def poll(self, now: int) -> None: ...

    def size(self) -> int:
        """Bytes of the frame, 0 when there is none."""
        ...

    def copy(self, start: int, buf: Buffer, at: int, n: int) -> None:
        """Copies frame[start:start + n] to buf[at:at + n]."""
        ...

    def forget(self) -> None:
        """Overwrites and frees the frame."""
        ...


class Motion(Protocol):
    """An accelerometer or a shake switch."""

    def read(self) -> int:
        """Largest change of acceleration since the last call, in mg; 0 when still."""
        ...


class Battery(Protocol):
    percent: int  # 0..100, -1 unknown
    millivolts: int  # -1 unknown
    charging: bool

    def sample(self) -> None:
        """Refreshes the three attributes."""
        ...


class GnssPower(Protocol):
    """Power and memory of the GNSS receiver."""

    def set(self, on: bool) -> None: ...

    def forget(self) -> None:
        """Clears the receiver's battery-backed memory: its last position and almanac."""
        ...


class Flash(Protocol):
    """One region of NOR flash. Programming only clears bits; erasing sets a whole block."""

    size: int
    block: int

    def read(self, at: int, buf: Buffer) -> None: ...

    def program(self, at: int, buf: Buffer) -> None: ...

    def erase(self, block_no: int) -> None: ...


class Secrets(Protocol):
    """Small named values (≤ 1,024 bytes, names ≤ 15 characters) that survive a restart and are never logged."""

    def get(self, name: str) -> bytes | None: ...

    def put(self, name: str, value: bytes) -> None:
        """Durable when it returns."""
        ...

    def drop(self, name: str) -> None: ...


class Entropy(Protocol):
    """Randomness, one stream a purpose, so that one purpose's draws never betray another's (I10)."""

    def fill(self, purpose: int, buf: bytearray) -> None: ...


class Button(Protocol):
    def read(self, now: int) -> int:
        """0 nothing, 1 a short press, 2 a press of 5 s or more; each press is reported once."""
        ...


class Indicator(Protocol):
    """What a person beside the device sees and hears."""

    def light(self, on: bool) -> None: ...

    def buzzer(self, on: bool) -> None: ...


class Watchdog(Protocol):
    """Resets the device when `feed` stays away. Once started it cannot be stopped."""

    def start(self, timeout_ms: int) -> None: ...

    def feed(self) -> None: ...


# What parts (hal/parts, hal/mpy) need of a board. The agent never sees these.


class ByteStream(Protocol):
    """A machine's own stream: a pty, a device file, a socket. Reading waits for all it is asked for: poll it first."""

    def readinto(self, buf: Buffer, /) -> int | None: ...

    def write(self, buf: Buffer, /) -> int | None: ...


class Switch(Protocol):
    """Power of one part: a pin, or a command where the board has no pin."""

    def set(self, on: bool) -> None: ...


class Bus(Protocol):
    """I²C with registers of eight bits, as `machine.I2C` has it."""

    def readfrom_mem_into(self, addr: int, memaddr: int, buf: Buffer, /) -> object: ...

    def writeto_mem(self, addr: int, memaddr: int, buf: Buffer, /) -> object: ...


class Dialect(Protocol):
    """What one make of GNSS receivers is told: hal/parts/ublox.py and mediatek.py are two."""

    WAKE: bytes

    def sentences(self) -> bytes: ...

    def speed(self, rate: int) -> bytes: ...

    def economy(self, on: bool) -> bytes: ...

    def forget(self) -> bytes: ...

    def sleep(self) -> bytes: ...
