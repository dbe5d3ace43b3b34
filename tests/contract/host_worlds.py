"""The other side of every laptop port, for the contract suites: files, ptys, sockets, a phone, a hand on the button."""

import select
import termios

from hal.host.battery import HostBattery, SysBattery
from hal.host.ble import Phone, VirtualBle
from hal.host.button import HostButton
from hal.host.camera import HostCamera
from hal.host.clock import EPOCH, HostClock
from hal.host.entropy import HostEntropy
from hal.host.flash import FlashFile, HostFlash
from hal.host.flash_map import Region
from hal.host.gnss_power import COLD_STARTS, LineGnssPower
from hal.host.indicator import HostIndicator
from hal.host.motion import HostMotion, IioMotion
from hal.host.secrets import FileSecrets
from hal.host.uart import SerialUart
from hal.host.watchdog import HostWatchdog
from hal.host.wifi import HostWifi
from tests.contract.host_bench import Bench, Far
from tests.contract.portable.suite import World

_BAUDS = {termios.B9600: 9_600, termios.B38400: 38_400, termios.B115200: 115_200}


def clock(bench: Bench) -> tuple[HostClock, object]:
    class _World:
        fresh = False
        ns = 5_000_000

        def advance(self, ms: int) -> None:
            self.ns += ms * 1_000_000

    world = _World()
    port = HostClock(lambda: world.ns, lambda: EPOCH + 180_000_000 + world.ns / 1e9)
    return port, world


def real_clock(bench: Bench) -> tuple[HostClock, object]:
    class _World:
        fresh = False

        def advance(self, ms: int) -> None:
            select.select([], [], [], ms / 1000)  # the one clock that cannot be moved by hand

    return HostClock(), _World()


def entropy(bench: Bench) -> tuple[HostEntropy, object]:
    class _World:
        def again(self) -> None:
            return None

    return HostEntropy(), _World()


def secrets(bench: Bench) -> tuple[FileSecrets, object]:
    path = bench.place() / "secrets"

    class _World:
        def restart(self) -> FileSecrets:
            return FileSecrets(path)

    return FileSecrets(path), _World()


def flash(bench: Bench) -> tuple[HostFlash, object]:
    path = bench.place() / "flash"
    regions = [Region("before", 0, 4_096), Region("events", 8_192, 12_288), Region("keys", 20_480, 8_192)]

    class _World:
        def __init__(self) -> None:
            self.chip = FlashFile(path, regions)
            bench.stack.callback(lambda: self.chip.close())

        def reopen(self) -> HostFlash:
            self.chip.close()
            self.chip = FlashFile(path, regions)
            return self.chip.region("events")

    world = _World()
    return world.chip.region("events"), world


def wifi(bench: Bench) -> tuple[HostWifi, object]:
    port = HostWifi()
    port.appear(b"a-neighbour", b"of-no-concern")

    class _World(World):
        def appear(self, ssid: bytes, password: bytes) -> None:
            self.ssid = ssid
            port.appear(ssid, password)

        def vanish(self) -> None:
            port.vanish(self.ssid)

        def associated(self) -> bool:
            return port.state == 2

    return port, _World()


def ble(bench: Bench) -> tuple[VirtualBle, object]:
    port = VirtualBle()
    phone = Phone(port)

    class _World(World):
        def __init__(self) -> None:
            super().__init__()
            self.connect = phone.connect
            self.subscribe = phone.subscribe
            self.disconnect = phone.disconnect
            self.write = phone.write
            self._notified: list[bytes] = []

        def heard(self) -> tuple[bytes, bytes, bytes] | None:
            advert = phone.scan()
            return None if advert is None else (advert.adv, advert.rsp, advert.address)

        def notified(self) -> list[bytes]:
            self._notified += phone.take()
            return self._notified

    return port, _World()


def camera(bench: Bench) -> tuple[HostCamera, object]:
    path = bench.place() / "still.jpg"
    port = HostCamera(path)

    class _World(World):
        memory: bytearray | None = None  # the buffer itself, kept to see what becomes of it

        def show(self, frame: bytes) -> None:
            path.write_bytes(frame)

        def break_down(self) -> None:
            path.write_bytes(b"no picture")

        def powered(self) -> bool:
            return port.powered

        def remains(self, piece: bytes) -> bool:
            buffers = [value for value in vars(port).values() if isinstance(value, bytes | bytearray)]
            found = any(piece in buffer for buffer in buffers)
            if found:
                self.memory = next(b for b in buffers if piece in b)  # pyright: ignore - a test looks inside
            return found or (self.memory is not None and piece in self.memory)

    return port, _World()


def motion(bench: Bench) -> tuple[HostMotion, object]:
    port = HostMotion()

    class _World:
        shake = staticmethod(port.shake)

    return port, _World()


def iio_motion(bench: Bench) -> tuple[IioMotion, object]:
    folder = bench.place()
    (folder / "in_accel_scale").write_text("0.009807\n")  # about 1 mg a count
    for axis, raw in (("x", -3), ("y", 12), ("z", 1_001)):
        (folder / f"in_accel_{axis}_raw").write_text(f"{raw}\n")

    class _World:
        def shake(self, mg: int) -> None:
            (folder / "in_accel_y_raw").write_text(f"{12 - mg}\n")

    return IioMotion(folder), _World()


def _charge(millivolts: int) -> int:
    return max(0, min(100, (millivolts - 3_000) // 12))


def battery(bench: Bench) -> tuple[HostBattery, object]:
    port = HostBattery()

    class _World:
        def set(self, millivolts: int, charging: bool) -> None:
            port.script(_charge(millivolts), millivolts, charging)

    return port, _World()


def sys_battery(bench: Bench) -> tuple[SysBattery, object]:
    folder = bench.place()

    class _World:
        def set(self, millivolts: int, charging: bool) -> None:
            (folder / "voltage_now").write_text(f"{millivolts * 1000}\n")
            (folder / "capacity").write_text(f"{_charge(millivolts)}\n")
            (folder / "status").write_text("Charging\n" if charging else "Discharging\n")

    return SysBattery(folder), _World()


def gnss(bench: Bench) -> tuple[LineGnssPower, object]:
    far, name = bench.pty()
    uart = SerialUart(name)
    port = LineGnssPower(uart)
    bench.stack.callback(uart.close)

    class _World(Far):
        def settle(self) -> None:
            pass

        def powered(self) -> bool:
            """A receiver that runs is one whose line we listen to."""
            self.receive(b"x")
            return uart.readinto(bytearray(64)) > 0

        def remembers(self) -> bool:
            return COLD_STARTS not in self.sent()

    return port, _World(far, far)


def button(bench: Bench) -> tuple[HostButton, object]:
    port = HostButton()

    class _World:
        def hold(self, down: bool) -> None:
            (port.press if down else port.release)()

    return port, _World()


def indicator(bench: Bench) -> tuple[HostIndicator, object]:
    port = HostIndicator()

    class _World:
        def lit(self) -> bool:
            return port.lit

        def sounding(self) -> bool:
            return port.sounding

    return port, _World()


def watchdog(bench: Bench) -> tuple[HostWatchdog, object]:
    class _World:
        left_ms = -1.0
        bitten = False

        def arm(self, seconds: float) -> None:
            self.left_ms = seconds * 1000

        def pass_ms(self, ms: int) -> None:
            self.bitten = self.bitten or 0 <= self.left_ms < ms
            self.left_ms = self.left_ms - ms if self.left_ms >= 0 else -1

        def was_reset(self) -> bool:
            return self.bitten

    world = _World()
    return HostWatchdog(world.arm), world
