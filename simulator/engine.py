"""The event queue: world and device take turns, and time jumps to whoever is due next.

One turn: events of this instant in the order in which they were planned → their inputs → `device.step` → its outputs to
whoever listens at that port. Refuses to run backwards, and a device that wants to run again and again at one instant
gets a millisecond each time.
"""

import heapq
from collections.abc import Callable

from simulator import remote, tap
from simulator.clock import Clock
from simulator.device import Device, Exchange, Start

MAX_INPUT = 1_200  # bytes of inputs in one step: a frame of the wire takes 1,400 (simulator/vm.py)
MAX_LINE = 300  # bytes for one serial port in one step: it holds 320 unread (simulator/remote.py)
_FOREVER = 1 << 62

Event = Callable[[], object]
Listener = Callable[[bytes], object]


class Engine:
    def __init__(self, device: Device, clock: Clock, witness: tap.Tap) -> None:
        self.clock = clock
        self.tap = witness
        self.steps = 0
        self.settle: Event = _nothing  # called before time moves: what a real socket owes arrives in here
        self._device = device
        self._queue: list[tuple[int, int, Event]] = []
        self._planned = 0
        self._inputs: list[Exchange] = []
        self._listeners: dict[int, Listener] = {}
        self._due = _FOREVER  # when the device wants to run
        self._until = 0

    def listen(self, port: int, listener: Listener) -> None:
        """`listener(data)` gets every output of `port`."""
        self._listeners[port] = listener

    def at(self, t: int, event: Event) -> None:
        """Plans `event` for `t`; for now when `t` has passed."""
        heapq.heappush(self._queue, (max(t, self.clock.t), self._planned, event))
        self._planned += 1

    def after(self, ms: int, event: Event) -> None:
        self.at(self.clock.t + ms, event)

    def give(self, port: int, data: bytes) -> None:
        """One input of the device in this instant. A device without power hears nothing."""
        if len(data) > MAX_INPUT:
            raise ValueError(f"{len(data)} bytes for {tap.NAMES[port]} in one piece, at most {MAX_INPUT}")
        if self._due != _FOREVER:
            self._inputs.append((port, data))

    def boot(self, start: Start) -> None:
        """Powers the device up, now."""
        self._inputs.clear()
        self._device.boot(start)
        self._due = self.clock.t

    def run(self, until: int, progress: Callable[[int], object] = lambda t: None) -> None:
        """Runs everything due before `until` and leaves the clock there."""
        shown = self.clock.t
        self._until = until
        while True:
            self.settle()
            t = self.next()
            if t >= self._until:
                break
            self.clock.t = t
            self._turn(t)
            if t - shown >= 60_000:
                shown = t
                progress(t)
        self.clock.t = self._until

    def next(self) -> int:
        """When somebody is due, or the run ends."""
        return min(self._queue[0][0] if self._queue else _FOREVER, self._due, self._until)

    def advance(self, t: int) -> None:
        """From `settle` alone: time has passed while nobody was due."""
        self.clock.t = max(self.clock.t, min(t, self.next()))

    def stop(self) -> None:
        """Ends the run now."""
        self._until = self.clock.t

    def _turn(self, t: int) -> None:
        queue = self._queue
        while queue and queue[0][0] <= t:
            heapq.heappop(queue)[2]()
        if self._inputs or t >= self._due:
            self._step(t)

    def _step(self, t: int) -> None:
        inputs = self._batch()
        note = self.tap.note
        for port, data in inputs:
            note(t, port, tap.IN, data)
        self.steps += 1
        step = self._device.step(self.clock.ticks(), inputs)
        self._due = t + max(1, step.wait_ms)
        if self._inputs:
            self._due = t  # the rest of this instant's inputs
        for port, data in step.outputs:
            note(t, port, tap.OUT, data)
            listener = self._listeners.get(port)
            if listener is not None:
                listener(data)

    def _batch(self) -> list[Exchange]:
        """As many of the waiting inputs as one step takes, in order."""
        size = line = taken = 0
        for port, data in self._inputs:
            size += 3 + len(data)
            line += len(data) if port in (remote.GNSS, remote.CONSOLE) else 0
            if taken and (size > MAX_INPUT + 3 or line > MAX_LINE):
                break
            taken += 1
        batch, self._inputs = self._inputs[:taken], self._inputs[taken:]
        return batch


def _nothing() -> None:
    pass
