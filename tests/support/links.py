"""What a test needs to play the agent above a link: options, a message, and patience in real time."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

PATIENCE_S = 10.0  # a busy machine; a wait that succeeds takes milliseconds


class WaitingPort(Protocol):
    """A link over a real socket."""

    def poll(self, now: int) -> None: ...

    def wait(self, seconds: float) -> None: ...


@dataclass
class Options:
    """hal.ports.LinkOptions."""

    client_id: bytes = b"bike"
    clean: bool = True
    keepalive_s: int = 60
    will_topic: bytes = b""
    will: bytes = b""
    inbox: bytes = b"d/bike/in"


@dataclass
class Message:
    """hal.ports.Outgoing."""

    payload: bytes = b"payload"
    id: int = 1
    qos: int = 1
    retain: bool = False
    topic: bytes = b"d/bike/status"
    buf: bytearray = field(init=False)
    n: int = field(init=False)

    def __post_init__(self) -> None:
        self.buf = bytearray(self.payload + b"<older message>")
        self.n = len(self.payload)


def drive(link: WaitingPort, done: Callable[[], bool], now: int = 0) -> bool:
    """Polls, at one and the same tick, until `done()`; False when that takes longer than a test's patience."""
    end = time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > end:
            return False
        link.wait(0.02)
        link.poll(now)
    return True
