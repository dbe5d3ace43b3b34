"""What every ESP32 has, whatever is soldered around it. A board adds its parts."""

from micropython import const

from boards import broker
from hal.esp32.ble import Ble
from hal.esp32.clock import Clock
from hal.esp32.entropy import Entropy
from hal.esp32.flash import Region
from hal.esp32.secrets import Secrets
from hal.esp32.watchdog import Watchdog
from hal.esp32.wifi import Wifi
from hal.mpy.console import console
from hal.mpy.dns import Resolver
from hal.mpy.net import Net

_TYPING = const(False)
if _TYPING:
    from hal.mpy.console import Console
    from hal.mpy.umqtt_link import Link


class Chip:
    """Radios first: after a soft reset they may still be on."""

    def __init__(self) -> None:
        self.wifi = Wifi()
        self.ble = Ble()
        self.clock = Clock()
        self.secrets = Secrets()
        self.entropy = Entropy(self.secrets)
        net = Net()
        self.link: "Link" = broker.link(self.secrets, net, Resolver(net, self.wifi.name_servers))
        self.watchdog = Watchdog()
        self.console: "Console" = console()
        self.events = Region("events")
        self.keys = Region("keys")
        self.anchor = Region("anchor")
