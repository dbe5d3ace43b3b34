"""The server's end of TLS over buffers, and its absence. No socket: `tcp.py` moves the bytes."""

import ssl

PIECE = 65_536  # bytes taken at a time


class Plain:
    """Bytes as they are."""

    over = False

    def inward(self, data: bytes) -> bytes:
        return data

    def outward(self, data: bytes) -> bytes:
        return data


class Tls:
    """The server's end of TLS over buffers, so that no handshake ever blocks the loop."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._in, self._out, server_side=True)
        self._open = False
        self.over = False

    def inward(self, data: bytes) -> bytes:
        """Deciphered bytes. `over` is set by a bad handshake or record, and by the peer's goodbye (close_notify).

        What was read before the goodbye counts: a DISCONNECT often comes in the same segment.
        """
        self._in.write(data)
        plain = bytearray()
        try:
            if not self._open:
                self._tls.do_handshake()
                self._open = True
            while piece := self._tls.read(PIECE):
                plain += piece
        except ssl.SSLWantReadError:
            return bytes(plain)
        except ssl.SSLError:
            pass
        self.over = True
        return bytes(plain)

    def outward(self, data: bytes) -> bytes:
        if data:
            self._tls.write(data)
        return self._out.read()
