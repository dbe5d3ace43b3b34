"""Puts this board's ports together. Nothing is touched before `build` is called."""

import os

from micropython import const

from agent.wiring import Ports, Profile, Ways
from boards import broker
from hal.mpy.clock import Clock
from hal.mpy.console import console
from hal.mpy.dns import Resolver
from hal.mpy.entropy import Entropy
from hal.mpy.line import Receiver
from hal.mpy.net import Net
from hal.mpy.secrets import Secrets
from hal.mpy.wired import Wired, name_servers

from . import pins
from .memory import region, state

_TYPING = const(False)
if _TYPING:
    from hal.ports import ByteStream

_SSID = b"wired"


def build() -> "tuple[Ports, Ways, Profile]":
    secrets = Secrets(state() + "/secrets")
    if secrets.get("wifi_ssid") is None:
        secrets.put("wifi_ssid", _SSID)  # the computer has joined a network: there is nothing to be told
    net = Net()
    link = broker.link(secrets, net, Resolver(net, name_servers))
    line = _receiver()
    wire = console()
    ports = Ports(
        Clock(),
        secrets,
        Entropy(),
        Wired(),
        link,
        gnss=line,
        gnss_power=line,
        console=wire,
        events=region("events"),
        keys=region("keys"),
        anchor=region("anchor"),
    )
    return ports, Ways(link, None, wire), Profile("unix", idle_ms=pins.IDLE_MS)


def _receiver() -> "Receiver | None":
    path = os.getenv("AMACE_GPS")
    if not path:
        return None
    stream: "ByteStream" = open(path, "r+b")  # noqa: SIM115 - it stays open as long as the agent runs
    return Receiver(stream)
