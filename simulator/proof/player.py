"""Plays a trace of model.py on the real core: one line an operation, one answer a line. Device syntax: one process plays a file.

`python -m simulator.proof.player FILE` ends with 1 at the first answer that is not the model's, and prints both.
"""

import sys
from binascii import unhexlify

from micropython import const

from agent.base import cbor, ticks
from agent.base.reader import Reader
from agent.core import Core
from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.seal import Seal
from simulator import board, remote

_SERIAL = const(1 << 28)  # from here on numbers are a trace's own
_HOLDINGS = const(2)  # an answer that is an export (privacy/rights.py)
_ORDER_TICKS = const(3)  # one for the owner's signature, one for the device's, one to spare
_UP_MS = const(400_000)  # the longest pause before the device dials again
_PARTS = board.GNSS | board.CAMERA | board.BLE | board.ROOMY
_KIND = {p.WAKE_ABNORMAL: kinds.WAKE, p.LOCATION_ALARM: kinds.ALARM_LOCATION, p.LOCATION_REPORT: kinds.LOCATION}
_DIGITS = "0123456789abcdef"


class Cut(Exception):
    """The power goes, in the middle of a write."""


class Flash(remote.Hub):
    """A hub whose next write may be the last of this life."""

    cut = False

    def put(self, name: str, value: bytes) -> None:
        if self.cut:
            raise Cut
        remote.Hub.put(self, name, value)


class _Curve:
    """Trusts every signature but zeros, and signs with zeros: curves are tested elsewhere."""

    def __init__(self, curve: int) -> None:
        self.done = True
        self.ok = False
        self.signature = bytes(64)

    def Verify(self, key: bytes, signature: bytes) -> "_Curve":  # noqa: N802 - as the rooms name it
        self.ok = signature != self.signature
        return self

    def Sign(self, key: bytes) -> "_Curve":  # noqa: N802 - as the rooms name it
        return self

    def feed(self, part: bytes) -> None:
        """Nothing is computed."""

    def step(self) -> None:
        """Done before it began."""


class Player:
    def __init__(self) -> None:
        self.now = 1_000
        self.secrets: "dict[str, bytes | None]" = {}
        self._said: "list[tuple[bytes, int]]" = []  # what the link was given, and the number of what is sealed inside
        self._inside = -1
        self._exported = False  # a piece of what is held has left
        self._keys: "dict[int, int]" = {}  # number of each key announced, and what it is for
        self._nonces: "set[tuple[int, int]]" = set()

    def play(self, line: str) -> str:
        """One operation; error code, numbers that left, why each purpose is off towards owner and guest, link, export."""
        words = line.split()
        code = getattr(self, "op_" + words[0])(*words[1:]) or 0
        self._exported = False
        left = self._settle()
        gate = self.core.gate
        reasons = [gate.refusal(n, who, self.core.epoch) for who in (0, 1) for n in range(p.COUNT)]
        why = "".join([_DIGITS[n] for n in reasons])
        flags = str(int(self.core.uplink.up)) + str(int(self._exported))
        return " ".join((str(code), ",".join(left) or "-", why, flags))

    def _boot(self) -> None:
        self.hub = Flash(bytes(16), self.now, self._emit)
        self.hub.secrets = self.secrets
        ports, ways, profile = board.build(self.hub, _PARTS)
        self.core = Core(ports, ways, profile, self.now)
        self.core.load_curve = _Curve
        self.core.seal.close = self._close
        self._said = []

    def _close(self, topic: bytes, seq: int, buf: bytearray, n: int) -> int:
        """What is sealed is noted first: nobody can read it afterwards."""
        self._inside = _serial(buf, 0, n)
        return Seal.close(self.core.seal, topic, seq, buf, n)

    def _emit(self, port: int, pieces: "tuple[bytes | memoryview, ...]") -> None:
        if port == remote.LINK:
            self._said.append((b"".join([bytes(piece) for piece in pieces]), self._inside))
            self._inside = -1

    def _pump(self, ms: int = 0) -> None:
        self.now = ticks.add(self.now, ms)
        self.hub.now = self.now
        self.core.pump(self.now)

    def _settle(self) -> "list[str]":
        """Everything that is nobody's is acknowledged, until one of the trace's own messages is in hand."""
        left: "list[str]" = []
        self._pump()
        while self._said or self.core.notary.busy():
            if not self._said:
                self._pump()
                continue
            data, inside = self._said.pop(0)
            if data[0] == 80:
                text = self._read(data, inside)
                if text:
                    left.append(text)
                    self._held = data
                else:
                    self._acknowledge(data)
        return left

    def _read(self, data: bytes, inside: int) -> str:
        """The number of one of the trace's own messages; sealed, with what the key it is under was announced for. Else empty."""
        at = 5 + data[4]
        name = data[5:at].split(b"/")[2]
        if name == b"seal":
            facts = _numbers(data, at, 4)
            self._keys[facts[3]] = facts[1]
        if name == b"rights":
            facts = _numbers(data, at, 5)
            self._exported = self._exported or (facts[2] == _HOLDINGS and facts[4] > 0)
        serial = _serial(data, at, len(data))
        if serial >= 0:
            return str(serial)
        if inside < 0:
            return ""
        facts = _numbers(data, at, 3)
        nonce = facts[1], facts[2]
        if nonce in self._nonces or facts[1] < max(self._keys):
            return "a nonce or a key of before"
        self._nonces.add(nonce)
        return str(inside) + ":" + hex(self._keys[facts[1]])[2:]

    def _acknowledge(self, data: bytes) -> None:
        self.hub.give(remote.LINK, b"A" + data[1:3])
        self._pump()

    def op_new(self, device: str, key: str, epoch: str, owner: str, seal: str) -> None:
        self.now = 1_000
        self.secrets = {
            "consent": None,
            "device_id": unhexlify(device),
            "pairing_key": unhexlify(key),
            "epoch": unhexlify(epoch),
            "owner_key": unhexlify(owner),
            "owner_seal": unhexlify(seal) if seal != "-" else None,
            "wifi_ssid": b"a",
        }
        self._keys = {}
        self._nonces = set()
        self._boot()

    def op_restart(self) -> None:
        self.secrets = self.hub.secrets
        self._boot()

    def op_damage(self, bit: str) -> None:
        self.secrets = self.hub.secrets
        stored = bytearray(self.secrets["consent"] or b"")
        if stored:
            at = int(bit) % (8 * len(stored))
            stored[at >> 3] ^= 1 << (at & 7)
            self.secrets["consent"] = bytes(stored)
        self._boot()

    def op_rec(self, body: str) -> int:
        data = unhexlify(body)
        codes: "list[int]" = []
        self.core.record(data, len(data), self.now, codes.append)
        while not codes:
            self._pump()
        return codes[0]

    def op_order(self, body: str) -> int:
        data = unhexlify(body)
        code = self.core.order(data, len(data), self.now)
        rights = self.core.rights
        if code or rights is None:
            return code
        for _ in range(_ORDER_TICKS):
            self._pump()
        return rights.refusal

    def op_cut(self, body: str) -> None:
        """The same, and the power goes when it would be stored."""
        data = unhexlify(body)
        self.hub.cut = True
        try:
            self.core.record(data, len(data), self.now)
            while self.core.notary.busy():
                self._pump()
        except Cut:
            return self.op_restart()
        return self.op_restart()

    def op_hold(self) -> None:
        self.hub.give(remote.BUTTON, b"\0\2")
        self._pump()

    def op_narrow(self, switches: str) -> None:
        core = self.core
        core.hear().narrow(int(switches), self.now)

    def op_put(self, purpose: str, recipient: str, older: str, serial: str) -> None:
        outbox = self.core.outbox
        slot = outbox.draft(_KIND[int(purpose)], self.now)
        slot.recipient = int(recipient)
        slot.epoch -= int(older)
        slot.facts[0] = _SERIAL + int(serial)
        outbox.put(slot)

    def op_ack(self) -> None:
        self._acknowledge(self._held)

    def op_down(self) -> None:
        self.hub.give(remote.LINK, b"D\1")
        self._pump()

    def op_up(self) -> None:
        self.hub.give(remote.WIFI, b"D\1")
        self._pump()  # whatever was being opened is given up
        self._pump(_UP_MS)
        self.hub.give(remote.WIFI, b"U")
        self._pump()
        self._said = []
        self.hub.give(remote.LINK, b"U")

    def op_time(self, seconds: str) -> None:
        self._pump(int(seconds) * 1000)


def _numbers(data: "bytes | bytearray", at: int, count: int) -> "list[int]":
    """The first values of the map at data[at:], which are numbers."""
    reader = Reader(data, at, len(data))
    reader.items(cbor.MAP)
    values: "list[int]" = []
    for _ in range(count):
        reader.integer()
        values.append(reader.integer())
    return values


def _serial(data: "bytes | bytearray", at: int, end: int) -> int:
    """The trace's number of a message's body data[at:end], -1 when it has none."""
    if at >= end or data[at] >> 5 != cbor.MAP:
        return -1
    reader = Reader(data, at, end)
    if reader.items(cbor.MAP) < 2:
        return -1
    for _ in range(3):
        reader.integer()
    if reader.head() != cbor.UINT or reader.value < _SERIAL:
        return -1
    return reader.value - _SERIAL


def run(path: str) -> int:
    """Plays a file of `operation = answer` lines; the number of lines, or -1 after a difference."""
    player = Player()
    count = 0
    with open(path) as file:
        for line in file:
            operation, expected = line.rstrip("\n").split(" = ")
            answer = player.play(operation)
            count += 1
            if answer != expected:
                print("line", count, ":", operation[:60])
                print("  model", expected)
                print("  core ", answer)
                return -1
    return count


if __name__ == "__main__":
    played = run(sys.argv[1])
    print(played, "steps agree")
    sys.exit(1 if played < 0 else 0)
