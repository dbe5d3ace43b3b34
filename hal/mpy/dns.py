"""A broker's name to its IPv4 address, asked over one UDP socket (RFC 1035). Never waits; believes only what it asked for.

The system's own resolver is not used: with a silent server it holds the whole agent for ten seconds. A forged answer
leads to a server whose certificate does not carry the name.
"""

import os

from micropython import const

from .stream import is_numeric

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from ..ports import Datagram, Net

IDLE = 0
ASKING = 1
FOUND = 2
FAILED = 3

_PORT = const(53)
_HEADER = const(12)
_LARGEST = const(512)  # §2.3.4: a UDP message
_RETRY_MS = const(2_000)
_TRIES = const(4)
_NAME_MAX = const(253)
_LABEL_MAX = const(63)
_HALF = const(1 << 29)  # ticks wrap at 2**30


def question(name: str, id: int) -> bytearray:
    """One question, QTYPE A, QCLASS IN, recursion desired. Raises OSError for what is no host name."""
    out = bytearray((id >> 8, id & 255, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0))
    for label in name.rstrip(".").split("."):
        raw = label.encode()
        if not 0 < len(raw) <= _LABEL_MAX:
            raise OSError
        out.append(len(raw))
        out += raw
    if len(out) > _HEADER + 1 + _NAME_MAX:  # a length before every label, in place of the dots
        raise OSError
    return out + b"\0\0\1\0\1"


def _after_name(buf: bytearray, at: int, n: int) -> int:
    """The index behind a name; n + 1 when it runs out. A pointer ends it (§4.1.4), so nothing is followed."""
    while at < n:
        length = buf[at]
        if length == 0:
            return at + 1
        if length >= 0xC0:
            return at + 2
        at += 1 + length
    return n + 1


def answer(asked: bytearray, buf: bytearray, n: int) -> "str | None":
    """The first address of a reply to `asked`, "" when the reply holds none, None when it is not a reply to it."""
    size = len(asked)
    if n < size or buf[:2] != asked[:2] or not buf[2] & 0x80 or buf[_HEADER:size] != asked[_HEADER:]:
        return None
    if buf[3] & 0x0F:
        return ""
    at = size
    for _ in range((buf[6] << 8) + buf[7]):
        at = _after_name(buf, at, n)
        if at + 10 > n:
            return ""
        kind, length = (buf[at] << 8) + buf[at + 1], (buf[at + 8] << 8) + buf[at + 9]
        at += 10
        if at + length > n:
            return ""
        if kind == 1 and length == 4:
            return f"{buf[at]}.{buf[at + 1]}.{buf[at + 2]}.{buf[at + 3]}"
        at += length  # a CNAME, most likely: its address follows in the same reply
    return ""


class Resolver:
    """`servers` gives the addresses of name servers, as the network named them when it was joined."""

    def __init__(self, net: "Net", servers: "Callable[[], list[str]]") -> None:
        self.state = IDLE
        self.address = ""
        self._net = net
        self._servers = servers
        self._name = ""
        self._asked = bytearray()
        self._socket: "Datagram | None" = None
        self._buf = bytearray(_LARGEST)
        self._tries = 0
        self._next = -1

    def ask(self, name: str) -> None:
        self.close()
        if is_numeric(name) or name == "localhost":  # RFC 6761 §6.3: never asked of a server
            self.address = "127.0.0.1" if name == "localhost" else name
            self.state = FOUND
            return
        self._name = name
        self._tries = 0
        self._next = -1
        self.state = ASKING

    def poll(self, now: int) -> None:
        if self.state != ASKING:
            return
        if self._socket is not None:
            n = self._socket.readinto(self._buf)
            found = answer(self._asked, self._buf, n) if n else None
            if found is not None:
                self.close()
                self.address = found
                self.state = FOUND if found else FAILED
                return
        if self._next < 0 or (now - self._next) & 0x3FFFFFFF < _HALF:
            self._send(now)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None
        self.address = ""
        self.state = IDLE

    def _send(self, now: int) -> None:
        """Each try goes to the next server, from a new port and under a new id (RFC 5452 §9.2)."""
        servers = self._servers()
        if self._tries == _TRIES or not servers:
            self.close()
            self.state = FAILED
            return
        if self._socket is not None:
            self._socket.close()
        id = os.urandom(2)
        try:
            self._asked = question(self._name, id[0] << 8 | id[1])
            self._socket = self._net.datagram(servers[self._tries % len(servers)], _PORT)
        except OSError:
            self.close()
            self.state = FAILED
            return
        self._socket.send(self._asked, len(self._asked))
        self._tries += 1
        self._next = (now + _RETRY_MS) & 0x3FFFFFFF
