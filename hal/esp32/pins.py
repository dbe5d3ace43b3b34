"""What hangs on single pins: power switches, lamps, a buzzer, a button, a shake switch, a battery's divider."""

from machine import ADC, PWM, Pin
from micropython import const

from ..parts import lipo
from ..parts.button import Button

_TONE_HZ = const(2_700)  # where small piezo discs are loudest
_HALF_DUTY = const(32_768)
_SAMPLES = const(8)
_SHAKE_MG = const(1_000)  # a switch knows only that it moved
_ABSENT_MV = const(500)  # a divider without a battery floats below this


class Output:
    """A pin that is on or off, whichever level that is. Off when made. Also a `Switch` for gps.Receiver."""

    def __init__(self, number: int, active_high: bool = True) -> None:
        self._on = 1 if active_high else 0
        self._pin = Pin(number, Pin.OUT, value=1 - self._on)

    def set(self, on: bool) -> None:
        self._pin.value(self._on if on else 1 - self._on)


class Indicator:
    """A lamp, and a passive piezo buzzer if the board has one."""

    def __init__(self, lamp: Output, buzzer: "int | None" = None) -> None:
        self._lamp = lamp
        self._buzzer = None if buzzer is None else PWM(Pin(buzzer, Pin.OUT), freq=_TONE_HZ, duty_u16=0)

    def light(self, on: bool) -> None:
        self._lamp.set(on)

    def buzzer(self, on: bool) -> None:
        if self._buzzer is not None:
            self._buzzer.duty_u16(_HALF_DUTY if on else 0)


def button(number: int, active_low: bool = True) -> Button:
    pin = Pin(number, Pin.IN, Pin.PULL_UP if active_low else Pin.PULL_DOWN)
    down = 0 if active_low else 1
    return Button(lambda: pin.value() == down)


class ShakeSwitch:
    """A ball or spring switch to ground. Its interrupt sets a flag, nothing else."""

    def __init__(self, number: int) -> None:
        self._moved = False
        self._pin = Pin(number, Pin.IN, Pin.PULL_UP)
        self._pin.irq(self._on_edge, Pin.IRQ_FALLING | Pin.IRQ_RISING)

    def read(self) -> int:
        moved = self._moved
        self._moved = False
        return _SHAKE_MG if moved else 0

    def _on_edge(self, pin: Pin) -> None:
        self._moved = True


class Battery:
    """One lithium cell behind a divider. `ratio` is cell voltage over pin voltage, in hundredths."""

    def __init__(self, adc: int, ratio: int = 200, charging: "int | None" = None) -> None:
        self.percent = -1
        self.millivolts = -1
        self.charging = False
        self._adc = ADC(Pin(adc))
        self._adc.atten(ADC.ATTN_11DB)  # up to 3.1 V at the pin (ESP32 data sheet, ADC)
        self._ratio = ratio
        self._charging = None if charging is None else Pin(charging, Pin.IN)

    def sample(self) -> None:
        total = 0
        for _ in range(_SAMPLES):
            total += self._adc.read_uv() // 1_000
        mv = total // _SAMPLES * self._ratio // 100
        self.millivolts = mv if mv >= _ABSENT_MV else -1
        self.percent = lipo.percent(mv) if mv >= _ABSENT_MV else -1
        # The usual charger (TP4056, BQ24074) pulls its status low while it charges.
        self.charging = self._charging is not None and self._charging.value() == 0
