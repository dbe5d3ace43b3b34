"""Everything around the device, made from one seed: bike, receiver, radios, camera, cloud, phone. A scenario plays on it.

Each part draws from its own stream of chance, so that what one part does never changes another's luck.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Protocol

from simulator import remote
from simulator.bike import Bike
from simulator.board import BLE, CAMERA, CONSOLE, GNSS
from simulator.camera import Camera
from simulator.cloud import Cloud, DevicePort, VirtualCloud
from simulator.device import Start
from simulator.diary import Diary
from simulator.engine import Engine
from simulator.gnss import Receiver
from simulator.owner import Owner, Wifi, invented
from simulator.phone import Phone
from simulator.push import PushBridge
from simulator.radio import Air, Station
from simulator.town import PLACES, ROUTES

REGIONS = ("CN", "EU", "US-CA", "")  # "": nobody said
PARTS = {"gnss": GNSS, "camera": CAMERA, "ble": BLE}
BROKER = "mqtts://broker.farwater.invalid"  # a name nobody can have (RFC 2606 §2)
WIFI = Wifi(b"Farwater Mesh", b"gulls-and-kelp")
_DOWN = ("asked to", "network", "broker refused", "certificate", "protocol", "no answer")
"""By hal.ports.Link.error."""


@dataclass(frozen=True)
class Setting:
    """What a world is made from."""

    seed: int
    parts: tuple[str, ...] = ("gnss", "camera", "ble")
    place: str = "home"
    battery: int = 83  # percent
    reaction_ms: int = 8_000
    wifi: bool = True  # whether the device knows the town's Wi-Fi
    region: str = REGIONS[0]  # in which the device was told that data stays,
    broker: str = REGIONS[0]  # and the one that its broker's address names
    names: int = 0  # other keys and names in the same world: for a broker that is shared


class Powered(Protocol):
    """A receiver in place of the bike's own: it hears the power port, and gives sentences to the engine."""

    def command(self, data: bytes) -> None: ...


MakeCloud = Callable[[Engine, random.Random], Cloud]
MakeReceiver = Callable[[Engine], Powered]


@dataclass(repr=False)  # it holds keys
class World:
    engine: Engine
    setting: Setting
    diary: Diary
    make_cloud: MakeCloud | None = None
    make_receiver: MakeReceiver | None = None
    secrets: dict[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        engine, setting = self.engine, self.setting
        names = f"keys {setting.names}" if setting.names else "keys"
        binding = replace(invented(self.chance(names)), region=setting.region)
        self.owner = Owner(binding, self.chance("owner"))
        self.secrets = dict(binding.secrets(WIFI if setting.wifi else None))
        self.secrets["broker"] = (BROKER + (f"#{setting.broker}" if setting.broker else "")).encode()
        self.bike = Bike(engine, self.chance("bike"), setting.place, setting.battery)
        self.receiver: Powered = (
            self.make_receiver(engine) if self.make_receiver else Receiver(engine, self.bike.place, self.chance("gnss"))
        )
        self.station = Station(engine, self.bike.place, WIFI, self.chance("wifi"))
        self.air = Air(engine, self.chance("ble"))
        self.camera = Camera(engine, self.chance("camera"))
        self.cloud = (self.make_cloud or VirtualCloud)(engine, self.chance("cloud"))
        self.boots: list[int] = []
        self.on_boot: Callable[[], object] = bool
        self.port = DevicePort(engine, self.cloud)
        self.phone = Phone(engine, self.cloud, self.air, self.owner, self.diary, setting.reaction_ms)
        self.push = PushBridge(engine, self.cloud, self.owner.binding.topic, self.phone.on_push, self.chance("push"))
        self.station.on_change = self._on_wifi
        self.port.on_change = self._on_link
        self.camera.on_power = self._on_camera
        engine.listen(remote.SECRETS, self._on_secret)
        engine.listen(remote.INDICATOR, self._on_indicator)
        engine.listen(remote.POWER, self._on_power)

    def chance(self, part: str) -> random.Random:
        """`part`'s own stream."""
        return random.Random(f"{self.setting.seed}/{part}")

    def boot(self) -> None:
        """Powers the device up, with what its flash keeps."""
        parts = CONSOLE
        for name in self.setting.parts:
            parts |= PARTS[name]
        self.port.restart()
        self.station.reset()
        self.air.reset()
        self.camera.reset()
        self.receiver.command(b"P\x00")
        seed = self.chance(f"boot at {self.engine.clock.t}").randbytes(16)
        self.engine.boot(Start(self.engine.clock.ticks(), parts, seed, self.secrets))
        self.boots.append(self.engine.clock.t)
        self.on_boot()
        self.diary.note("device", "boot", "starts" if len(self.boots) == 1 else "starts anew")
        self.bike.introduce()

    def ride(self, name: str, share: int = 100) -> None:
        took = self.bike.ride([PLACES[corner] for corner in ROUTES[name]], share)
        self.diary.note("world", "ride", f"rides {name}, {took // 60_000} min {took // 1000 % 60} s", route=name)

    def theft(self, name: str) -> None:
        """Somebody lifts the bike and takes it along."""
        self.diary.note("world", "theft", f"a thief takes the bike {name}", route=name)
        self.bike.jolt(620)
        self.bike.ride([PLACES[corner] for corner in ROUTES[name]], 60)

    def press(self, long: bool) -> None:
        """The button beside the saddle."""
        self.engine.give(remote.BUTTON, b"\x00\x02" if long else b"\x00\x01")

    def stranger(self, topic: bytes, body: bytes) -> None:
        """Somebody with access to the broker publishes."""
        if isinstance(self.cloud, VirtualCloud):
            self.cloud.broker.publish(topic.decode(), body, 1, False, self.engine.clock.t)
            self.cloud.spread()

    def _on_wifi(self, up: bool) -> None:
        self.port.carry(up)
        self.diary.note("world", "wifi", "Wi-Fi reaches the bike" if up else "no Wi-Fi any more", up=int(up))

    def _on_link(self, what: str, error: int) -> None:
        text = {
            "up": "connected to the broker",
            "closed": "says goodbye to the broker",
            "dropped": "drops the connection",
        }
        self.diary.note("device", "link", text.get(what, f"connection lost: {_DOWN[error]}"), state=what)

    def _on_secret(self, data: bytes) -> None:
        end = 2 + data[1]
        name = data[2:end].decode()
        if data[:1] == b"P":
            self.secrets[name] = data[end:]
        else:
            self.secrets.pop(name, None)

    def _on_indicator(self, data: bytes) -> None:
        what = "light" if data[:1] == b"L" else "siren"
        self.diary.note("device", what, f"{what} {'on' if data[1] else 'off'}", on=data[1])

    def _on_camera(self, on: bool) -> None:
        self.diary.note("device", "camera", f"camera {'on' if on else 'off'}", on=int(on))

    def _on_power(self, data: bytes) -> None:
        if data == b"Z":
            self.diary.note("device", "gnss-forget", "the receiver's memory is cleared")
        else:
            self.diary.note("device", "gnss", f"receiver {'on' if data[1] else 'off'}", on=data[1])
        self.receiver.command(data)
