"""The smallest world a stepped device can live in: Wi-Fi and broker that always work. Keeps what the device said on every port.

Not a simulator: no time, no town, no faults (simulator/ has those). Refuses nothing the device says.
"""

from typing import NamedTuple

from simulator import remote

_RSSI = 128 - 55


class Said(NamedTuple):
    """One output: virtual milliseconds since the power was first on, port number of simulator.remote, bytes."""

    at_ms: int
    port: int
    data: bytes


class Bench:
    def __init__(self) -> None:
        self.said: list[Said] = []
        self.answers: list[tuple[int, bytes]] = []  # for the next tick

    def hear(self, at_ms: int, port: int, data: bytes) -> None:
        """One output of the device, and what the world answers to it."""
        self.said.append(Said(at_ms, port, data))
        kind = data[:1]
        if port == remote.WIFI and kind == b"J":
            self.answers.append((remote.WIFI, b"U" + bytes((_RSSI,))))
        elif port == remote.LINK and kind == b"O":
            self.answers.append((remote.LINK, b"U"))
        elif port == remote.LINK and kind == b"P":
            self.answers.append((remote.LINK, b"A" + data[1:3]))
        elif port == remote.LINK and kind == b"C":
            # What the old connection still owed died with it.
            self.answers = [answer for answer in self.answers if answer[0] != remote.LINK]

    def published(self, name: str) -> list[tuple[int, bytes]]:
        """(when, payload) of every message whose topic ends with `/name`."""
        found: list[tuple[int, bytes]] = []
        for at_ms, port, data in self.said:
            if port == remote.LINK and data[:1] == b"P":
                end = 5 + data[4]
                if data[5:end].endswith(b"/" + name.encode()):
                    found.append((at_ms, data[end:]))
        return found

    def sensor_power(self) -> list[tuple[int, bool]]:
        """(when, on) of every switch of the GNSS receiver."""
        return [(at, data[1] == 1) for at, port, data in self.said if port == remote.POWER and data[:1] == b"P"]
