"""Records in pieces over BLE: one byte of head, then data. Head: bit 7 = last piece, bits 0..6 = running number from 0.

A piece out of order, or a whole past the limit, drops what was gathered: the phone begins again. The whole's first byte says
what it is: 1 a consent record, 2 a request.
"""

from micropython import const

RECORD = 1
REQUEST = 2
_LAST = const(0x80)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Fragments:
    def __init__(self, size: int) -> None:
        self.buf = bytearray(size)
        self.n = 0
        self._expected = 0
        self.refused = 0

    def feed(self, piece: "Readable", n: int) -> bool:
        """Takes one write. True when buf[:n] is whole; the caller then calls `clear`."""
        if n < 1:
            return False
        head = piece[0]
        if head & 0x7F == 0:
            self.clear()
        if head & 0x7F != self._expected or self.n + n - 1 > len(self.buf):
            self.refused += 1
            self.clear()
            return False
        for k in range(1, n):
            self.buf[self.n] = piece[k]
            self.n += 1
        self._expected += 1
        return bool(head & _LAST)

    def clear(self) -> None:
        for k in range(self.n):
            self.buf[k] = 0
        self.n = 0
        self._expected = 0
