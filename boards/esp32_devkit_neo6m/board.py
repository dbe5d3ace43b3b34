"""Puts this board's ports together. Nothing is touched before `build` is called."""

from machine import I2C, Pin
from micropython import const

from agent.wiring import Ports, Profile, Ways
from boards.chip import Chip
from hal.esp32.pins import Battery, Indicator, Output, ShakeSwitch, button
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
    lamp = Output(pins.LAMP)
    supply = Output(pins.GNSS_POWER)
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
        motion=_motion(),
        battery=Battery(pins.CELL, pins.CELL_RATIO, pins.CHARGING),
        button=button(pins.BUTTON),
        indicator=Indicator(lamp, pins.BUZZER),
        watchdog=chip.watchdog,
        console=chip.console,
        events=chip.events,
        keys=chip.keys,
        anchor=chip.anchor,
    )
    return ports, Ways(chip.link, chip.ble, chip.console), Profile("esp32_devkit_neo6m", idle_ms=pins.IDLE_MS)


def _motion() -> "Motion":
    """The accelerometer if one is plugged in, else the switch."""
    try:
        bus = I2C(pins.I2C, scl=Pin(pins.I2C_SCL), sda=Pin(pins.I2C_SDA), freq=400_000)
        return Accelerometer(bus, LIS3DH)
    except OSError:
        return ShakeSwitch(pins.SHAKE)
