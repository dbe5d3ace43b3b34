"""Puts this board's ports together. Nothing is touched before `build` is called."""

from agent.wiring import Ports, Profile, Ways
from boards.chip import Chip
from hal.esp32.camera import Camera, Pins
from hal.esp32.pins import Indicator, Output, ShakeSwitch, button
from hal.esp32.uart import Uart
from hal.mpy.later import later
from hal.parts import ublox
from hal.parts.gps import Doze, Receiver

from . import pins


def build() -> "tuple[Ports, Ways, Profile]":
    Output(pins.FLASH_LAMP)  # off, and never used: its light would give a photo away, and blind
    supply = Output(pins.SENSOR_POWER_DOWN, active_high=False)
    lamp = Output(pins.LAMP, active_high=False)
    chip = Chip()
    line = Uart(pins.GNSS_UART, pins.GNSS_TX, pins.GNSS_RX)
    gnss = Receiver(line, Doze(line, ublox), ublox, later, settle_ms=pins.GNSS_RESTART_MS)
    camera = Camera(
        Pins(pins.DATA, pins.PCLK, pins.VSYNC, pins.HREF, pins.SDA, pins.SCL, pins.XCLK),
        supply,
    )
    ports = Ports(
        chip.clock,
        chip.secrets,
        chip.entropy,
        chip.wifi,
        chip.link,
        gnss=gnss,
        gnss_power=gnss,
        ble=chip.ble,
        camera=camera,
        motion=ShakeSwitch(pins.SHAKE),
        button=button(pins.BUTTON, active_low=False),
        indicator=Indicator(lamp),
        watchdog=chip.watchdog,
        console=chip.console,
        events=chip.events,
        keys=chip.keys,
        anchor=chip.anchor,
    )
    return ports, Ways(chip.link, chip.ble, chip.console), Profile("esp32_cam", idle_ms=pins.IDLE_MS)
