"""The device under test as the simulator sees it: boot it, step it, read what it said. One interface for three runtimes."""

import os
import select
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from agent.base import frame

from .stepper import ANSWER, BOOT, HEAP, STEP, Stepper

Exchange = tuple[int, bytes]
"""(port number of simulator.remote, bytes)"""

_MAX_BODY = 2600
_ANSWER_S = 20.0  # real seconds a VM may take for one tick before it counts as dead


class DeviceError(Exception):
    """The device died or answered nonsense; the text holds the end of its log."""


@dataclass(frozen=True)
class Step:
    """What one tick brought: outputs in the order they were made, and the wait in ms the agent asked for."""

    outputs: Sequence[Exchange]
    wait_ms: int


@dataclass(frozen=True)
class Start:
    """How to boot: virtual tick, parts of the board, seed of its entropy, and its secrets by name."""

    now: int
    parts: int
    seed: bytes
    secrets: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


class Device(Protocol):
    def boot(self, start: Start) -> None: ...

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step: ...

    def close(self) -> None: ...


def boot_body(start: Start) -> bytearray:
    if len(start.seed) != 16:
        raise ValueError("a seed has 16 bytes")
    body = bytearray(struct.pack(">BIB", BOOT, start.now, start.parts) + start.seed)
    for name, value in sorted(start.secrets.items()):
        body += struct.pack(">B", len(name)) + name.encode() + struct.pack(">H", len(value)) + value
    return body


def step_body(now: int, inputs: Sequence[Exchange]) -> bytearray:
    body = bytearray(struct.pack(">BI", STEP, now))
    for port, data in inputs:
        body += struct.pack(">BH", port, len(data)) + data
    return body


def outputs_of(data: bytes) -> list[Exchange]:
    """The records of a step's answer: port 1, length 2, bytes."""
    outputs: list[Exchange] = []
    at = 0
    while at < len(data):
        port, size = struct.unpack_from(">BH", data, at)
        outputs.append((port, data[at + 3 : at + 3 + size]))
        at += 3 + size
    return outputs


class InProcess:
    """The agent in this interpreter."""

    stepper: Stepper

    def boot(self, start: Start) -> None:
        body = boot_body(start)
        self.stepper = Stepper(body, len(body))

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        body = step_body(now, inputs)
        wait = self.stepper.step(body, len(body))
        hub = self.stepper.hub
        return Step(outputs_of(bytes(hub.out[: hub.n])), wait)

    def close(self) -> None:
        pass


class Vm:
    """The agent in a MicroPython process behind a pair of file descriptors: pipes, or both ends of a pty."""

    def __init__(self, executable: Path, tree: Path, heap: str = "120k", log: Path | None = None) -> None:
        """`tree` holds agent/ and simulator/ (sources or .mpy); `heap` is MicroPython's -X heapsize."""
        self._process = subprocess.Popen(
            [str(executable), "-X", f"heapsize={heap}", "-m", "simulator.vm"],
            cwd=tree,
            env={**os.environ, "MICROPYPATH": str(tree)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.log = bytearray()
        self._log_file = log
        self._answer: bytes | None = None
        self._frames = frame.Deframer(_MAX_BODY, self._on_frame, self._on_text)
        self._wire = bytearray()
        self._out = frame.Encoder(self._on_wire)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self._answer = bytes(buf[:n])

    def _on_wire(self, buf: bytearray, n: int) -> None:
        self._wire += buf[:n]

    def _on_text(self, buf: bytearray, n: int) -> None:
        self.log += buf[:n]
        if self._log_file is not None:
            with self._log_file.open("ab") as file:
                file.write(buf[:n])

    def exchange(self, body: bytearray) -> bytes:
        """One frame there, one back."""
        self._wire.clear()
        self._out.begin()
        self._out.add(body, len(body))
        self._out.end()
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise DeviceError("the device has no wire")
        self._answer = None
        try:
            stdin.write(self._wire)
            stdin.flush()
        except BrokenPipeError:
            self._read(stdout.fileno())
            raise self._dead("closed its input") from None
        while self._answer is None:
            self._read(stdout.fileno())
        if self._answer[:1] != bytes((body[0] | ANSWER,)):
            raise self._dead("answered another question")
        return self._answer

    def _read(self, fd: int) -> None:
        if not select.select([fd], [], [], _ANSWER_S)[0]:
            raise self._dead(f"said nothing for {_ANSWER_S:.0f} s")
        data = os.read(fd, 65536)
        self._frames.feed(data, len(data))
        if not data:
            self._frames.feed(b"\0", 1)  # what it printed last is text
            raise self._dead(f"ended with exit code {self._process.wait()}")

    def _dead(self, how: str) -> DeviceError:
        return DeviceError(f"the device {how}; its log ends: {bytes(self.log[-2000:]).decode(errors='replace')}")

    def boot(self, start: Start) -> None:
        self.exchange(boot_body(start))

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        answer = self.exchange(step_body(now, inputs))
        return Step(outputs_of(answer[5:]), int.from_bytes(answer[1:5], "big"))

    def heap(self) -> tuple[int, int]:
        """(bytes in use, bytes free) after a collection."""
        answer = self.exchange(bytearray((HEAP,)))
        return int.from_bytes(answer[1:5], "big"), int.from_bytes(answer[5:9], "big")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
