"""A serial line that is a stream of the system: stdin and stdout, a pty, a device file.

A stream's own `read` waits until it has all it was asked for, so one byte is read at a time, and only after the poller
has said that it is there. A line whose other end went away is silent, not an error.
"""

import select

from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, ByteStream

_PIECE = const(64)  # bytes written after one look at whether there is room


class Line:
    """`source` and `sink` may be the same stream."""

    def __init__(self, source: "ByteStream", sink: "ByteStream") -> None:
        self._source = source
        self._sink = sink
        self._byte = bytearray(1)
        self._readable = select.poll()
        self._readable.register(source, select.POLLIN)
        self._writable = select.poll()
        self._writable.register(sink, select.POLLOUT)

    def readinto(self, buf: "Buffer") -> int:
        n = 0
        try:
            while n < len(buf) and self._is_ready(self._readable, select.POLLIN):
                if self._source.readinto(self._byte) != 1:
                    return n  # the end of a file, or a host that went away
                buf[n] = self._byte[0]
                n += 1
        except OSError:
            pass  # EIO: the last slave of the pty was closed
        return n

    def put(self, buf: "Buffer", n: int) -> int:
        """Bytes of `buf[:n]` taken: all, unless the line is full or gone."""
        done = 0
        view = memoryview(buf)
        try:
            while done < n and self._is_ready(self._writable, select.POLLOUT):
                done += self._sink.write(view[done : min(n, done + _PIECE)]) or 0
        except OSError:
            pass  # as above
        return done

    def _is_ready(self, poller: "select.poll", wanted: int) -> bool:
        for _, events in poller.ipoll(0):
            return bool(events & wanted)
        return False


class Uart(Line):
    """The receiver's line. Its speed is fixed by whoever made the stream; the wish is remembered."""

    def __init__(self, source: "ByteStream", sink: "ByteStream", rate: int = 9600) -> None:
        super().__init__(source, sink)
        self.rate = rate

    def write(self, buf: "Buffer", n: int) -> int:
        return self.put(buf, n)

    def baud(self, rate: int) -> None:
        self.rate = rate


class Receiver(Uart):
    """A receiver whose power is not ours: off means that nobody listens, and what was under way is thrown away, zeroed."""

    def __init__(self, stream: "ByteStream") -> None:
        super().__init__(stream, stream)
        self._on = False
        self._scratch = bytearray(_PIECE)

    def readinto(self, buf: "Buffer") -> int:
        return super().readinto(buf) if self._on else 0

    def set(self, on: bool) -> None:
        if on != self._on:
            self.forget()
        self._on = on

    def forget(self) -> None:
        while super().readinto(self._scratch):
            pass
        for i in range(len(self._scratch)):
            self._scratch[i] = 0
