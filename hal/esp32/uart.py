"""A serial line on one of the chip's UARTs. Never waits; a new speed takes effect once what was written is out."""

from machine import UART
from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer

_RX_BYTES = const(1024)  # one second of a receiver at 9,600 baud


class Uart:
    def __init__(self, number: int, tx: int, rx: int, rate: int = 9_600) -> None:
        self._tx = tx
        self._rx = rx
        self._rate = rate  # what was asked for
        self._applied = True
        self._uart = UART(number, baudrate=rate, tx=tx, rx=rx, rxbuf=_RX_BYTES, timeout=0, timeout_char=0)

    def readinto(self, buf: "Buffer") -> int:
        if not self._applied:
            self._apply()
        return self._uart.readinto(buf) or 0 if self._uart.any() else 0

    def write(self, buf: "Buffer", n: int) -> int:
        if not self._applied and not self._apply():
            return 0  # the old speed's bytes are still under way
        return self._uart.write(memoryview(buf)[:n]) or 0 if n else 0

    def baud(self, rate: int) -> None:
        self._rate = rate
        self._apply()

    def _apply(self) -> bool:
        self._applied = self._uart.txdone()
        if self._applied:
            self._uart.init(baudrate=self._rate, tx=self._tx, rx=self._rx, rxbuf=_RX_BYTES, timeout=0, timeout_char=0)
        return self._applied
