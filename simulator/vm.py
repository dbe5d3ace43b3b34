"""The step wire on a MicroPython VM: frames on stdin, frames on stdout. Anything printed between frames is log text.

Run as `micropython -X heapsize=120k -m simulator.vm`. Ends when stdin ends. Refuses a frame it does not know with a log line.
"""

import gc
import os
import sys

import micropython
from micropython import const

from agent.base import frame

from . import nor
from .stepper import ANSWER, BOOT, HEAP, STEP, Stepper

_MAX_IN = const(1120)  # the longest record in its message, with frame and checksum
_WAIT = const(0)  # port number of the last record of a step: no port, the wait


_FLASH = os.getenv("AMACE_FLASH")  # the file that is the device's flash


def _region(name: str) -> "nor.Region":
    return nor.region(_FLASH or "", name)


def _write(buf: bytearray, n: int) -> None:
    sys.stdout.buffer.write(memoryview(buf)[:n])


class Wire:
    def __init__(self) -> None:
        self._stepper: "Stepper | None" = None
        self._head = bytearray(3)
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
        out = self._out
        operation = buf[0] if n else 0
        out.begin()
        out.add(bytes((operation | ANSWER,)), 1)
        if operation == BOOT:
            self._stepper = None
            gc.collect()
            self._stepper = Stepper(buf, n, self._emit, _region if _FLASH else None)
            out.add(bytes((_WAIT,)), 1)
            gc.collect()
        elif operation == HEAP:
            gc.collect()
            self._word(gc.mem_alloc())
            self._word(gc.mem_free())
        elif operation == STEP and self._stepper is not None:
            wait = self._stepper.step(buf, n)
            out.add(bytes((_WAIT,)), 1)
            self._word(wait)
        else:
            print("vm: unknown frame", operation)
        out.end()

    def _emit(self, port: int, parts: "tuple[bytes | memoryview, ...]") -> None:
        size = sum([len(part) for part in parts])
        head = self._head
        head[0] = port
        head[1] = size >> 8
        head[2] = size & 0xFF
        self._out.add(head, 3)
        for part in parts:
            self._out.add(part, len(part))

    def _word(self, value: int) -> None:
        self._out.add(bytes((value >> 24 & 0xFF, value >> 16 & 0xFF, value >> 8 & 0xFF, value & 0xFF)), 4)


def main() -> None:
    micropython.kbd_intr(-1)  # byte 03 is data here
    Wire().run()


if __name__ == "__main__":
    main()
