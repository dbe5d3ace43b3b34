"""A laptop as a board: its own GNSS receiver or a recorded ride, a real broker, a file for every memory. Not flashable.

Refuses what it cannot open, with one line for a person (ValueError). State lies in one folder: `secrets` and `flash.bin`.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from agent.wiring import Ports, Profile, Ways
from hal.host.battery import find_battery
from hal.host.ble import VirtualBle
from hal.host.button import HostButton
from hal.host.camera import HostCamera
from hal.host.clock import HostClock
from hal.host.console import FdConsole, PtyConsole, UartConsole
from hal.host.entropy import HostEntropy
from hal.host.flash import FlashFile
from hal.host.flash_map import read_map
from hal.host.gnss_power import LineGnssPower
from hal.host.indicator import HostIndicator
from hal.host.link import PahoLink
from hal.host.motion import find_motion
from hal.host.replay import ReplayUart, read_file
from hal.host.secrets import FileSecrets
from hal.host.uart import SerialUart
from hal.host.watchdog import HostWatchdog
from hal.host.wifi import HostWifi

BROKER = "mqtt://localhost"
"""Where neither the options nor the secrets name one. A device that is not bound opens no link anyway."""

_CONSOLE_BAUD = 115_200
_ANY_NETWORK = b"the laptop's own"


@dataclass(frozen=True)
class Options:
    """What a person may say on the command line. `state` is a folder; it is made when it is missing."""

    state: Path
    broker: str = ""  # mqtt[s]://…; "" takes the one told at enrolment
    ca_file: Path | None = None  # authorities for mqtts://; None takes those told at enrolment, then the system's
    gps: str = ""  # serial port or pyserial URL of a receiver
    baud: int = 9_600
    nmea: Path | None = None  # a recorded ride instead
    speed: int = 1  # of the recorded ride, 1 to 1,000
    photo: Path | None = None  # a JPEG the camera "sees"; None draws a test picture
    console: str = ""  # "" none, "-" stdin and stdout, "pty", or a serial port
    ble: bool = False  # the virtual radio, for a phone in this process
    watchdog: bool = True


def build(options: Options) -> tuple[Ports, Ways, Profile]:
    """Everything opened; the caller starts the core with it."""
    if options.gps and options.nmea:
        raise ValueError("a receiver and a recorded ride exclude each other; name one of them")
    secrets = _secrets(options.state)
    clock = HostClock()
    line = _receiver(options, clock)
    link = _link(options, secrets)
    ble = VirtualBle() if options.ble else None
    console = _console(options.console)
    chip = _flash(options.state)
    ports = Ports(
        clock,
        secrets,
        HostEntropy(),
        HostWifi(),
        link,
        gnss=line,
        gnss_power=None if line is None else LineGnssPower(line),
        ble=ble,
        camera=HostCamera(options.photo),
        motion=find_motion(),
        battery=find_battery(),
        button=HostButton(),
        indicator=HostIndicator(sys.stderr),
        watchdog=HostWatchdog() if options.watchdog else None,
        console=console,
        events=chip.region("events"),
        keys=chip.region("keys"),
        anchor=chip.region("anchor"),
    )
    return ports, Ways(link, ble, console), Profile("host", keep_rooms=True)


def flash(state: Path) -> FlashFile:
    """The board's flash chip with the regions of partitions.csv. OSError when another agent has it open."""
    table = Path(__file__).with_name("partitions.csv").read_text()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    return FlashFile(state / "flash.bin", read_map(table))


def _flash(state: Path) -> FlashFile:
    try:
        return flash(state)
    except OSError as error:
        raise ValueError(f"the flash file in {state} cannot be used: {error.strerror}") from None


def _secrets(state: Path) -> FileSecrets:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        secrets = FileSecrets(state / "secrets")
        if secrets.get("wifi_ssid") is None:
            secrets.put("wifi_ssid", _ANY_NETWORK)  # the system has joined one: there is nothing to be told
    except OSError as error:
        raise ValueError(f"the state folder {state} cannot be used: {error.strerror}") from None
    return secrets


def _receiver(options: Options, clock: HostClock) -> SerialUart | ReplayUart | None:
    if options.gps:
        return SerialUart(options.gps, options.baud)
    if options.nmea is not None:
        return ReplayUart(read_file(options.nmea), clock, options.speed)
    return None


def _link(options: Options, secrets: FileSecrets) -> PahoLink:
    told = secrets.get("broker")
    url = options.broker or (told.decode("utf-8", "replace") if told else BROKER)
    return PahoLink(url, options.ca_file, None if options.ca_file else secrets.get("ca"))


def _console(name: str) -> FdConsole | UartConsole | None:
    if not name:
        return None
    if name == "-":
        return FdConsole(0, 1)
    return PtyConsole() if name == "pty" else UartConsole(SerialUart(name, _CONSOLE_BAUD))
