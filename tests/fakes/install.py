"""Puts the fakes where a device's own modules are. Call before anything of hal/esp32 is imported."""

import asyncio  # noqa: F401 - imported first: its loop goes by the machine's own time
import sys


def install() -> None:
    from tests.fakes import bluetooth, camera, esp32, machine, network, time

    for name, module in (
        ("bluetooth", bluetooth),
        ("camera", camera),
        ("esp32", esp32),
        ("machine", machine),
        ("network", network),
        ("time", time),
    ):
        sys.modules[name] = module
