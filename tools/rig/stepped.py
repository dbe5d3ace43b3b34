"""The console of a stepped device: its frames travel as the `console` port of the step wire, in process or to a MicroPython process.

Time is virtual and passes only in `read`. Refuses to lose a byte: what a line of the device cannot hold goes in the next step.
"""

import hashlib
from collections.abc import Mapping, Sequence

from simulator import remote
from simulator.board import BLE, CAMERA, CONSOLE, GNSS
from simulator.device import Device, DeviceError, Start
from simulator.stepper import RESTART
from tools.rig.bench import Bench
from tools.rig.wire import WireGone

PARTS = GNSS | CAMERA | BLE | CONSOLE
_PIECE = 256  # bytes a step gives one line: it holds 320 (simulator/remote.py)
_TICK_MS = 20  # how long the agent sleeps at most, as on a board
_SETTLE = 200  # steps in which a tick's consequences must have come to rest


class SteppedWire:
    features = frozenset({"step", "factory", "reset"})

    def __init__(self, name: str, device: Device, parts: int = PARTS) -> None:
        self.name = name
        self.bench = Bench()
        self.secrets: dict[str, bytes] = {}
        self._device = device
        self._parts = parts
        self._in = bytearray()
        self._clock = 0
        self._started = 0
        self._wait = 0  # how long the agent would sleep
        self.boots = 0
        self._boot()

    def _boot(self) -> None:
        """A start like any other: new tick, new entropy, the same secrets."""
        self.boots += 1
        self._started = self._clock
        seed = hashlib.sha256(f"{self.name} {self.boots}".encode()).digest()[:16]
        self.bench.answers.clear()
        try:
            self._device.boot(Start(0, self._parts, seed, self.secrets))
        except DeviceError as error:
            raise WireGone(str(error)) from error

    def factory(self, secrets: Mapping[str, bytes] | None = None) -> None:
        """The same device as it leaves the factory, or with these secrets, started."""
        self.secrets = dict(secrets or {})
        self.bench.said.clear()
        self._in.clear()
        self._device.erase()
        self._boot()

    def step(self, inputs: Sequence[tuple[int, bytes]] = ()) -> None:
        """One tick now, and further ones until the world has answered everything."""
        pending = [*self.bench.answers, *inputs]
        self.bench.answers.clear()
        for _ in range(_SETTLE):
            try:
                done = self._device.step(self._clock - self._started, pending)
            except DeviceError as error:
                raise WireGone(str(error)) from error
            for port, data in done.outputs:
                self._hear(port, data)
            self._wait = done.wait_ms
            if done.wait_ms == RESTART:
                self._boot()
            pending = self.bench.answers.copy()
            self.bench.answers.clear()
            if not pending:
                return
        raise WireGone(f"{self.name} does not come to rest")

    def _hear(self, port: int, data: bytes) -> None:
        if port == remote.CONSOLE:
            self._in += data
            return
        if port == remote.SECRETS:
            end = 2 + data[1]
            name = data[2:end].decode()
            if data[:1] == b"P":
                self.secrets[name] = data[end:]
            else:
                self.secrets.pop(name, None)
            return
        self.bench.hear(self._clock, port, data)

    def feed(self, port: int, data: bytes) -> None:
        """Bytes of the world for one serial line, whatever their number."""
        for start in range(0, len(data), _PIECE):
            self.step([(port, data[start : start + _PIECE])])

    def pass_time(self, ms: int, tick_ms: int = _TICK_MS) -> None:
        """A long time may pass in few large ticks: the agent must bear them, a sleeping board makes them."""
        end = self._clock + ms
        while self._clock < end:
            self._clock = min(end, self._clock + tick_ms)
            self.step()

    def write(self, data: bytes) -> None:
        self.feed(remote.CONSOLE, data)

    def read(self, wait_ms: int) -> bytes:
        until = self._clock + wait_ms
        while not self._in and self._clock < until:
            self.pass_time(min(_TICK_MS, max(1, self._wait), until - self._clock))
        data = bytes(self._in)
        self._in.clear()
        return data

    def now_ms(self) -> int:
        return self._clock

    def reset(self) -> None:
        self._boot()

    def reopen(self) -> None:
        """The step wire outlives the agent."""

    def close(self) -> None:
        self._device.close()
