"""The laptop's network as the agent's Wi-Fi: the system has joined it already, so any join succeeds at the next poll.

`appear` and `vanish` script what is in the air instead; from the first of them on, only scripted networks are found.
Keeps no password of a join, and asks the system nothing.
"""

from .numbers import DOWN, OPENING, UP

MAX_SSID = 32  # bytes (IEEE 802.11-2020 §9.4.2.2)
MAX_PASSWORD = 64  # bytes: 63 characters or 64 hex digits (§J.4)
NOT_FOUND = 1  # Wifi.error
PASSWORD_REFUSED = 2
LOST = 3

_RSSI = -50  # dBm: a stand-in, since the laptop may be on a cable


class HostWifi:
    def __init__(self) -> None:
        self.state = DOWN
        self.error = 0
        self._air: dict[bytes, bytes] | None = None  # ssid → password; None: whatever is asked for is there
        self._joined = b""
        self._verdict = 0  # what the next poll finds out

    def join(self, ssid: bytes, password: bytes) -> None:
        self.state = OPENING
        self.error = 0
        self._joined = bytes(ssid)
        self._verdict = self._judge(self._joined, password)

    def leave(self) -> None:
        self._end(0)

    def poll(self, now: int) -> None:
        if self.state == OPENING:
            if self._verdict:
                self._end(self._verdict)
            else:
                self.state = UP
        elif self.state == UP and self._air is not None and self._joined not in self._air:
            self._end(LOST)

    def rssi(self) -> int:
        return _RSSI if self.state == UP else 0

    # The script's side.

    def appear(self, ssid: bytes, password: bytes) -> None:
        """An access point is switched on."""
        self._air = (self._air or {}) | {ssid: password}

    def vanish(self, ssid: bytes) -> None:
        """It is switched off, or out of reach."""
        self._air = {name: word for name, word in (self._air or {}).items() if name != ssid}

    def _judge(self, ssid: bytes, password: bytes) -> int:
        if not 0 < len(ssid) <= MAX_SSID or (self._air is not None and ssid not in self._air):
            return NOT_FOUND
        if len(password) > MAX_PASSWORD or (self._air is not None and self._air[ssid] != password):
            return PASSWORD_REFUSED
        return 0

    def _end(self, error: int) -> None:
        self.state = DOWN
        self.error = error
        self._joined = b""
