"""hal/esp32's lines, memories and single pins, held to the contracts on a MicroPython machine over fakes of the chip's own modules."""

from tests.fakes.install import install

install()

from hal.esp32.clock import Clock  # noqa: E402 - the fakes come first
from hal.esp32.entropy import Entropy  # noqa: E402 - the fakes come first
from hal.esp32.flash import Region  # noqa: E402 - the fakes come first
from hal.esp32.pins import Battery, Indicator, Output, ShakeSwitch, button  # noqa: E402 - the fakes come first
from hal.esp32.secrets import Secrets  # noqa: E402 - the fakes come first
from hal.esp32.uart import Uart  # noqa: E402 - the fakes come first
from hal.esp32.watchdog import Watchdog  # noqa: E402 - the fakes come first
from hal.parts import gps, ublox  # noqa: E402 - the fakes come first
from tests.contract.portable import (  # noqa: E402 - the fakes come first
    contract_clock,
    contract_entropy,
    contract_flash,
    contract_parts,
    contract_secrets,
    contract_uart,
    suite,
)
from tests.fakes.chip import chip  # noqa: E402 - the fakes come first

_UART = 2
_POWER = 25
_LAMP = 2
_BUZZER = 26
_BUTTON = 0
_SHAKE = 27
_CELL = 34
_CHARGING = 35


class _Line:
    def receive(self, data: bytes) -> None:
        chip.uarts[_UART].received += data

    def sent(self) -> bytes:
        return bytes(chip.uarts[_UART].written)

    def rate(self) -> int:
        return chip.uarts[_UART].baudrate


def test_uart_keeps_the_contract() -> None:
    """The receiver's line."""

    def make() -> tuple:
        chip.cold()
        return Uart(_UART, 17, 16), _Line()

    suite.hold(suite.checks(contract_uart), make)


def test_a_new_speed_waits_for_what_is_under_way() -> None:
    """Changing it earlier would cut the very command that tells the receiver."""
    chip.cold()
    uart, line = Uart(_UART, 17, 16), _Line()
    uart.write(bytearray(b"set speed"), 9)
    chip.uarts[_UART].busy = True
    uart.baud(38_400)
    assert line.rate() == 9_600
    assert uart.write(bytearray(b"x"), 1) == 0
    chip.uarts[_UART].busy = False
    uart.readinto(bytearray(8))
    assert line.rate() == 38_400
    assert uart.write(bytearray(b"x"), 1) == 1
    assert chip.uarts[_UART].rxbuf == 1_024


class _Time:
    fresh = True

    def advance(self, ms: int) -> None:
        chip.pass_ms(ms)


def test_clock_keeps_the_contract() -> None:
    """It starts in 2000 and must not be believed."""

    def make() -> tuple:
        chip.cold()
        return Clock(), _Time()

    suite.hold(suite.checks(contract_clock), make)


class _Storage:
    def restart(self) -> Secrets:
        return Secrets()


def test_secrets_keep_the_contract() -> None:
    """What is not committed is lost with the power."""

    def make() -> tuple:
        chip.erase()
        return Secrets(), _Storage()

    suite.hold(suite.checks(contract_secrets), make)


class _Chance:
    def again(self) -> None:
        return None


def test_entropy_keeps_the_contract() -> None:
    """Also before any radio has warmed the chip's own generator up."""

    def make() -> tuple:
        chip.cold()
        chip.erase()
        return Entropy(Secrets()), _Chance()

    suite.hold(suite.checks(contract_entropy), make)


def test_entropy_leaves_another_seed_at_every_start() -> None:
    """A seed that is used twice gives the second life the first one's numbers."""
    chip.erase()
    seeds = []
    for _ in range(3):
        Entropy(Secrets())
        seeds.append(Secrets().get("seed"))
    assert len(seeds[0]) == 32
    assert len({bytes(seed) for seed in seeds}) == 3


class _Chip:
    def reopen(self) -> Region:
        return Region("events")


def test_flash_keeps_the_contract() -> None:
    """A partition is NOR only if it is written with an offset."""

    def make() -> tuple:
        chip.erase()
        return Region("events"), _Chip()

    suite.hold(suite.checks(contract_flash), make)


def test_a_chip_with_another_map_is_refused() -> None:
    """Writing keys to wherever would overwrite an application."""
    assert suite.refuses(Region, "not there")


class _Hand:
    def shake(self, mg: int) -> None:
        chip.drive(_SHAKE, 0)
        chip.drive(_SHAKE, 1)

    def hold(self, down: bool) -> None:
        chip.drive(_BUTTON, 0 if down else 1)

    def set(self, millivolts: int, charging: bool) -> None:
        chip.microvolts[_CELL] = millivolts * 500
        chip.levels[_CHARGING] = 0 if charging else 1

    def lit(self) -> bool:
        return chip.levels[_LAMP] == 1

    def sounding(self) -> bool:
        return chip.tones[_BUZZER] > 0

    def pass_ms(self, ms: int) -> None:
        chip.pass_ms(ms)

    def was_reset(self) -> bool:
        return chip.was_reset


def _held(port: str, build) -> None:
    def make() -> tuple:
        chip.cold()
        return build(), _Hand()

    suite.hold(contract_parts.of(port), make)


def test_single_pins_keep_their_contracts() -> None:
    """Shake switch, button, battery, lamp and buzzer, watchdog."""
    _held("motion", lambda: ShakeSwitch(_SHAKE))
    _held("button", lambda: button(_BUTTON))
    _held("battery", lambda: Battery(_CELL, 200, _CHARGING))
    _held("indicator", lambda: Indicator(Output(_LAMP), _BUZZER))
    _held("watchdog", Watchdog)


def test_a_battery_that_is_not_there_is_unknown() -> None:
    """A divider that floats must not report an empty cell; a charger that pulls its pin low is seen."""
    chip.cold()
    battery, world = Battery(_CELL, 200, _CHARGING), _Hand()
    world.set(100, True)
    battery.sample()
    assert (battery.percent, battery.millivolts, battery.charging) == (-1, -1, True)


class _Receiver:
    """The bench of gps.Receiver: a switch on a pin, a receiver that remembers, timers that end in `settle`."""

    def __init__(self) -> None:
        self._calls: list = []
        self._remembers = True

    def later(self, ms: int, call) -> None:
        self._calls.append(call)

    def powered(self) -> bool:
        return chip.levels[_POWER] == 1

    def remembers(self) -> bool:
        return self._remembers

    def settle(self) -> None:
        while self._calls:
            self._listen()
            if self.powered():
                chip.uarts[_UART].received += b"$GPTXT,"
            self._calls.pop(0)()
        self._listen()

    def _listen(self) -> None:
        uart = chip.uarts[_UART]
        if self.powered() and uart.written.find(ublox.forget()) >= 0:
            self._remembers = False
        uart.written = bytearray()


def test_gnss_power_keeps_the_contract() -> None:
    """A receiver that is told in time, and hears only what it is told while it has power."""

    def make() -> tuple:
        chip.cold()
        world = _Receiver()
        return gps.Receiver(Uart(_UART, 17, 16), Output(_POWER), ublox, world.later), world

    suite.hold(contract_parts.of("gnss"), make)
