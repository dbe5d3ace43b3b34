"""One stream of the simulated net, in virtual time. Device syntax.

Bytes travel when the stream is polled, through buffers of ROOM bytes; nothing waits, and `close` forgets what has not left.
Refuses as a real net does: nobody listens (1), nobody answers (3), no numeric address (4), and what the listener objects to
(peer.py). A refused stream never reaches `accept`: the far side hears no byte of it.
"""

from micropython import const

from simulator.peer import ROOM, Peer, Pipe

_TYPING = const(False)
if _TYPING:
    from hal.ports import Buffer, Tls
    from simulator.peer import Listener

LATENCY_MS = 50  # from the first poll to an answer
OPEN_MS = 20_000  # then a connection that nobody answers has timed out

_CLOSED = const(0)
_OPENING = const(1)
_OPEN = const(2)
_REFUSED = const(1)
_RESET = const(2)
_TIMED_OUT = const(3)
_NAME_UNKNOWN = const(4)


def is_numeric(host: str) -> bool:
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


class Stream:
    """hal.ports.Stream"""

    def __init__(self, listeners: "dict[tuple[str, int], Listener]", host: str, port: int, tls: "Tls | None") -> None:
        self.state = _OPENING
        self.error = 0
        self._listeners = listeners
        self._address = (host, port)
        self._tls = tls
        self._since = -1
        self._peer: "Peer | None" = None
        self._in = Pipe()
        self._out = Pipe()
        if not is_numeric(host):
            self._end(_NAME_UNKNOWN)

    def poll(self, now: int) -> None:
        if self.state == _OPENING:
            self._open(now)
        elif self._peer is not None:
            if self._peer.gone:
                self._out.take(ROOM)  # nobody hears it any more
            else:
                self._peer.inward.fill(self._out)
            self._in.fill(self._peer.outward)
            self._notice()

    def write(self, buf: "Buffer", start: int, stop: int) -> int:
        return self._out.put(memoryview(buf)[start:stop]) if self.state == _OPEN else 0

    def readinto(self, buf: "Buffer") -> int:
        if self.state != _OPEN:
            return 0
        data = self._in.take(len(buf))
        buf[: len(data)] = data
        self._notice()
        return len(data)

    def close(self) -> None:
        if self.state != _CLOSED:
            self._end(0)

    def _open(self, now: int) -> None:
        if self._since < 0:
            self._since = now
        passed = (now - self._since) & 0x3FFFFFFF  # ticks wrap at 2**30
        listener = self._listeners.get(self._address)
        if listener is not None and listener.is_silent():
            if passed >= OPEN_MS:
                self._end(_TIMED_OUT)
        elif passed >= LATENCY_MS:
            error = _REFUSED if listener is None else listener.objection(self._tls)
            if listener is None or error:
                self._end(error)
            else:
                self._peer = listener.meet()
                self.state = _OPEN

    def _notice(self) -> None:
        """The peer has gone, and all it said has been read."""
        peer = self._peer
        if peer is not None and peer.gone and not peer.outward.data and not self._in.data:
            self._end(_RESET)

    def _end(self, error: int) -> None:
        self.state = _CLOSED
        self.error = error
        if self._peer is not None:
            self._peer.left = True
            self._peer = None
