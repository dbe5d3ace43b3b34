"""The far side of a simulated stream: who listens, and what the world says and hears there. Device syntax.

TLS is modelled, not computed: a listener has a name and an authority, and `Tls.ca` holds one authority a line. Refuses trust
that names somebody else or does not know the authority (5), TLS spoken to a listener in clear (6), clear to one of TLS (2).
"""

from micropython import const

_TYPING = const(False)
if _TYPING:
    from hal.ports import Buffer, Tls

ROOM = 512  # bytes one direction of a stream holds at each end
BACKLOG = 4  # streams that wait for `accept`

_RESET = const(2)
_CERTIFICATE = const(5)
_OTHER = const(6)


class Pipe:
    """At most ROOM bytes on their way."""

    def __init__(self) -> None:
        self.data = b""

    def put(self, data: "Buffer | bytes") -> int:
        n = min(len(data), ROOM - len(self.data))
        self.data += bytes(data[:n])
        return n

    def take(self, n: int) -> bytes:
        taken = self.data[:n]
        self.data = self.data[n:]
        return taken

    def fill(self, source: "Pipe") -> None:
        self.put(source.take(ROOM - len(self.data)))


class Peer:
    """The far end of one stream."""

    def __init__(self) -> None:
        self.gone = False  # this end hung up
        self.left = False  # the other did
        self.inward = Pipe()
        self.outward = Pipe()

    def say(self, data: bytes) -> int:
        """Bytes taken: 0 when there is no room, or nobody to hear them."""
        return 0 if self.gone or self.left else self.outward.put(data)

    def hear(self) -> bytes:
        """What arrived since the last call."""
        return self.inward.take(ROOM)

    def hang_up(self) -> None:
        """What was said before is still delivered."""
        self.gone = True


class Listener:
    """Accepts streams at one address. `answers=False` is a firewall that drops what comes. No authority: no TLS."""

    def __init__(self, name: str, authority: bytes) -> None:
        self.answers = True
        self._name = name
        self._authority = authority
        self._waiting: "list[Peer]" = []

    def accept(self) -> "Peer | None":
        return self._waiting.pop(0) if self._waiting else None

    def is_silent(self) -> bool:
        """A full backlog answers as little as a firewall."""
        return not self.answers or len(self._waiting) >= BACKLOG

    def objection(self, tls: "Tls | None") -> int:
        """Why a stream with this trust does not open, 0 when it does."""
        if tls is None:
            return _RESET if self._authority else 0
        if not self._authority:
            return _OTHER
        known = self._authority in tls.ca.split(b"\n")
        return 0 if known and tls.name.lower() == self._name.lower() else _CERTIFICATE

    def meet(self) -> Peer:
        peer = Peer()
        self._waiting.append(peer)
        return peer
