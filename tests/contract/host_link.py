"""A link world of real parts: mosquitto, a wire that fails on purpose, and a second subscriber.

Time is virtual and stands still while the broker owes an answer, unless the wire was told to lose it: the rule by which
the simulator runs against a real broker. So checks that last minutes for the link last moments here.
"""

import re
import time
from collections.abc import Callable
from pathlib import Path

from hal.host.link import PahoLink
from tests.contract.host_bench import Bench
from tests.contract.portable.suite import World
from tests.support.mosquitto import Mosquitto
from tests.support.proxy import Proxy
from tests.support.witness import Witness

_PATIENCE_S = 10.0
_SESSION = re.compile(r"New client connected from \S+ as (c0ffee) \(p2, c(\d), k(\d+)\)")
_PUBLISH = re.compile(r"Received PUBLISH from c0ffee \(d\d, q(\d), r(\d), m\d+, '([^']+)'")
_WILL = b"d/c0ffee/presence"


class LinkWorld(World):
    def __init__(self, bench: Bench, program: Path) -> None:
        super().__init__()
        stack = bench.stack
        self._broker = stack.enter_context(Mosquitto(program, bench.place()))
        self._strict = stack.enter_context(Mosquitto(program, bench.place(), anonymous=False))
        self._wire = stack.enter_context(Proxy(self._broker.port))
        self._witness = stack.enter_context(Witness(self._broker))
        self._marks = 0
        self._seen: list[tuple[bytes, bytes]] = []
        self.port = PahoLink(f"mqtt://127.0.0.1:{self._wire.port}")
        stack.callback(self.port.close, False)

    def step(self, port: PahoLink) -> None:
        if port.owes() and not self._wire.deaf_downward:
            port.wait(0.05)
            self.now = (self.now + 1) % (1 << 30)  # a little goes by, so that nothing waits for ever
            port.poll(self.now)
        else:
            super().step(port)

    def until(self, port: PahoLink, done: Callable[[], bool], ms: int = 60_000) -> bool:
        """Virtual time is not enough where the broker or the witness must do something: both must run out."""
        end = time.monotonic() + _PATIENCE_S
        start = self.now
        while not done():
            if (self.now - start) % (1 << 30) >= ms:
                if time.monotonic() > end:
                    return False
                port.wait(0.001)
                port.poll(self.now)
            else:
                self.step(port)
        return True

    def sessions(self) -> list[tuple[bytes, bool, int]]:
        found = _SESSION.findall(self._log())
        return [(name.encode(), clean == "1", int(keepalive)) for name, clean, keepalive in found]

    def _log(self) -> str:
        """The broker's log up to now: it comes through a pipe, a moment late, so a marker is waited for."""
        self._marks += 1
        self._witness.publish(f"witness/mark{self._marks}", b"")
        self._broker.expect(f"from witness .*witness/mark{self._marks}'")
        return self._broker.log()

    def _observe(self) -> None:
        seen = [(topic.encode(), payload) for topic, payload in self._witness.drain()]
        self._seen += [(topic, payload) for topic, payload in seen if topic.startswith(b"d/c0ffee/")]

    def published(self) -> list[tuple[bytes, bytes, int, bool]]:
        """Payloads from the witness, QoS and retain from the broker's log: one and the same order."""
        self._observe()
        payloads = [payload for topic, payload in self._seen if topic != _WILL and not topic.endswith(b"/in")]
        packets = _PUBLISH.findall(self._log())[: len(payloads)]
        return [
            (topic.encode(), payload, int(qos), retain == "1")
            for (qos, retain, topic), payload in zip(packets, payloads, strict=True)
        ]

    def wills(self) -> list[tuple[bytes, bytes]]:
        self._observe()
        return [(topic, payload) for topic, payload in self._seen if topic == _WILL]

    def deliver(self, topic: bytes, payload: bytes) -> None:
        self._witness.publish(topic.decode(), payload)

    def deafen(self, on: bool) -> None:
        self._wire.deaf_downward = on

    def cut(self) -> None:
        self._wire.cut()

    def refuse(self, on: bool) -> None:
        self._wire.upstream = self._strict.port if on else self._broker.port

    def goodbyes(self) -> int:
        return self._broker.count("Received DISCONNECT from c0ffee")
