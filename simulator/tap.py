"""Records every byte at every port of the device: the one witness a report, an expectation and a proof are made from.

A transcript is lines of `t port direction hex`: milliseconds since the start, `>` out of the device, `<` into it. Two ports
carry what is stored, not sent, and are shown in part: a secret is its name, length and the first 8 bytes of SHA-256 of its value,
and the Wi-Fi password is as many `*` as it has bytes. Everything else is shown whole.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from simulator import remote

NAMES = {
    remote.GNSS: "gnss",
    remote.LINK: "link",
    remote.WIFI: "wifi",
    remote.BLE: "ble",
    remote.CAMERA: "camera",
    remote.MOTION: "motion",
    remote.BATTERY: "battery",
    remote.POWER: "power",
    remote.SECRETS: "secrets",
    remote.BUTTON: "button",
    remote.INDICATOR: "indicator",
    remote.WATCHDOG: "watchdog",
    remote.CONSOLE: "console",
}
_FIX = re.compile(rb"RMC,[^,]+,A,")
OUT = ">"
IN = "<"


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange: when, at which port, which way, what (as shown)."""

    t: int
    port: int
    way: str
    data: bytes


class Tap:
    """`sink` gets every line as it is made. The receiver's own sentences are counted and shown but not kept: 17 MB a day."""

    def __init__(self, sink: Callable[[str], object] | None = None) -> None:
        self.seen: list[Seen] = []
        self.gnss_in: list[int] = []  # t of every delivery of the receiver
        self.fixes: list[int] = []  # and of those with a valid RMC sentence
        self.counts: dict[tuple[int, str], tuple[int, int]] = {}  # (port, way) → exchanges, bytes
        self._sink = sink

    def note(self, t: int, port: int, way: str, data: bytes) -> None:
        if port == remote.SECRETS:
            data = _secret(data)
        elif port == remote.WIFI and way == OUT:
            data = _join(data)
        count, size = self.counts.get((port, way), (0, 0))
        self.counts[port, way] = count + 1, size + len(data)
        if port == remote.GNSS and way == IN:
            self.gnss_in.append(t)
            if _FIX.search(data):
                self.fixes.append(t)
        else:
            self.seen.append(Seen(t, port, way, data))
        if self._sink is not None:
            self._sink(f"{t} {NAMES[port]} {way} {data.hex()}\n")

    def at(self, port: int, way: str, start: int = 0, end: int | None = None) -> list[Seen]:
        """Exchanges of one port with start ≤ t < end."""
        return [s for s in self.seen if s.port == port and s.way == way and s.t >= start and (end is None or s.t < end)]


def _secret(data: bytes) -> bytes:
    """`P` name value → `P` name length digest; `D` name stays."""
    end = 2 + data[1]
    if data[:1] != b"P":
        return data
    value = data[end:]
    return data[:end] + len(value).to_bytes(2, "big") + hashlib.sha256(value).digest()[:8]


def _join(data: bytes) -> bytes:
    """`J` ssid password → the same with the password covered."""
    if data[:1] != b"J":
        return data
    at = 2 + data[1]
    return data[: at + 1] + b"*" * data[at]
