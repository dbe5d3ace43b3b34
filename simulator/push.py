"""The platform's push bridge: a client of the broker that hears wake messages and rings the owner's phone. It reads no body."""

import random
from collections.abc import Callable

from simulator.cloud import Cloud, Hello
from simulator.engine import Engine

_PUSH_MS = (700, 2_600)


class PushBridge:
    """`ring` wakes the phone. `reaches` is whether the phone has a network now."""

    def __init__(
        self, engine: Engine, cloud: Cloud, topic: bytes, ring: Callable[[], object], rng: random.Random
    ) -> None:
        self.reaches = True
        self.rung = 0
        self._engine = engine
        self._ring = ring
        self._rng = rng
        self._hello = Hello(b"push-" + topic[2:-1], False, 60, b"", b"", topic + b"wake")
        self._line = cloud.line(self)
        self._line.open(self._hello)

    def on_up(self) -> None:
        pass

    def on_down(self, error: int) -> None:
        self._engine.after(5_000, lambda: self._line.open(self._hello))

    def on_sent(self, id: int) -> None:
        pass

    def on_message(self, topic: bytes, body: bytes) -> None:
        self._engine.after(self._rng.randrange(*_PUSH_MS), self._push)

    def _push(self) -> None:
        if self.reaches:
            self.rung += 1
            self._ring()
