"""The device under test as the simulator sees it: boot it, step it, read what it said. One interface for three runtimes."""

import os
import select
import struct
import subprocess
import tempfile
import time
import tty
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from agent.base import frame

from . import nor
from .board import ROOMY
from .flash import Chip
from .stepper import ANSWER, BOOT, HEAP, STEP, Stepper

Exchange = tuple[int, bytes]
"""(port number of simulator.remote, bytes)"""

_MAX_BODY = 2600
_FLASH = nor.BLOCK * sum(blocks for _, blocks in nor.REGIONS)
_ANSWER_S = 20.0  # real seconds a VM may take for one tick before it counts as dead
_SLICE_S = 0.2  # how soon its end is noticed


class DeviceError(Exception):
    """The device died or answered nonsense; the text holds the end of its log."""


@dataclass(frozen=True)
class Step:
    """What one tick brought: outputs in the order they were made, and the wait in ms the agent asked for (RESTART: boot it)."""

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

    def flash(self) -> bytes:
        """All regions of simulator.nor.REGIONS, as somebody with a programmer reads them."""
        ...

    def erase(self) -> None:
        """All of them, as somebody with a programmer erases them before the next boot."""
        ...

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


def step_of(data: bytes) -> Step:
    """An answer after its operation byte: { port 1, length 2, bytes }… then 0 and, of a step, the wait in ms (4)."""
    outputs: list[Exchange] = []
    at = 0
    while data[at]:
        port, size = struct.unpack_from(">BH", data, at)
        outputs.append((port, data[at + 3 : at + 3 + size]))
        at += 3 + size
    return Step(outputs, int.from_bytes(data[at + 1 : at + 5], "big", signed=True))


class InProcess:
    """The agent in this interpreter."""

    stepper: Stepper

    def __init__(self) -> None:
        self._said: list[Exchange] = []
        self.chip = Chip(nor.REGIONS)  # outlives every boot

    def _emit(self, port: int, parts: tuple[bytes | memoryview, ...]) -> None:
        self._said.append((port, b"".join(parts)))

    def boot(self, start: Start) -> None:
        self._said = []
        body = boot_body(replace(start, parts=start.parts | ROOMY))
        self.stepper = Stepper(body, len(body), self._emit, self.chip.region)

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        body = step_body(now, inputs)
        wait = self.stepper.step(body, len(body))
        said, self._said = self._said, []
        return Step(said, wait)

    def flash(self) -> bytes:
        return bytes(self.chip.cells)

    def erase(self) -> None:
        self.chip = Chip(nor.REGIONS)

    def close(self) -> None:
        pass


class Vm:
    """The agent in a MicroPython process behind a pair of file descriptors: pipes, or both ends of a pty."""

    def __init__(
        self,
        executable: Path,
        tree: Path,
        heap: str = "120k",
        log: Path | None = None,
        pty: bool = False,
        on_text: Callable[[bytes], None] | None = None,
    ) -> None:
        """`tree` holds agent/ and simulator/ (sources or .mpy); `heap` is MicroPython's -X heapsize. What the process prints
        goes to the file `log` and to `on_text`."""
        command = [str(executable), "-X", f"heapsize={heap}", "-m", "simulator.vm"]
        fd, self._flash = tempfile.mkstemp(prefix="amace-flash-")
        os.close(fd)
        self.erase()
        environment = {**os.environ, "MICROPYPATH": str(tree), "AMACE_FLASH": self._flash}
        theirs, ours = _pty_ends() if pty else _pipe_ends()
        self._fds: tuple[int, ...] = ours  # our source and sink, none once closed
        self._process = subprocess.Popen(
            command, cwd=tree, env=environment, stdin=theirs[0], stdout=theirs[1], stderr=subprocess.STDOUT
        )
        self._kept: tuple[int, ...] = (
            theirs[:1] if pty else ()
        )  # with our copy closed, its end would hang up and take its last words with it
        for fd in set(theirs) - set(self._kept):
            os.close(fd)
        self.log = bytearray()
        self._log_file = log
        self._tell = on_text
        self._answer: bytes | None = None
        self._early: Sequence[Exchange] = ()  # what it said while it started
        self._frames = frame.Deframer(_MAX_BODY, self._on_frame, self._on_text)
        self._wire = bytearray()
        self._out = frame.Encoder(self._on_wire)

    def _on_frame(self, buf: bytearray, n: int) -> None:
        self._answer = bytes(buf[:n])

    def _on_wire(self, buf: bytearray, n: int) -> None:
        self._wire += buf[:n]

    def _on_text(self, buf: bytearray, n: int) -> None:
        self.log += buf[:n]
        if self._tell is not None:
            self._tell(bytes(buf[:n]))
        if self._log_file is not None:
            with self._log_file.open("ab") as file:
                file.write(buf[:n])

    def exchange(self, body: bytearray) -> bytes:
        """One frame there, one back."""
        self._wire.clear()
        self._out.begin()
        self._out.add(body, len(body))
        self._out.end()
        self._answer = None
        try:
            sent = 0
            while sent < len(self._wire):
                sent += os.write(self._fds[1], self._wire[sent:])
        except BrokenPipeError:
            self._read()
            raise self._dead("closed its input") from None
        while self._answer is None:
            self._read()
        if self._answer[:1] != bytes((body[0] | ANSWER,)):
            raise self._dead("answered another question")
        return self._answer

    def _read(self) -> None:
        """Waits for bytes of the device and takes them in. A process that ended has nothing more to say after them."""
        fd = self._fds[0]
        until = time.monotonic() + _ANSWER_S
        data = b""
        while not data:
            ended = self._process.poll()  # asked before looking: what it wrote last is there by then
            if select.select([fd], [], [], 0 if ended is not None else _SLICE_S)[0]:
                data = os.read(fd, 65536)
            if not data and ended is not None:
                self._frames.feed(b"\0", 1)  # what it printed last is text
                raise self._dead(f"ended with exit code {ended}")
            if not data and time.monotonic() > until:
                self._frames.feed(b"\0", 1)
                raise self._dead(f"said nothing for {_ANSWER_S:.0f} s")
        self._frames.feed(data, len(data))

    def _dead(self, how: str) -> DeviceError:
        return DeviceError(f"the device {how}; its log ends: {bytes(self.log[-2000:]).decode(errors='replace')}")

    def boot(self, start: Start) -> None:
        self._early = step_of(self.exchange(boot_body(start))[1:]).outputs

    def step(self, now: int, inputs: Sequence[Exchange]) -> Step:
        step = step_of(self.exchange(step_body(now, inputs))[1:])
        early, self._early = self._early, ()
        return Step([*early, *step.outputs], step.wait_ms)

    def heap(self) -> tuple[int, int]:
        """(bytes in use, bytes free) after a collection."""
        answer = self.exchange(bytearray((HEAP,)))
        return int.from_bytes(answer[1:5], "big"), int.from_bytes(answer[5:9], "big")

    def flash(self) -> bytes:
        return Path(self._flash).read_bytes()

    def erase(self) -> None:
        with Path(self._flash).open("r+b") as file:
            file.write(b"\xff" * _FLASH)

    def close(self) -> None:
        Path(self._flash).unlink(missing_ok=True)
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        for fd in {*self._fds, *self._kept}:
            os.close(fd)
        self._fds, self._kept = (), ()


def _pipe_ends() -> tuple[tuple[int, int], tuple[int, int]]:
    """(the device's stdin and stdout), (our source and sink)"""
    their_source, our_sink = os.pipe()
    our_source, their_sink = os.pipe()
    return (their_source, their_sink), (our_source, our_sink)


def _pty_ends() -> tuple[tuple[int, int], tuple[int, int]]:
    """The device gets the master, we the slave: what opens on our side is a terminal like any serial port."""
    master, slave = os.openpty()
    tty.setraw(slave)
    return (master, master), (slave, slave)
