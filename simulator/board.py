"""The simulated board: every port is a remote one. The twin of boards/*, in device syntax, for this process and for the VMs."""

from micropython import const

from agent.wiring import Ports, Profile, Ways

from . import remote

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import Flash

GNSS = 1  # parts of the board, as bits
CAMERA = 2
BLE = 4
CONSOLE = 8
ROOMY = 16  # memory to spare: rooms stay loaded, which changes nothing that can be seen
_SLOTS = const(16)
_CHUNK = const(192)
_UART = const(128)
_ROWS = const(16)


def build(
    hub: "remote.Hub", parts: int, region: "Callable[[str], Flash] | None" = None
) -> "tuple[Ports, Ways, Profile]":
    """Ports, ways and profile of a board with these parts. `region` gives the raw regions of its flash, None: it has none."""
    link = remote.Link(hub, (hub.get("broker") or b"").partition(b"#")[2])
    ble = remote.Ble(hub) if parts & BLE else None
    console = remote.Line(hub, remote.CONSOLE) if parts & CONSOLE else None
    ports = Ports(
        hub,
        hub,
        hub,
        remote.Wifi(hub, remote.WIFI),
        link,
        gnss=remote.Line(hub, remote.GNSS) if parts & GNSS else None,
        gnss_power=hub if parts & GNSS else None,
        ble=ble,
        camera=remote.Camera(hub) if parts & CAMERA else None,
        motion=remote.Sensor(hub, remote.MOTION),
        battery=remote.Battery(hub, remote.BATTERY),
        button=remote.Sensor(hub, remote.BUTTON),
        indicator=hub,
        watchdog=hub,
        console=console,
        events=region("events") if region else None,
        keys=region("keys") if region else None,
        anchor=region("anchor") if region else None,
    )
    return (
        ports,
        Ways(link, ble, console),
        Profile(
            "sim", slots=_SLOTS, chunk=_CHUNK, uart_bytes=_UART, journal_rows=_ROWS, keep_rooms=bool(parts & ROOMY)
        ),
    )
