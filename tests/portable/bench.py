"""A whole agent on the step ports, driven tick by tick: what goes in, what comes out, and the owner's chain at hand."""

from agent.base import cbor, ticks
from agent.base.reader import Reader
from agent.core import Core
from agent.link import kinds
from simulator import board, flash, remote
from tests.portable.signed import DEVICE, EPOCH, KEY, OWNER, START, Chain, request

ALL = board.GNSS | board.CAMERA | board.BLE
SSID = b"an invented network"
PASSWORD = b"its invented password"
SECOND = 1_000
MINUTE = 60_000


def enrolled() -> "dict[str, bytes]":
    """Secrets of a device that is bound to the owner of signed.py."""
    return {
        "device_id": DEVICE,
        "pairing_key": KEY,
        "owner_key": OWNER,
        "epoch": bytes((0, 0, 0, EPOCH)),
        "wifi_ssid": SSID,
        "wifi_pass": PASSWORD,
    }


class Message:
    """One publish of the device."""

    def __init__(self, data: bytes) -> None:
        self.id = data[1] << 8 | data[2]
        self.qos = data[3] & 0x7F
        self.retain = data[3] >> 7
        end = 5 + data[4]
        self.topic = data[5:end]
        self.payload = data[end:]
        self.name = self.topic.split(b"/")[-1].decode()
        self.facts = decode(self.payload) if self.payload else {}
        if self.name in ("receipt", "incident"):  # what the device signed, beside the number of its release
            inner = Reader(self.facts[2], 0, len(self.facts[2]))
            inner.tag()
            self.facts.update(decode(_item(inner)[2]))


def decode(data: bytes) -> "dict[int, object]":
    """A body as a dict: maps, arrays, byte strings and integers."""
    reader = Reader(data, 0, len(data))
    value = _item(reader)
    reader.end()
    assert isinstance(value, dict)
    return value


def _item(reader: Reader) -> "object":
    major = reader.head()
    n = reader.value
    if major == cbor.UINT:
        return n
    if major == cbor.NINT:
        return -1 - n
    if major == cbor.ARRAY:
        return [_item(reader) for _ in range(n)]
    if major == cbor.MAP:
        return dict([(_item(reader), _item(reader)) for _ in range(n)])  # noqa: C404 - a comprehension's order differs
    assert major == cbor.BYTES, major
    reader.at += n
    return bytes(reader._buf[reader.at - n : reader.at])


class Bench:
    """`said` is everything the device ever said, as (tick, port, bytes)."""

    def __init__(
        self,
        parts: int = ALL,
        now: int = 1_000,
        secrets: "dict[str, bytes] | None" = None,
        chip: "flash.Chip | None" = None,
    ) -> None:
        """`chip` holds the raw regions; without one the board has none."""
        self.parts = parts | board.ROOMY
        self.now = now
        self.said: "list[tuple[int, int, bytes]]" = []
        self.chip = chip
        self.chain = Chain()
        self.asked = 0
        self.boot(enrolled() if secrets is None else secrets)

    def boot(self, secrets: "dict[str, bytes] | None" = None) -> None:
        """Power on: flash as it was, or as given."""
        kept = self.hub.secrets if secrets is None else secrets
        self.hub = remote.Hub(bytes(16), self.now, self._emit)
        self.hub.secrets = kept
        self.ports, ways, profile = board.build(self.hub, self.parts, self.chip.region if self.chip else None)
        profile.chunk = profile.uart_bytes = 256  # whatever the board has: tests count on it
        self.core = Core(self.ports, ways, profile, self.now)
        self.asked = 0

    def _emit(self, port: int, pieces) -> None:
        self.said.append((self.now, port, b"".join([bytes(piece) for piece in pieces])))

    def give(self, port: int, data: bytes) -> None:
        self.hub.give(port, data)

    def tick(self, ms: int = 0) -> "list[tuple[int, bytes]]":
        """Time passes, the agent runs once. Returns what it said."""
        self.now = ticks.add(self.now, ms)
        self.hub.now = self.now
        before = len(self.said)
        self.core.pump(self.now)
        return [(port, data) for _, port, data in self.said[before:]]

    def run(self, ms: int, every: int = SECOND) -> None:
        """Lets time pass, acknowledging whatever is published."""
        for _ in range(0, ms, every):
            self.tick(every)
            self.drain()

    def out(self, port: int) -> "list[bytes]":
        return [data for _, which, data in self.said if which == port]

    def forget(self) -> None:
        self.said = []

    # The network.

    def network(self) -> None:
        """Wi-Fi is there."""
        self.tick()
        self.give(remote.WIFI, b"U")
        self.tick()

    def connect(self) -> None:
        """The broker answers: the connection the device has asked for is up."""
        for _ in range(400):
            if self.core.uplink.mode >= 0:
                break
            self.tick(SECOND)
        self.give(remote.LINK, b"U")
        self.tick()

    def online(self) -> None:
        self.network()
        self.connect()
        self.drain()

    def published(self) -> "list[Message]":
        return [Message(data) for data in self.out(remote.LINK) if data[:1] == b"P"]

    def names(self) -> "list[str]":
        return [message.name for message in self.published()]

    def acknowledge(self) -> bool:
        """The broker acknowledges the message in hand, if there is one."""
        held = self.ports.link._held
        if held:
            self.give(remote.LINK, bytes((65, held >> 8, held & 0xFF)))
            self.tick()
        return bool(held)

    def drain(self) -> None:
        """Everything that waits is published and acknowledged."""
        while self.acknowledge():
            pass

    # The owner.

    def record(self, record: bytes) -> int:
        """Delivers a record and waits, in no time, for what becomes of it."""
        codes: "list[int]" = []
        self.core.record(record, len(record), self.now, codes.append)
        self.settle()
        return codes[0]

    def settle(self) -> None:
        """Ticks until every signature is checked and made."""
        self.tick()
        while self.core.notary.busy():
            self.tick()

    def grant(self, *lines, days: int = 1) -> None:
        seconds = self.core.calendar.seconds
        assert self.record(self.chain.next(*lines, issued=max(START, seconds), days=days)) == 0

    def ask(self, code: int, argument: int = 0) -> int:
        self.asked += 1
        body = request(code, self.asked, argument, self.core.nonce)
        answer = self.core.request(body, len(body), self.now)
        self.tick()
        return answer

    def live(self) -> int:
        return self.core.grants.live(self.core.calendar.seconds)

    def waiting(self, kind: int) -> int:
        rows = self.core.outbox._rows
        return sum([1 for k in range(0, len(rows), 17) if rows[k] and rows[k + 1] == kind])


_START_OF_DAY = 49_600  # 2026-11-16 13:46:40 UTC is signed.START


def fix(after: int, lat: str = "3112.3456", lon: str = "12128.1234", date: str = "161126") -> bytes:
    """One RMC of a receiver, `after` seconds later than signed.START."""
    tod = _START_OF_DAY + after
    hhmmss = "%02d%02d%02d" % (tod // 3600, tod // 60 % 60, tod % 60)  # noqa: UP031 - shorter than three format specs
    body = f"GPRMC,{hhmmss}.00,A,{lat},N,{lon},E,010.0,045.0,{date},,,A"
    x = 0
    for c in body.encode():
        x ^= c
    return b"$" + body.encode() + b"*%02X\r\n" % x


NAMES = [name.decode() for name in kinds.NAMES]
