"""The step wire on a MicroPython VM: frames on stdin, frames on stdout. Anything printed between frames is log text.

Run as `micropython -X heapsize=120k -m simulator.vm`. Ends when stdin ends. Refuses a frame it does not know with a log line.
"""

import gc
import sys

import micropython
from micropython import const

from agent.base import frame

from .stepper import ANSWER, BOOT, HEAP, STEP, Stepper

_MAX_IN = const(1400)  # a record in its message, and change
_HEAD = const(9)


def _write(buf: bytearray, n: int) -> None:
    sys.stdout.buffer.write(memoryview(buf)[:n])


class Wire:
    def __init__(self) -> None:
        self._stepper: Stepper | None = None
        self._head = bytearray(_HEAD)
        self._out = frame.Encoder(_write)
        self._frames = frame.Deframer(_MAX_IN, self._on_frame)

    def run(self) -> None:
        read = sys.stdin.buffer.read
        feed = self._frames.feed
        one = read(1)
        while one:  # a longer read would wait for all its bytes (simulator.md §1.2)
            feed(one, 1)
            one = read(1)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        operation = buf[0] if n else 0
        self._head[0] = operation | ANSWER
        end = 1
        if operation == BOOT:
            self._stepper = None
            gc.collect()
            self._stepper = Stepper(buf, n)
            gc.collect()
        elif operation == HEAP:
            gc.collect()
            end = self._word(self._word(1, gc.mem_alloc()), gc.mem_free())
        elif operation == STEP and self._stepper is not None:
            end = self._word(1, self._stepper.step(buf, n))
        else:
            print("vm: unknown frame", operation)
            return
        self._out.begin()
        self._out.add(self._head, end)
        if operation == STEP and self._stepper is not None:
            self._out.add(self._stepper.hub.out, self._stepper.hub.n)
        self._out.end()

    def _word(self, at: int, value: int) -> int:
        for k in range(4):
            self._head[at + 3 - k] = value & 0xFF
            value >>= 8
        return at + 4


def main() -> None:
    micropython.kbd_intr(-1)  # byte 03 is data here
    Wire().run()


if __name__ == "__main__":
    main()
