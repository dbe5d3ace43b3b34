"""Bluetooth within the process: the device's side is hal.ports.Ble, the phone's side is `Phone`. Everything is recorded.

No radio: a laptop's own adapter is out of this slice. What it keeps of the real thing: sizes (Core 5.0), a new private
address with every advert, one connection at a time, delivery only in `poll`, no notification without a subscription.
"""

import errno
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..ports import Buffer, OnWrite, Readable

MAX_ADVERT = 31  # bytes (Core 5.0 vol 6 part B §2.3.1.1)
MAX_WRITE = 512  # bytes (Core 5.0 vol 3 part F §3.2.9)
MTU = 244  # bytes one notification carries: ATT_MTU 247 less its header of 3
MAX_WAITING = 8  # notifications the phone has not taken

_PRIVATE = 0x3F  # top bits 00: non-resolvable private address (Core 5.0 vol 6 part B §1.3.2.2)


@dataclass(frozen=True)
class Advert:
    """What a scanner hears."""

    address: bytes
    adv: bytes
    rsp: bytes
    interval_ms: int


class VirtualBle:
    """hal.ports.Ble. `draw` makes the private addresses; `log` holds (verb, bytes) of everything that went on the air."""

    def __init__(self, draw: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self.connected = False
        self.on_write: OnWrite = _drop
        self.log: list[tuple[str, bytes]] = []
        self.heard: Advert | None = None  # on the air now
        self.subscribed = False
        self.outbox: list[bytes] = []  # notifications the phone has not taken
        self._advert: tuple[bytes, bytes, int] | None = None  # what to air while nobody is connected
        self._draw = draw
        self._events: list[Callable[[], None]] = []  # what the phone did, in order, until the next poll

    def advertise(self, adv: bytes, rsp: bytes, interval_ms: int) -> None:
        if len(adv) > MAX_ADVERT or len(rsp) > MAX_ADVERT:
            raise OSError(errno.EINVAL, f"an advert has {MAX_ADVERT} bytes at most")
        self._advert = bytes(adv), bytes(rsp), interval_ms
        if not self.connected:
            self._air()

    def silence(self) -> None:
        self._advert = self.heard = None
        self._part()
        self.log.append(("silence", b""))

    def notify(self, buf: "Buffer", n: int) -> bool:
        if not self.connected or not self.subscribed or n > MTU or len(self.outbox) == MAX_WAITING:
            return False
        self.outbox.append(bytes(buf[:n]))
        self.log.append(("notify", bytes(buf[:n])))
        return True

    def mtu(self) -> int:
        return MTU

    def poll(self, now: int) -> None:
        """Lets what the phone did take effect, in its order."""
        for _ in range(len(self._events)):
            self._events.pop(0)()

    # What the phone's acts do here, once polled.

    def happen(self, event: Callable[[], None]) -> None:
        self._events.append(event)

    def accept(self) -> None:
        """The advert pauses while a phone is connected (Core 5.0 vol 6 part B §4.4.2.4)."""
        if self.heard is not None:
            self.connected = True
            self.heard = None

    def subscribe(self) -> None:
        self.subscribed = self.connected

    def deliver(self, data: bytes) -> None:
        if self.connected:
            self.on_write(memoryview(data), len(data))

    def release(self) -> None:
        """The phone left: the advert goes on, under a new address."""
        if self.connected:
            self._part()
            if self._advert is not None:
                self._air()

    def _part(self) -> None:
        self.connected = self.subscribed = False
        self.outbox.clear()

    def _air(self) -> None:
        if self._advert is not None:
            draw = self._draw(6)
            adv, rsp, interval_ms = self._advert
            self.heard = Advert(bytes([draw[0] & _PRIVATE]) + draw[1:], adv, rsp, interval_ms)
            self.log.append(("advertise", self.heard.address + adv + rsp))


class Phone:
    """The app's radio. What it does reaches the device at the device's next poll."""

    def __init__(self, ble: VirtualBle) -> None:
        self._ble = ble

    def scan(self) -> Advert | None:
        return self._ble.heard

    def connect(self) -> None:
        """Without effect when nothing is on the air."""
        self._ble.happen(self._ble.accept)

    def subscribe(self) -> None:
        self._ble.happen(self._ble.subscribe)

    def write(self, data: bytes) -> None:
        """ValueError past 512 bytes: the phone's own stack refuses that."""
        if len(data) > MAX_WRITE:
            raise ValueError(f"one write carries {MAX_WRITE} bytes at most, not {len(data)}")
        self._ble.happen(lambda: self._ble.deliver(data))

    def disconnect(self) -> None:
        self._ble.happen(self._ble.release)

    def take(self) -> list[bytes]:
        """What it was notified of since the last call."""
        taken = list(self._ble.outbox)
        self._ble.outbox.clear()
        return taken


def _drop(data: "Readable", n: int) -> None:
    """Until the agent sets its own."""
