"""The air around the bike: Wi-Fi cells and their gaps, and who is near enough to see a BLE advert."""

import random
from collections.abc import Callable
from typing import Protocol

from simulator import remote
from simulator.engine import Engine
from simulator.owner import Wifi
from simulator.route import Place
from simulator.town import rssi

_JOIN_MS = (900, 2_400)
_LOOK_MS = 5_000  # how often coverage is looked at
_NOT_FOUND = 1  # hal.ports.Wifi.error
_REFUSED = 2
_LOST = 3
_SCAN_MS = 5_000
MAX_WRITE = 244  # bytes of one write or notify: simulator.remote.Ble.mtu


class Listener(Protocol):
    """A phone's radio."""

    def on_advert(self, advert: bytes) -> None: ...

    def on_notify(self, data: bytes) -> None: ...

    def on_disconnect(self) -> None: ...


class Station:
    """The Wi-Fi side: joins where a cell covers the bike and the password is right, drops where none does."""

    def __init__(self, engine: Engine, place: Callable[[int], Place], wifi: Wifi, rng: random.Random) -> None:
        self.up = False
        self.working = True  # the scenario may switch all cells off
        self.on_change: Callable[[bool], object] = bool
        self._engine = engine
        self._place = place
        self._wifi = wifi
        self._rng = rng
        self._attempt = 0
        self._looking = False
        engine.listen(remote.WIFI, self._command)

    def _command(self, data: bytes) -> None:
        self._attempt += 1
        self._set(False)
        if data[:1] != b"J":
            return
        attempt = self._attempt
        at = 2 + data[1]
        right = Wifi(data[2:at], data[at + 1 : at + 1 + data[at]]) == self._wifi
        self._engine.after(self._rng.randrange(*_JOIN_MS), lambda: self._answer(attempt, right))

    def _answer(self, attempt: int, right: bool) -> None:
        if attempt != self._attempt:
            return
        level = self.level()
        if not level or not right:
            self._engine.give(remote.WIFI, bytes((68, _REFUSED if level else _NOT_FOUND)))
            return
        self._engine.give(remote.WIFI, bytes((85, level + 128)))
        self._set(True)
        if not self._looking:
            self._looking = True
            self._engine.after(_LOOK_MS, self._look)

    def level(self) -> int:
        """dBm where the bike is now, 0 without coverage."""
        return rssi(self._place(self._engine.clock.t).point) if self.working else 0

    def _look(self) -> None:
        if not self.up:
            self._looking = False
            return
        if not self.level():
            self.lose()
        self._engine.after(_LOOK_MS, self._look)

    def lose(self) -> None:
        """The cell is gone."""
        if self.up:
            self._engine.give(remote.WIFI, bytes((68, _LOST)))
            self._set(False)

    def reset(self) -> None:
        """The device lost power: the cell finds out, the device hears nothing."""
        self._attempt += 1
        self._set(False)

    def _set(self, up: bool) -> None:
        if up != self.up:
            self.up = up
            self.on_change(up)


class Air:
    """The BLE side: one device, one phone. `near` is whether the phone is within some ten metres."""

    def __init__(self, engine: Engine, rng: random.Random) -> None:
        self.near = True
        self.advert = b""  # what is on the air now
        self.connected = False
        self.phone: Listener | None = None
        self._engine = engine
        self._rng = rng
        self._interval_ms = 0
        self._spreading = 0
        engine.listen(remote.BLE, self._said)

    def _said(self, data: bytes) -> None:
        if data[:1] == b"A":
            self._interval_ms = int.from_bytes(data[1:3], "big")
            self.advert = data[4 : 4 + data[3]]
            self._spread()
        elif data[:1] == b"S":
            self.advert = b""
            self._hang_up()
        elif data[:1] == b"N" and self.connected and self.phone is not None:
            notice = data[1:]
            phone = self.phone
            self._engine.after(30, lambda: phone.on_notify(notice))

    def _spread(self) -> None:
        """A phone that scans in the background hears one of some ten adverts."""
        heard = self._rng.randrange(2, 14) * self._interval_ms + self._rng.randrange(200)
        self._spreading += 1
        number = self._spreading
        self._engine.after(heard, lambda: self._hear(number))

    def _hear(self, number: int) -> None:
        """A phone's system reports an advert again every few seconds."""
        if not self.near or not self.advert or number != self._spreading or self.phone is None:
            return
        self._engine.after(_SCAN_MS, lambda: self._hear(number))
        self.phone.on_advert(self.advert)

    def reset(self) -> None:
        """The device lost power."""
        self.advert = b""
        self._hang_up()

    def come(self, near: bool) -> None:
        """The phone comes near or goes away."""
        self.near = near
        if near and self.advert:
            self._spread()
        elif not near and self.connected:
            self._engine.give(remote.BLE, b"D")
            self._hang_up()

    def connect(self) -> bool:
        if self.near and self.advert and not self.connected:
            self.connected = True
            self._engine.give(remote.BLE, b"C")
        return self.connected

    def write(self, data: bytes) -> None:
        if len(data) > MAX_WRITE:
            raise ValueError(f"{len(data)} bytes in one BLE write, at most {MAX_WRITE}")
        if self.connected:
            self._engine.give(remote.BLE, b"W" + data)

    def disconnect(self) -> None:
        if self.connected:
            self.connected = False
            self._engine.give(remote.BLE, b"D")

    def _hang_up(self) -> None:
        if self.connected and self.phone is not None:
            phone = self.phone
            self._engine.after(30, phone.on_disconnect)
        self.connected = False
