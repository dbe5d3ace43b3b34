"""hal/esp32's radios and camera, held to the contracts on a MicroPython machine over fakes of the chip's own modules."""

from tests.fakes.install import install

install()

import bluetooth  # noqa: E402 - the fakes come first

from hal.esp32.ble import Ble  # noqa: E402 - the fakes come first
from hal.esp32.camera import Camera, Pins  # noqa: E402 - the fakes come first
from hal.esp32.pins import Output  # noqa: E402 - the fakes come first
from hal.esp32.wifi import Wifi  # noqa: E402 - the fakes come first
from tests.contract.portable import (  # noqa: E402 - the fakes come first
    contract_ble,
    contract_camera,
    contract_wifi,
    suite,
)
from tests.fakes.chip import OLD_SCENE, PUBLIC_ADDRESS, chip  # noqa: E402 - the fakes come first

_SUPPLY = 32


class _World(suite.World):
    def step(self, port) -> None:
        chip.pass_ms(10)
        super().step(port)


class _Air(_World):
    def appear(self, ssid: bytes, password: bytes) -> None:
        chip.networks[ssid] = password

    def vanish(self) -> None:
        chip.networks.clear()

    def associated(self) -> bool:
        return chip.station_on and chip.station.connected


def test_wifi_keeps_the_contract() -> None:
    """With the driver's own reasons and retries."""

    def make() -> tuple:
        chip.cold()
        return Wifi(), _Air()

    suite.hold(suite.checks(contract_wifi), make)


def test_wifi_switches_off_whatever_was_left_on() -> None:
    """A soft reset keeps the connection, and an access point somebody once opened."""
    chip.dirty(5)
    wifi = Wifi()
    assert not chip.station_on
    assert not chip.access_point_on
    assert wifi.name_servers() == []


def test_an_access_point_that_never_answers_is_given_up() -> None:
    """Twenty seconds, across the wrap of ticks; the radio is off afterwards."""
    chip.cold()
    wifi, world = Wifi(), _Air()
    wifi.join(b"invented", b"password")
    chip.station.ready_ms = 1 << 29
    assert world.until(wifi, lambda: wifi.state == 0, 20_100)
    assert wifi.error == 1
    assert not chip.station_on


class _Phone(_World):
    def heard(self):
        return chip.radio.advert and chip.radio.advert[:3]

    def connect(self) -> None:
        bluetooth.connect()

    def disconnect(self) -> None:
        bluetooth.leave()

    def subscribe(self) -> None:
        chip.radio.subscribed = True
        bluetooth.write(b"")  # our phones say so: MicroPython does not tell a peripheral who has subscribed

    def write(self, data: bytes) -> None:
        bluetooth.write(data)

    def notified(self) -> list:
        return chip.radio.notified


def _make_ble() -> tuple:
    chip.cold()
    return Ble(), _Phone()


def test_ble_keeps_the_contract() -> None:
    """Over a stack that cuts at 20 bytes, uses its public address and asserts, unless told otherwise."""
    suite.hold(suite.checks(contract_ble), _make_ble)


def test_ble_is_silenced_whatever_was_left_on() -> None:
    """A soft reset keeps the advert, under the address of before."""
    chip.dirty(5)
    Ble()
    assert not chip.radio.active
    assert chip.radio.advert is None


def test_a_connected_phone_keeps_others_out_and_the_alarm_on() -> None:
    """While one phone is here the advert goes on, not connectable, under another address."""
    ble, world = _make_ble()
    ble.advertise(b"alarm", b"", 152)
    first = world.heard()[2]
    world.connect()
    assert world.until(ble, lambda: world.heard() is not None)
    assert world.heard()[:2] == (b"alarm", b"")
    assert not chip.radio.advert[3]
    assert world.heard()[2] not in (first, PUBLIC_ADDRESS)


def test_a_flood_of_writes_loses_the_newest_and_counts_them() -> None:
    """The ring is four writes long: what was taken first stays whole."""
    ble, world = _make_ble()
    ble.advertise(b"x", b"", 152)
    world.connect()
    world.run(ble, 20)
    got = []
    ble.on_write = lambda buf, n: got.append(bytes(buf[:n]))
    for i in range(6):
        world.write(bytes([i]) * 100)
    world.run(ble, 50)
    assert got == [bytes([i]) * 100 for i in range(4)]
    assert ble.lost == 2


def test_a_callback_may_silence_the_radio() -> None:
    """A withdrawal that came over the air."""
    ble, world = _make_ble()
    ble.advertise(b"x", b"", 152)
    world.connect()
    world.run(ble, 20)
    got = []

    def on_write(buf, n: int) -> None:
        got.append(n)
        ble.silence()

    ble.on_write = on_write
    world.write(b"1")
    world.write(b"2")
    world.run(ble, 50)
    assert got == [1]
    assert not chip.radio.active


def test_half_a_record_of_one_phone_is_not_left_for_the_next() -> None:
    """Fragments of a phone that went away are dropped with it."""
    ble, world = _make_ble()
    ble.advertise(b"x", b"", 152)
    world.connect()
    world.write(b"first half")
    world.disconnect()
    got = []
    ble.on_write = lambda buf, n: got.append(bytes(buf[:n]))
    world.run(ble, 50)
    assert not got


class _Lens(_World):
    def __init__(self, has_supply: bool) -> None:
        super().__init__()
        self._has_supply = has_supply

    def show(self, frame: bytes) -> None:
        chip.scene = frame

    def break_down(self) -> None:
        chip.sensor_broken = True

    def powered(self) -> bool:
        return chip.sensor_open or (self._has_supply and chip.levels[_SUPPLY] == 0)

    def remains(self, data: bytes) -> bool:
        return chip.psram is not None and bytes(byte & 255 for byte in chip.psram).find(data) >= 0


_WIRING = Pins([5, 18, 19, 21, 36, 39, 34, 35], 22, 25, 23, 26, 27, 0)


def test_camera_keeps_the_contract() -> None:
    """With a pin that cuts the sensor's power, and without."""
    for has_supply in (True, False):

        def make(has_supply: bool = has_supply) -> tuple:
            chip.cold()
            return Camera(_WIRING, Output(_SUPPLY, active_high=False) if has_supply else None), _Lens(has_supply)

        suite.hold(suite.checks(contract_camera), make)


def test_a_photo_is_never_older_than_its_consent() -> None:
    """The driver fills its buffer as soon as it exists: those frames are thrown away, and zeroed."""
    chip.cold()
    camera, world = Camera(_WIRING), _Lens(False)
    camera.power(True)
    camera.capture()
    world.run(camera, 30)
    world.show(b"\xff\xd8after the consent\xff\xd9")
    assert world.until(camera, lambda: camera.state == 2)
    buf = bytearray(camera.size())
    camera.copy(0, buf, 0, len(buf))
    assert buf == b"\xff\xd8after the consent\xff\xd9"
    assert not world.remains(OLD_SCENE[-20:]), "the longer frame before it"


def test_a_camera_that_gives_no_frame_fails_in_time() -> None:
    """A loose ribbon cable: five seconds, then it is off."""
    chip.cold()
    camera, world = Camera(_WIRING), _Lens(False)
    camera.power(True)
    camera.capture()
    world.run(camera, 20)
    chip.sensor_broken = True
    assert world.until(camera, lambda: camera.state == 3, 5_100)
    assert not chip.sensor_open
