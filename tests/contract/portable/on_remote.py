"""simulator/remote.py, all ports of a simulated device but the radios, held to the contracts of the real ones.

Each world here is the far side of one port: it hears what the port emits and answers by `Hub.give`, in the forms of remote.py.
What the step wire leaves to the world behind it is listed by name: such a check must fail.
"""

from simulator import remote
from tests.contract.portable import (
    contract_camera,
    contract_clock,
    contract_console,
    contract_entropy,
    contract_parts,
    contract_secrets,
    contract_uart,
    suite,
)
from tests.contract.portable.remote_world import SEED, World

_PIECE = 96  # bytes of a picture in one delivery, as simulator/camera.py has them

_CLOCK_DEFECTS = ("check_a_set_clock_goes_on_counting",)
"""A simulated board has no real-time clock: it is "never set" for good, and the agent learns the date from outside."""

_ENTROPY_DEFECTS = ("check_draws_and_purposes_differ",)
"""It draws for a purpose of 2**29. A replayable stream needs a counter each: there are 32, and a higher number is refused."""

_UART_DEFECTS = ("check_the_rate_can_change",)
"""A virtual line has no speed."""

_BUTTON_DEFECTS = (
    # What is a press, and how long it was, the world decides: its inputs are "short" and "long".
    "check_button_long_press_is_reported_once",
    "check_button_bounce_is_one_press",
)


class _Time(World):
    fresh = True


def test_the_clock_keeps_the_contract() -> None:
    """Virtual time wraps like real time."""

    def make() -> tuple:
        world = _Time()
        return world.hub, world

    suite.hold(suite.checks(contract_clock), make, _CLOCK_DEFECTS)


class _Chance(World):
    def again(self) -> "remote.Hub":
        return World().hub


def test_entropy_keeps_the_contract() -> None:
    """What one purpose draws must not show in another's, in a replay least of all."""

    def make() -> tuple:
        world = _Chance()
        return world.hub, world

    suite.hold(suite.checks(contract_entropy), make, _ENTROPY_DEFECTS)


def test_entropy_has_32_streams() -> None:
    """31 is the last purpose; the next one has no counter of its own."""
    hub = World().hub
    drawn = []
    for purpose in (0, 31, 0, 31):
        buf = bytearray(16)
        hub.fill(purpose, buf)
        drawn.append(bytes(buf))
    for i in range(len(drawn)):
        assert drawn[i] not in drawn[i + 1 :]
    assert suite.refuses(hub.fill, 32, bytearray(16))


class _Storage(World):
    """The world keeps what was said to be kept, and boots the next hub with it."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict = {}

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.SECRETS
        end = 2 + data[1]
        name = data[2:end].decode()
        if data[:1] == b"P":
            self._kept[name] = data[end:]
        else:
            assert data[:1] == b"D"
            assert len(data) == end
            self._kept.pop(name, None)

    def restart(self) -> "remote.Hub":
        self.hub = remote.Hub(SEED, self.now, self._emit)
        self.hub.secrets.update(self._kept)
        return self.hub


def test_secrets_keep_the_contract() -> None:
    """A restart in a scenario loses what the world was not told."""

    def make() -> tuple:
        world = _Storage()
        return world.hub, world

    suite.hold(suite.checks(contract_secrets), make)


class _Wire(World):
    """The far end of a serial line."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number
        self._heard = b""
        self._there = True
        self.line = remote.Line(self.hub, number)

    def said(self, port: int, data: bytes) -> None:
        assert port == self._number
        self._heard += data

    def receive(self, data: bytes) -> None:
        self.hub.give(self._number, data)

    def sent(self) -> bytes:
        return self._heard

    def rate(self) -> int:
        return 0

    def vanish(self) -> None:
        pass  # it says nothing from here on


def test_the_receivers_line_keeps_the_contract() -> None:
    """The parser's food: chunks of any length, of any bytes."""

    def make() -> tuple:
        world = _Wire(remote.GNSS)
        return world.line, world

    suite.hold(suite.checks(contract_uart), make, _UART_DEFECTS)


def test_the_console_keeps_the_contract() -> None:
    """The rig drives a simulated device as it does a real one."""

    def make() -> tuple:
        world = _Wire(remote.CONSOLE)
        return world.line, world

    suite.hold(suite.checks(contract_console), make)


class _Lens(World):
    def __init__(self) -> None:
        super().__init__()
        self.camera = remote.Camera(self.hub)
        self._frame = b""
        self._works = True
        self._power = False
        self._pieces: list = []  # the camera's own memory, held to see what becomes of it

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.CAMERA
        if data[:1] == b"P":
            self._power = data[1] == 1
        elif data == b"T":
            self._expose()
        else:
            assert data == b"Z"

    def _expose(self) -> None:
        assert self._power
        give, frame = self.hub.give, self._frame
        if not self._works:
            give(remote.CAMERA, b"X")
            return
        give(remote.CAMERA, b"F" + bytes((0, 0, len(frame) >> 8, len(frame) & 255)))
        for at in range(0, len(frame), _PIECE):
            give(remote.CAMERA, b"D" + frame[at : at + _PIECE])

    def show(self, frame: bytes) -> None:
        self._frame = frame

    def break_down(self) -> None:
        self._works = False

    def powered(self) -> bool:
        return self._power

    def remains(self, piece: bytes) -> bool:
        self._pieces += self.camera._pieces
        return b"".join([bytes(each) for each in self._pieces]).find(piece) >= 0


def test_the_camera_keeps_the_contract() -> None:
    """The canary scenarios prove nothing about a camera that keeps its frames."""

    def make() -> tuple:
        world = _Lens()
        return world.camera, world

    suite.hold(suite.checks(contract_camera), make)


def test_switching_off_overwrites_a_frame_nobody_looked_at() -> None:
    """Dropping the reference would leave the picture in the heap until it is used again."""
    world = _Lens()
    camera = world.camera
    for end in (lambda: camera.power(False), camera.forget, camera.capture):
        world.show(b"\xff\xd8private\xff\xd9")
        camera.power(True)
        camera.capture()
        camera.poll(0)
        assert camera.state == 2
        assert world.remains(b"private")
        end()
        assert not world.remains(b"private")
        assert camera.size() == 0


class _Shaker(World):
    def shake(self, mg: int) -> None:
        self.hub.give(remote.MOTION, bytes((mg >> 8, mg & 255)))


def test_motion_keeps_the_contract() -> None:
    """Theft begins with it."""

    def make() -> tuple:
        world = _Shaker()
        return remote.Sensor(world.hub, remote.MOTION), world

    suite.hold(contract_parts.of("motion"), make)


class _Cells(World):
    def set(self, millivolts: int, charging: bool) -> None:
        percent = max(0, min(100, (millivolts - 3_000) // 12))
        self.hub.give(remote.BATTERY, bytes((percent, millivolts >> 8, millivolts & 255, charging)))


def test_the_battery_keeps_the_contract() -> None:
    """Unknown is not empty."""

    def make() -> tuple:
        world = _Cells()
        return remote.Battery(world.hub, remote.BATTERY), world

    suite.hold(contract_parts.of("battery"), make)


class _Receiver(World):
    def __init__(self) -> None:
        super().__init__()
        self._power = False
        self._memory = True

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.POWER
        if data == b"Z":
            self._memory = False
        else:
            assert data[:1] == b"P"
            self._power = data[1] == 1

    def settle(self) -> None:
        pass  # no timers

    def powered(self) -> bool:
        return self._power

    def remembers(self) -> bool:
        return self._memory


def test_gnss_power_keeps_the_contract() -> None:
    """On by a lease, off with it, and forgetful."""

    def make() -> tuple:
        world = _Receiver()
        return world.hub, world

    suite.hold(contract_parts.of("gnss"), make)


class _Finger(World):
    """Knows no time: every release is the end of a short press."""

    _down = False

    def hold(self, down: bool) -> None:
        if self._down and not down:
            self.hub.give(remote.BUTTON, b"\x00\x01")
        self._down = down


def test_the_button_keeps_the_contract() -> None:
    """It withdraws consent: once a press, never by itself."""

    def make() -> tuple:
        world = _Finger()
        return remote.Sensor(world.hub, remote.BUTTON), world

    suite.hold(contract_parts.of("button"), make, _BUTTON_DEFECTS)


class _Eye(World):
    def __init__(self) -> None:
        super().__init__()
        self._state = {b"L": False, b"B": False}

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.INDICATOR
        assert data[:1] in self._state
        self._state[data[:1]] = data[1] == 1

    def lit(self) -> bool:
        return self._state[b"L"]

    def sounding(self) -> bool:
        return self._state[b"B"]


def test_the_indicator_keeps_the_contract() -> None:
    """Light and buzzer are two."""

    def make() -> tuple:
        world = _Eye()
        return world.hub, world

    suite.hold(contract_parts.of("indicator"), make)


class _Hound(World):
    """Looks at the last meal; the time it waits is what the port said at its start."""

    def __init__(self) -> None:
        super().__init__()
        self._limit_ms = 0
        self._reset = False

    def said(self, port: int, data: bytes) -> None:
        assert port == remote.WATCHDOG
        assert data[:1] == b"S"
        self._limit_ms = data[1] * 1_000

    def pass_ms(self, ms: int) -> None:
        self.advance(ms)
        hungry = (self.hub.now - self.hub.fed) % (1 << 30)
        self._reset = self._reset or 0 < self._limit_ms < hungry

    def was_reset(self) -> bool:
        return self._reset


def test_the_watchdog_keeps_the_contract() -> None:
    """A device that hangs is one that guards nothing."""

    def make() -> tuple:
        world = _Hound()
        return world.hub, world

    suite.hold(contract_parts.of("watchdog"), make)
