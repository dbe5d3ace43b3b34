"""Puts this board's ports together. Nothing is touched before `build` is called."""

from machine import I2C, Pin
from micropython import const

from agent.wiring import Ports, Profile, Ways
from boards.chip import Chip
from hal.esp32.camera import Camera, Pins
from hal.esp32.pins import Battery, Indicator, Output, button
from hal.esp32.uart import Uart
from hal.mpy.later import later
from hal.parts import ublox
from hal.parts.accel import LIS3DH, Accelerometer
from hal.parts.gps import Receiver

from . import pins

_TYPING = const(False)
if _TYPING:
    from hal.ports import Motion


def build() -> "tuple[Ports, Ways, Profile]":
    _deafen()
    supply = Output(pins.GNSS_POWER)
    lamp = Output(pins.LAMP, active_high=False)
    chip = Chip()
    gnss = Receiver(Uart(pins.GNSS_UART, pins.GNSS_TX, pins.GNSS_RX), supply, ublox, later)
    ports = Ports(
        chip.clock,
        chip.secrets,
        chip.entropy,
        chip.wifi,
        chip.link,
        gnss=gnss,
        gnss_power=gnss,
        ble=chip.ble,
        camera=Camera(Pins(pins.DATA, pins.PCLK, pins.VSYNC, pins.HREF, pins.SDA, pins.SCL, pins.XCLK)),
        motion=_motion(),
        battery=Battery(pins.CELL, pins.CELL_RATIO),
        button=button(pins.BUTTON),
        indicator=Indicator(lamp, pins.BUZZER),
        watchdog=chip.watchdog,
        console=chip.console,
        events=chip.events,
        keys=chip.keys,
        anchor=chip.anchor,
    )
    profile = Profile("xiao_esp32s3_sense", idle_ms=pins.IDLE_MS, keep_rooms=True)
    return ports, Ways(chip.link, chip.ble, chip.console), profile


def _deafen() -> None:
    """Without a clock a PDM microphone sleeps and gives no data. Both pins are ours, so nothing else can use them."""
    Pin(pins.MICROPHONE_CLOCK, Pin.OUT, value=0)
    Pin(pins.MICROPHONE_DATA, Pin.IN, Pin.PULL_DOWN)


def _motion() -> "Motion | None":
    try:
        bus = I2C(pins.I2C, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=400_000)
        return Accelerometer(bus, LIS3DH)
    except OSError:
        return None  # none is plugged in: the purposes that need it cannot be used
