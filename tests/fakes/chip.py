"""One invented ESP32: the state behind the fakes of `machine`, `network`, `bluetooth`, `esp32`, `camera` and `time`.

`cold()` is power-on: everything off, RAM and the real-time clock empty. `dirty(cause)` is a start that leaves things as a
soft reset may: radios up, an advert running, pins driven. Flash (NVS, partitions) survives both; `erase()` clears it.
Time stands still unless `pass_ms` moves it.
"""

import random

PARTITIONS = (("vfs", 16), ("events", 8), ("keys", 2), ("anchor", 2))  # label, sectors
SECTOR = 4096
PUBLIC_ADDRESS = b"\x24\x0a\xc4\x01\x02\x03"
OLD_SCENE = b"\xff\xd8what was in front of the lens before the consent\xff\xd9"


class Chip:
    def __init__(self) -> None:
        self.nvs: dict = {}
        self.flash: dict = {}
        self.erase()
        self.cold()

    def erase(self) -> None:
        self.nvs = {}
        self.flash = {label: bytearray(b"\xff" * (SECTOR * sectors)) for label, sectors in PARTITIONS}

    def cold(self) -> None:
        self.cause = 1
        self.calls: list = []  # of every fake, in order
        self.now_ms = 0
        self.rtc_ms = 0  # what is added for the real-time clock, which starts in 2000
        self.was_reset = False
        self.watchdog = None  # (timeout, when it was fed last)
        self.levels: dict = {}  # pin → level
        self.outputs: set = set()
        self.edges: dict = {}  # pin → handler
        self.tones: dict = {}  # pin → duty
        self.microvolts: dict = {}
        self.uarts: dict = {}
        self.bus: dict = {}  # I²C address → {register: byte}
        self.networks: dict = {}  # ssid → password
        self.station = Station()
        self.station_on = False
        self.access_point_on = False
        self.radio = Radio()
        self.scene = OLD_SCENE
        self.sensor_broken = False
        self.sensor_open = False
        self.psram = None  # made by the camera's fake

    def dirty(self, cause: int) -> None:
        """Ends in a start by `cause` with everything left on that a soft reset leaves on."""
        self.cold()
        self.cause = cause
        self.networks = {b"before": b"password"}
        self.station_on = True
        self.access_point_on = True
        self.station.connected = True
        self.radio.active = True
        self.radio.advert = (b"before", b"", PUBLIC_ADDRESS, True)
        for pin in range(64):
            self.levels[pin] = 1
            self.outputs.add(pin)

    def pass_ms(self, ms: int) -> None:
        self.now_ms += ms
        if self.watchdog is not None and self.now_ms - self.watchdog[1] > self.watchdog[0]:
            self.was_reset = True

    def drive(self, pin: int, level: int) -> None:
        """The world sets an input."""
        if self.levels.get(pin) != level:
            self.levels[pin] = level
            handler = self.edges.get(pin)
            if handler is not None:
                handler(None)

    def note(self, call: str) -> None:
        self.calls.append(call)


class Station:
    """The Wi-Fi driver's half of `network.WLAN`."""

    def __init__(self) -> None:
        self.connected = False
        self.ssid = b""
        self.password = b""
        self.reconnects = -1
        self.ready_ms = -1  # when the attempt ends, -1 when there is none
        self.reason = 0


class Radio:
    """The BLE stack's half of `bluetooth.BLE`, and a phone's."""

    def __init__(self) -> None:
        self.active = False
        self.advert = None  # (adv, rsp, address, connectable)
        self.address = PUBLIC_ADDRESS
        self.handler = None
        self.values: dict = {}  # handle → [value, limit, append]
        self.phone = -1
        self.mtu = 23
        self.subscribed = False
        self.notified: list = []


def random_address() -> bytes:
    """Non-resolvable: the two most significant bits are 0 (Core 5.0 vol 6 part B §1.3.2.2)."""
    return bytes([random.getrandbits(6)] + [random.getrandbits(8) for _ in range(5)])


chip = Chip()
