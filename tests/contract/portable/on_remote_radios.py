"""The radios of a simulated device (Wi-Fi, broker link, BLE), held to the contracts of the real ones."""

import sys

from simulator import remote
from tests.contract.portable import contract_ble, contract_link, contract_wifi, suite
from tests.contract.portable.remote_world import World, texts

_LINK_DEFECTS = (
    # Keepalive and patience belong to the world: its MQTT client gives up and says `D` 5 (simulator/cloud.py).
    "check_a_silent_broker_is_given_up",
    "check_a_broker_that_never_greets_is_given_up",
    "check_a_missing_acknowledgement_ends_the_link",
    # Inputs are `bytes`, which nobody can overwrite.
    "check_a_received_payload_leaves_no_trace",
)
if sys.implementation.name == "micropython":
    # Each exchange is put together for the witness. CPython's heap cannot be locked, so it cannot tell.
    _LINK_DEFECTS += ("check_sending_allocates_nothing",)


class _Cell(World):
    """One access point."""

    def __init__(self) -> None:
        super().__init__()
        self._net = None
        self._up = False

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.WIFI
        self._up = False
        if data[:1] != b"J":
            assert data == b"L"
            return
        ssid, password = texts(data, 1, 2)
        if self._net is None or self._net[0] != ssid:
            self.hub.give(port, b"D\x01")
        elif self._net[1] != password:
            self.hub.give(port, b"D\x02")
        else:
            self._up = True
            self.hub.give(port, b"U")

    def appear(self, ssid: bytes, password: bytes) -> None:
        self._net = ssid, password

    def vanish(self) -> None:
        self._net = None
        if self._up:
            self._up = False
            self.hub.give(remote.WIFI, b"D\x03")

    def associated(self) -> bool:
        return self._up


def test_wifi_keeps_the_contract() -> None:
    """Gaps and wrong passwords are half of the scenarios."""

    def make() -> tuple:
        world = _Cell()
        return remote.Wifi(world.hub, remote.WIFI), world

    suite.hold(suite.checks(contract_wifi), make)


class _Broker(World):
    """The line and the broker behind it: answers `O` with `U`, `P` with `A`."""

    def __init__(self) -> None:
        super().__init__()
        self._sessions: list = []
        self._published: list = []
        self._wills: list = []
        self._goodbyes = 0
        self._deaf = False
        self._refuses = False
        self._session = None  # last will and inbox of the client that is there

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.LINK
        kind = data[:1]
        if kind == b"O":
            self._open(data)
        elif kind == b"C":
            if data[1] == 1 and self._session is not None:
                self._goodbyes += 1
                self._session = None
            self._end()
        else:
            assert kind == b"P"
            at = 5 + data[4]
            self._published.append((data[5:at], data[at:], data[3] & 3, bool(data[3] & 0x80)))
            self._say(b"A" + data[1:3])

    def _open(self, data: bytes) -> None:
        client, topic, will, inbox = texts(data, 4, 4)
        if self._refuses:
            self._say(b"D\x02")
            return
        self._sessions.append((client, data[1] == 1, data[2] << 8 | data[3]))
        self._session = topic, will, inbox
        self._say(b"U")

    def _end(self) -> None:
        """Without a word: the will is published."""
        if self._session is not None:
            self._wills.append(self._session[:2])
            self._session = None

    def _say(self, data: bytes) -> None:
        if not self._deaf:
            self.hub.give(remote.LINK, data)

    def sessions(self) -> list:
        return self._sessions

    def published(self) -> list:
        return self._published

    def deliver(self, topic: bytes, payload: bytes) -> None:
        if self._session is not None and topic == self._session[2]:
            self._say(b"M" + bytes((len(topic),)) + topic + payload)

    def deafen(self, on: bool) -> None:
        self._deaf = on

    def cut(self) -> None:
        self._end()
        self.hub.give(remote.LINK, b"D\x01")

    def refuse(self, on: bool) -> None:
        self._refuses = on

    def goodbyes(self) -> int:
        return self._goodbyes

    def wills(self) -> list:
        return self._wills


def test_the_link_keeps_the_contract() -> None:
    """What the outbox learns here it relies on at a real broker."""

    def make() -> tuple:
        world = _Broker()
        return remote.Link(world.hub), world

    suite.hold(suite.checks(contract_link), make, _LINK_DEFECTS)


class _Phone(World):
    """The air and one phone. Each `A` is a new advert, and an advert's address is its number."""

    def __init__(self) -> None:
        super().__init__()
        self._adverts = 0
        self._air = None
        self._there = False
        self._notified: list = []

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.BLE
        kind = data[:1]
        if kind == b"A":
            self._adverts += 1
            adv, rsp = texts(data, 3, 2)
            self._air = adv, rsp, self._adverts
        elif kind == b"S":
            self._air = None
            self._there = False
        else:
            assert kind == b"N"
            self._notified.append(data[1:])

    def heard(self) -> "tuple | None":
        return None if self._there else self._air

    def connect(self) -> None:
        assert self._air is not None
        self._there = True
        self.hub.give(remote.BLE, b"Q")

    def subscribe(self) -> None:
        self.hub.give(remote.BLE, b"C")

    def disconnect(self) -> None:
        self._there = False
        self.hub.give(remote.BLE, b"D")

    def write(self, data: bytes) -> None:
        self.hub.give(remote.BLE, b"W" + data)

    def notified(self) -> list:
        return self._notified


def test_ble_keeps_the_contract() -> None:
    """Pairing by a button and the nearby alarm go this way."""

    def make() -> tuple:
        world = _Phone()
        return remote.Ble(world.hub), world

    suite.hold(suite.checks(contract_ble), make)
