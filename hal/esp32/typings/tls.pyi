"""MicroPython's `tls`, as far as we use it: the published stubs leave out `verify_mode` and type nothing.

Source: MicroPython 1.25 extmod/modtls_mbedtls.c.
"""

import socket
from typing import Final

PROTOCOL_TLS_CLIENT: Final[int]
CERT_REQUIRED: Final[int]

class SSLContext:
    verify_mode: int
    def __init__(self, protocol: int, /) -> None: ...
    def load_verify_locations(self, cadata: bytes) -> None: ...
    def wrap_socket(
        self, sock: socket.socket, *, do_handshake_on_connect: bool = True, server_hostname: str | None = None
    ) -> SSLSocket: ...

class SSLSocket(socket.socket): ...
