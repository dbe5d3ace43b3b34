"""A network that is simply there: the computer's own. `join` is up at once, whatever the name; `leave` is down."""

from .stream import is_numeric

DOWN = 0
UP = 2

_RSSI = -1  # dBm: as if the access point stood beside us
_RESOLV = "/etc/resolv.conf"


class Wired:
    def __init__(self) -> None:
        self.state = DOWN
        self.error = 0

    def join(self, ssid: bytes, password: bytes) -> None:
        self.state = UP

    def leave(self) -> None:
        self.state = DOWN

    def poll(self, now: int) -> None:
        """Nothing changes by itself."""

    def rssi(self) -> int:
        return _RSSI if self.state == UP else 0


def name_servers() -> "list[str]":
    """Those of resolv.conf(5) that have an IPv4 address."""
    found: "list[str]" = []
    try:
        with open(_RESOLV) as file:
            for line in file:
                words = line.split()
                if len(words) > 1 and words[0] == "nameserver" and is_numeric(words[1]):
                    found.append(words[1])
    except OSError:
        pass  # no such file: no server
    return found
