"""A device of nobody: it keeps quiet, whatever is done to it."""

import struct

import pytest

from agent.base import frame
from agent.link.console import ENROL
from simulator import remote
from simulator.board import BLE, CAMERA, CONSOLE, GNSS
from simulator.device import InProcess, Start

SEED = bytes(16)
PARTS = GNSS | CAMERA | BLE


@pytest.mark.parametrize("press", [1, 2])
def test_a_press_on_a_device_of_nobody_does_nothing(press: int) -> None:
    """It has no key to advertise with and no grant to withdraw; it must not fall over either."""
    device = InProcess()
    device.boot(Start(0, PARTS, SEED))
    device.step(0, [])
    for tick in (1000, 2000):
        said = device.step(tick, [(remote.BUTTON, struct.pack(">H", press))]).outputs
        assert said == []


def test_a_device_of_nobody_joins_no_network_and_powers_no_sensor() -> None:
    """Without an owner there is nobody it could report to (policy clause 5.5)."""
    device = InProcess()
    device.boot(Start(0, PARTS, SEED, {"wifi_ssid": b"net", "wifi_pass": b"secret"}))
    said = [output for tick in range(0, 120_000, 1000) for output in device.step(tick, []).outputs]
    assert [port for port, _ in said] == [remote.WATCHDOG]


def test_a_new_owners_key_ends_what_a_former_owner_stored() -> None:
    """Left over, it would count as damaged, and the new owner could never grant anything."""
    device = InProcess()
    device.boot(Start(0, CONSOLE, SEED, {"consent": b"of a former owner"}))
    wire = bytearray()

    def write(buf: bytearray, n: int) -> None:
        wire.extend(buf[:n])

    encoder = frame.Encoder(write)
    body = bytes((ENROL,)) + b"pairing_key\0" + b"k" * 32
    encoder.begin()
    encoder.add(body, len(body))
    encoder.end()
    device.step(0, [])
    device.step(1000, [(remote.CONSOLE, bytes(wire))])
    said = [data for port, data in device.step(2000, []).outputs if port == remote.SECRETS]
    assert device.stepper.hub.get("pairing_key") == b"k" * 32, said
    assert device.stepper.hub.get("consent") is None
