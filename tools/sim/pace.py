"""Real time beside virtual time: for whoever watches, for a receiver on a serial line, and for a broker that owes an answer.

The engine calls it before time moves. It may wait, bring in what arrived, and move the clock up to what is due next. Without any of
the three nothing here is used, and virtual time jumps.
"""

import time

from simulator import remote
from simulator.engine import MAX_LINE, Engine
from tools.errors import Problem
from tools.sim.real_cloud import RealCloud

MAX_SPEED = 100_000
_SLICE_S = 0.02  # how often a receiver and a broker are listened to


class SerialReceiver:
    """A real receiver. The device's power port opens and closes the line: without a grant nobody listens to it."""

    def __init__(self, port: str) -> None:
        from hal.host.uart import SerialUart

        try:
            self._uart = SerialUart(port)
        except ValueError as error:
            raise Problem(str(error), "--gps") from error
        self._port = port
        self._buf = bytearray(MAX_LINE)
        self._uart.pause()

    def command(self, data: bytes) -> None:
        try:
            if data == b"P\x01":
                self._uart.resume()
            elif data == b"P\x00":
                self._uart.pause()
        except OSError as error:
            raise self._gone(error) from error

    def read(self) -> bytes:
        try:
            return bytes(self._buf[: self._uart.readinto(self._buf)])
        except OSError as error:
            raise self._gone(error) from error

    def close(self) -> None:
        self._uart.close()

    def _gone(self, error: OSError) -> Problem:
        return Problem(f"the receiver went away: {error}", f"--gps {self._port}", "Plug it in and start again")


class Pace:
    """`speed` virtual seconds a real one, 0 for as fast as possible. A broker that is away is waited for at speed 1."""

    def __init__(self, speed: int, receiver: SerialReceiver | None = None, cloud: RealCloud | None = None) -> None:
        self._speed = speed
        self._receiver = receiver
        self._cloud = cloud
        self._last = -1.0
        self._allowed = 0.0  # virtual milliseconds that real time permits

    def __call__(self, engine: Engine) -> None:
        while not self._ready(engine):
            pass

    def _ready(self, engine: Engine) -> bool:
        """Brings in what arrived, or waits a little for it; whether virtual time may move to what is due next."""
        now = time.monotonic()
        passed = 0.0 if self._last < 0 else now - self._last
        self._last = now
        cloud = self._cloud
        if cloud is not None and cloud.settle():
            return False  # it owes an answer, and was waited for: virtual time stands still
        speed = self._speed or (1 if cloud is not None and cloud.away else 0)
        if speed == 0:
            self._allowed = engine.clock.t
            return True
        self._allowed += passed * 1000 * speed
        said = self._receiver.read() if self._receiver is not None else b""
        if said:
            engine.advance(int(self._allowed))
            engine.at(engine.clock.t, lambda: engine.give(remote.GNSS, said))
            return True
        left = engine.next() - self._allowed
        if left > 0:
            time.sleep(min(_SLICE_S, left / 1000 / speed))
        return left <= 0
