"""One TCP or TLS connection over `socket`, `select` and `tls`. Never waits, never trusts a certificate it has not verified.

Over TLS "open" means that it may be written to: the handshake is carried on by reading and writing, and nothing of what
was written leaves before certificate and host name are verified (mbedTLS sends no application data earlier).
"""

import errno
import select
import socket
from binascii import a2b_base64

import tls
from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, Tls

CLOSED = 0
OPENING = 1
OPEN = 2

ASKED = 0
REFUSED = 1
RESET = 2
TIMED_OUT = 3
NAME_UNKNOWN = 4
CERTIFICATE = 5
OTHER = 6

_HALF = const(1 << 29)  # ticks wrap at 2**30
_OPEN_MS = const(20_000)  # to connect; a TLS handshake has the caller's own deadline


def is_numeric(host: str) -> bool:
    """An IPv4 address: the system's resolver would block on anything else."""
    parts = host.split(".")
    return len(parts) == 4 and all(part.isdigit() and int(part) < 256 for part in parts)


def certificates(ca: bytes) -> "list[bytes]":
    """One DER certificate, or those of a PEM text, as DER: mbedTLS takes PEM only with a final NUL, DER one by one."""
    if not ca.startswith(b"-----BEGIN"):
        return [ca]
    found: "list[bytes]" = []
    for block in ca.split(b"-----BEGIN CERTIFICATE-----")[1:]:
        found.append(a2b_base64(block.split(b"-----END")[0]))
    return found


def context(ca: bytes) -> "tls.SSLContext":
    """Certificate and name required: there is no way to ask for less."""
    made = tls.SSLContext(tls.PROTOCOL_TLS_CLIENT)
    made.verify_mode = tls.CERT_REQUIRED
    for certificate in certificates(ca):
        made.load_verify_locations(certificate)
    return made


class Stream:
    def __init__(self, host: str, port: int, trust: "Tls | None") -> None:
        self.state = OPENING
        self.error = ASKED
        self._trust = trust
        self._until = -1
        self._wrapped = False  # the poller knows plain sockets only
        self._poller = select.poll()
        self._plain = socket.socket()
        self._socket = self._plain  # the same, or TLS around it
        if not is_numeric(host):
            self._end(NAME_UNKNOWN)
            return
        self._plain.setblocking(False)
        self._poller.register(self._plain, select.POLLOUT)
        try:
            self._plain.connect(socket.getaddrinfo(host, port)[0][-1])
        except OSError as error:
            if error.args[0] != errno.EINPROGRESS:
                self._fail(error)

    def poll(self, now: int) -> None:
        """Carries the connection on; bytes wait in the system's buffers until `readinto` or `write`."""
        if self.state != OPENING:
            return
        if self._until < 0:
            self._until = (now + _OPEN_MS) & 0x3FFFFFFF
        for _, events in self._poller.ipoll(0):
            if events & (select.POLLERR | select.POLLHUP):
                self._fail(self._why())
            elif events & select.POLLOUT:
                self._connected()
            return
        if (now - self._until) & 0x3FFFFFFF < _HALF:
            self._end(TIMED_OUT)

    def _why(self) -> OSError:
        """The pending error: reading a socket that could not connect reports it."""
        try:
            self._plain.recv(1)
        except OSError as error:
            return error
        return OSError(errno.ECONNREFUSED)

    def _connected(self) -> None:
        trust = self._trust
        self._poller.unregister(self._plain)
        if trust is not None:
            try:
                self._socket = context(trust.ca).wrap_socket(
                    self._plain, server_hostname=trust.name, do_handshake_on_connect=False
                )
            except (OSError, ValueError) as error:
                self._fail(error)
                return
        self.state = OPEN

    def write(self, buf: "Buffer", start: int, stop: int) -> int:
        if self.state != OPEN or stop <= start:
            return 0
        try:
            return self._socket.write(memoryview(buf)[start:stop]) or 0
        except (OSError, ValueError) as error:
            self._fail(error)
            return 0

    def readinto(self, buf: "Buffer") -> int:
        if self.state != OPEN or not len(buf):
            return 0
        try:
            n = self._socket.readinto(buf)
        except (OSError, ValueError) as error:
            self._fail(error)
            return 0
        if n is None:
            return 0
        if n == 0:
            self._end(RESET)
        return n

    def close(self) -> None:
        if self.state != CLOSED:
            self._end(ASKED)

    def _fail(self, error: "OSError | ValueError") -> None:
        # mbedTLS reports a certificate it refuses as ValueError, everything else as OSError.
        if type(error) is ValueError:
            self._end(CERTIFICATE)
            return
        code = error.args[0] if error.args else 0
        if self.state == OPENING and code in (errno.ECONNREFUSED, errno.ECONNRESET):
            self._end(REFUSED)  # lwIP calls a refusal a reset
        elif code in (errno.ECONNRESET, errno.ECONNABORTED, errno.ENOTCONN):
            self._end(RESET)
        elif code == errno.ETIMEDOUT:
            self._end(TIMED_OUT)
        else:
            self._end(OTHER)

    def _end(self, error: int) -> None:
        self.state = CLOSED
        self.error = error
        try:
            self._socket.close()  # closes the plain one beneath it
        except OSError:
            pass  # it was over already
