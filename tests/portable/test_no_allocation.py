"""The whole way of a fix, UART to publish, with the heap locked: not one block, for a thousand fixes."""

import micropython

from agent.core import Core
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.wiring import Ports, Profile, Ways
from tests.portable.signed import OWNER

_FIXES = 1000
_SECONDS = 300_000_000  # a day in 2029: later than any build
_TEMPLATE = b"$GNRMC,000000.00,A,1200.0000,S,02545.0000,W,019.4,180.0,050729,,,A*00\r\n"
_HEX = b"0123456789ABCDEF"


class Receiver:
    """A line that says one RMC sentence a tick, written in place."""

    def __init__(self) -> None:
        self.text = bytearray(_TEMPLATE)
        self.waiting = False
        self.on = False

    def say(self, k: int) -> None:
        """Second `k` of a ride due north, 2.2 m a second."""
        text = self.text
        _digits(text, 7, k // 3600 * 10000 + k // 60 % 60 * 100 + k % 60, 6)
        _digits(text, 24, 9999 - k * 12 % 10_000, 4)
        x = 0
        for i in range(1, len(text) - 5):
            x ^= text[i]
        text[len(text) - 4] = _HEX[x >> 4]
        text[len(text) - 3] = _HEX[x & 15]
        self.waiting = True

    def readinto(self, buf: bytearray) -> int:
        if not self.waiting:
            return 0
        self.waiting = False
        text = self.text
        for i in range(len(text)):
            buf[i] = text[i]
        return len(text)

    def set(self, on: bool) -> None:
        self.on = on

    def forget(self) -> None:
        pass


def _digits(text: bytearray, at: int, value: int, count: int) -> None:
    for k in range(count):
        text[at + count - 1 - k] = 48 + value % 10
        value //= 10


class Link:
    """Takes every message and acknowledges it in the next tick."""

    region = b""

    def __init__(self) -> None:
        self.state = 0
        self.error = 0
        self.on_message = None
        self.on_sent = None
        self.sent = 0
        self._held = 0

    def open(self, options: object) -> None:
        self.state = 2

    def close(self, polite: bool) -> None:
        self.state = 0
        self._held = 0

    def room(self) -> bool:
        return self.state == 2 and self._held == 0

    def send(self, message: "object") -> None:
        self._held = message.id
        self.sent += 1

    def poll(self, now: int) -> None:
        held = self._held
        if held:
            self._held = 0
            self.on_sent(held)


class Board:
    """Everything else the core asks of a board."""

    state = 2
    error = 0

    def __init__(self) -> None:
        self.values = {
            "device_id": bytes(16),
            "pairing_key": b"k" * 32,
            "owner_key": OWNER,
            "owner_seal": b"\x09" + bytes(31),
            "epoch": b"\0\0\0\1",
            "wifi_ssid": b"net",
        }

    def get(self, name: str) -> "bytes | None":
        return self.values.get(name)

    def put(self, name: str, value: bytes) -> None:
        self.values[name] = value

    def fill(self, purpose: int, buf: bytearray) -> None:
        for k in range(len(buf)):
            buf[k] = k

    def poll(self, now: int) -> None:
        pass

    def ticks(self) -> int:
        return 0


def riding() -> "tuple[Core, Receiver, Link]":
    """A device whose owner granted precise reports, connected, its rooms loaded."""
    board = Board()
    link = Link()
    receiver = Receiver()
    ports = Ports(board, board, board, board, link, gnss=receiver, gnss_power=receiver)
    core = Core(ports, Ways(link), Profile("test", slots=16, chunk=192, journal_rows=16), 0)
    core.calendar.learn(_SECONDS, 0)
    for column, value in ((g.STATE, g.GIVEN), (g.UNTIL, _SECONDS * 2), (g.RETENTION, 3600), (g.RECIPIENTS, 1)):
        core.grants.put(p.LOCATION_REPORT, column, value)
    for tick in range(0, 70_000, 1000):  # a minute, after which a connection counts as steady
        receiver.say(0)
        core.pump(tick)
    return core, receiver, link


def test_a_thousand_fixes_allocate_nothing_from_the_line_to_the_link() -> None:
    """What allocates in every second ends in fragments, and a board that ran for a week fails in the eighth day."""
    core, receiver, link = riding()
    before = link.sent
    micropython.heap_lock()
    try:
        for k in range(_FIXES):
            receiver.say(k + 1)
            core.pump(70_000 + k * 1000)
    finally:
        micropython.heap_unlock()
    assert receiver.on
    assert link.sent - before >= _FIXES // 20, "a report at least every 20 s"
    assert core.receiver.reported[2] > 70_000
