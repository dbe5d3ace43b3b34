"""A fuzz target for console frames and the console behind them: `one(data)` raises when a law is broken, whatever `data` is.

`PYTHONPATH=.:hal/host/shims python -m tests.fuzz.frame FILE…` runs files (a corpus, or AFL's findings); without files it mutates its own seeds.
"""

import random
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from agent.base import frame
from agent.link import console as c
from simulator import remote
from simulator.board import BLE, CAMERA, CONSOLE, GNSS
from simulator.device import Exchange, InProcess, Start
from tools.rig.client import encode

_PIECE = 256
_BOUND = {"device_id": bytes(16), "pairing_key": bytes(32), "epoch": bytes(3) + b"\x01", "console_key": bytes(32)}


@cache
def device(bound: bool) -> InProcess:
    """One device for the whole run: what one input leaves behind is the next one's start."""
    made = InProcess()
    made.boot(Start(0, GNSS | CAMERA | BLE | CONSOLE, bytes(16), _BOUND if bound else {}))
    return made


def said(outputs: Iterator[Exchange]) -> bytes:
    return b"".join(data for port, data in outputs if port == remote.CONSOLE)


def answers(wire: bytes) -> list[bytes]:
    found: list[bytes] = []
    frames = frame.Deframer(1024, lambda buf, n: found.append(bytes(buf[:n])))
    frames.feed(wire, len(wire))
    assert frames.refused == 0, "the device writes frames and nothing else"
    return found


def one(data: bytes) -> None:
    """Any bytes on the console of a bound and of a new device: no exception, whole answers, and a hello that is heard after them."""
    for bound in (True, False):
        agent = device(bound)
        if not bound and agent.stepper.core.console is not None:
            agent.stepper.core.restart = False  # a restart asked for by the input has no board here
        heard = b""
        for start in range(0, len(data), _PIECE):
            heard += said(iter(agent.step(0, [(remote.CONSOLE, data[start : start + _PIECE])]).outputs))
        if agent.step(0, []).wait_ms == -1:
            device.cache_clear()
            return
        heard += said(iter(agent.step(0, [(remote.CONSOLE, encode(bytes((c.HELLO,))))]).outputs))
        told = answers(heard)
        assert told, "the hello was lost"
        assert told[-1][:2] == bytes((c.HELLO | 0x80, 0))
        assert all(answer[0] & 0x80 and len(answer) >= 2 for answer in told)
        if bound:
            opened = [answer for answer in told if answer[0] not in (c.HELLO | 0x80, c.AUTH | 0x80)]
            assert all(answer[1] == 17 and len(answer) == 2 for answer in opened), "a stranger was served"


SEEDS = (
    b"ets Jul 29 2019 12:21:46\r\n",
    b"".join(encode(bytes((operation,)) + b"\x01" * 20) for operation in range(12)),
    encode(b"\x07wifi_ssid\x00name") + encode(b"\x07pairing_key\x00" + bytes(32)),
    encode(b"\x03" + bytes(range(256)) * 4),
    encode(b"\x02" + bytes(16)),
    bytes(range(256)),
)


def mutated(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randrange(6)):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(4):
            case 0:
                data[at:at] = rng.randbytes(rng.randrange(8))
            case 1:
                del data[at : at + rng.randrange(8)]
            case 2:
                data[at:at] = rng.choice(SEEDS)
            case _:
                data[at : at + 1] = bytes((rng.choice((0, 1, 254, 255, rng.randrange(256))),))
    return bytes(data[:4000])


def run(rounds: int, seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(rounds):
        one(mutated(rng))


if __name__ == "__main__":
    for name in sys.argv[1:]:
        one(Path(name).read_bytes())
    if not sys.argv[1:]:
        run(100_000, random.SystemRandom().randrange(1 << 30))
