"""What a board hands to the agent: its ports, its ways out, and its figures. No behaviour.

The ways out are apart from the ports because only the gate may hold them (invariant I1): a board passes the same
link object in both, the core keeps the `Ports`, the gate keeps the `Ways`.
"""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from hal import ports


class Ways:
    """Everything through which a byte can leave. Held by the gate, by nothing else."""

    def __init__(
        self, link: "ports.Link", ble: "ports.Ble | None" = None, console: "ports.Console | None" = None
    ) -> None:
        self.link = link
        self.ble = ble
        self.console = console


class Ports:
    """Every port of one board. A part the board lacks is None, and the purposes that need it cannot be used."""

    def __init__(
        self,
        clock: "ports.Clock",
        secrets: "ports.Secrets",
        entropy: "ports.Entropy",
        wifi: "ports.Wifi",
        link: "ports.Link",
        gnss: "ports.Uart | None" = None,
        gnss_power: "ports.GnssPower | None" = None,
        ble: "ports.Ble | None" = None,
        camera: "ports.Camera | None" = None,
        motion: "ports.Motion | None" = None,
        battery: "ports.Battery | None" = None,
        button: "ports.Button | None" = None,
        indicator: "ports.Indicator | None" = None,
        watchdog: "ports.Watchdog | None" = None,
        console: "ports.Console | None" = None,
        events: "ports.Flash | None" = None,
        keys: "ports.Flash | None" = None,
        anchor: "ports.Flash | None" = None,
    ) -> None:
        self.clock = clock
        self.secrets = secrets
        self.entropy = entropy
        self.wifi = wifi
        self.link = link
        self.gnss = gnss
        self.gnss_power = gnss_power
        self.ble = ble
        self.camera = camera
        self.motion = motion
        self.battery = battery
        self.button = button
        self.indicator = indicator
        self.watchdog = watchdog
        self.console = console
        self.events = events  # the raw regions of the flash map
        self.keys = keys
        self.anchor = anchor


class Profile:
    """A board's figures. Times in milliseconds, sizes in bytes."""

    def __init__(
        self,
        name: str,
        slots: int = 48,
        chunk: int = 512,
        uart_bytes: int = 256,
        watchdog_ms: int = 30_000,
        idle_ms: int = 20,
        keep_rooms: bool = False,
        journal_rows: int = 64,
    ) -> None:
        self.name = name
        self.slots = slots  # messages the outbox holds
        self.chunk = chunk  # photo bytes in one message
        self.uart_bytes = uart_bytes  # read from the receiver at once
        self.watchdog_ms = watchdog_ms
        self.idle_ms = idle_ms  # longest sleep between two looks at the ports
        self.journal_rows = journal_rows  # what happened last, for a rig to read
        self.keep_rooms = keep_rooms  # memory to spare: seldom used modules stay loaded
