"""Console frames: 00 | COBS(body | CRC-32 little endian) | 00. Any chunking; what is not a frame is log text.

Boot messages, prints and tracebacks share the wire with frames, so a receiver treats bytes between zeros that do not
decode as text (COBS: Cheshire and Baker 1999; CRC-32: ISO 3309, as in zlib). Refuses frames past the buffer it was given.
"""

from binascii import crc32

from micropython import const

_CRC = const(4)
_BLOCK = const(255)  # COBS: a length byte and at most 254 others

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable


class Encoder:
    """Frames one body given in pieces; `write(buf, n)` gets the wire bytes, at most 255 at a time."""

    def __init__(self, write: "Callable[[bytearray, int], None]") -> None:
        self._write = write
        self._block = bytearray(_BLOCK)
        self._n = 1  # the block's first byte will hold its length
        self._crc = 0

    def begin(self) -> None:
        self._block[0] = 0
        self._write(self._block, 1)
        self._n = 1
        self._crc = 0

    def add(self, buf: "bytearray | bytes | memoryview", n: int) -> None:
        self._crc = crc32(memoryview(buf)[:n], self._crc)
        for k in range(n):
            self._put(buf[k])

    def end(self) -> None:
        crc = self._crc
        for _ in range(_CRC):
            self._put(crc & 0xFF)
            crc >>= 8
        self._flush()
        self._block[0] = 0
        self._write(self._block, 1)

    def _put(self, byte: int) -> None:
        if byte:
            self._block[self._n] = byte
            self._n += 1
        if not byte or self._n == _BLOCK:
            self._flush()

    def _flush(self) -> None:
        self._block[0] = self._n
        self._write(self._block, self._n)
        self._n = 1


def decode(buf: bytearray, n: int) -> int:
    """Undoes COBS in place on buf[:n] and checks the CRC; returns the length of the body, -1 when it is no frame."""
    i = 0
    o = 0
    while i < n:
        block = buf[i]
        if block == 0 or i + block > n:
            return -1
        for k in range(i + 1, i + block):
            buf[o] = buf[k]
            o += 1
        i += block
        if block < 255 and i < n:
            buf[o] = 0
            o += 1
    o -= _CRC
    if o < 0:
        return -1
    crc = crc32(memoryview(buf)[:o])
    for k in range(_CRC):
        if buf[o + k] != crc & 0xFF:
            return -1
        crc >>= 8
    return o


class Deframer:
    """Splits a byte stream at zeros. `on_frame(buf, n)` gets each body, `on_text(buf, n)` everything else."""

    def __init__(
        self,
        size: int,
        on_frame: "Callable[[bytearray, int], None]",
        on_text: "Callable[[bytearray, int], None] | None" = None,
    ) -> None:
        self._buf = bytearray(size)
        self._n = 0
        self._on_frame = on_frame
        self._on_text = on_text
        self.refused = 0  # pieces that were no frame

    def feed(self, data: "bytearray | bytes", n: int) -> None:
        for k in range(n):
            byte = data[k]
            if byte == 0:
                self._close()
            elif self._n < len(self._buf):
                self._buf[self._n] = byte
                self._n += 1
            else:
                self._text(self._n)
                self._buf[0] = byte
                self._n = 1

    def _close(self) -> None:
        n = self._n
        if n == 0:
            return
        self._n = 0
        copy = bytes(memoryview(self._buf)[:n]) if self._on_text else None  # decoding works in place
        body = decode(self._buf, n)
        if body >= 0:
            self._on_frame(self._buf, body)
        else:
            if copy is not None:
                self._buf[:n] = copy
            self._text(n)

    def _text(self, n: int) -> None:
        self.refused += 1
        if self._on_text:
            self._on_text(self._buf, n)
