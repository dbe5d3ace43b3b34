"""What the far sides of all remote ports have in common: one hub, what it said, and byte strings with their lengths."""

from simulator import remote
from tests.contract.portable import suite

SEED = bytes(range(16))


class World(suite.World):
    """One hub and what it said. `said` of a subclass hears each exchange at once."""

    def __init__(self) -> None:
        super().__init__()
        self.hub = remote.Hub(SEED, self.now, self._emit)

    def _emit(self, port: int, parts: tuple) -> None:
        self.said(port, b"".join([bytes(part) for part in parts]))

    def said(self, port: int, data: bytes) -> None:
        pass  # most worlds listen to one port

    def advance(self, ms: int) -> None:
        self.hub.now = (self.hub.now + ms) % (1 << 30)


def texts(data: bytes, at: int, count: int) -> list:
    """`count` byte strings from `at` on, each with its length first."""
    out = []
    for _ in range(count):
        out.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    assert at == len(data)
    return out
