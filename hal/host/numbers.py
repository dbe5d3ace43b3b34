"""The host's failures as the numbers of hal/ports.py, and the states a connection goes through."""

import errno
import ssl

DOWN = 0
OPENING = 1
UP = 2

REFUSED = 1  # Stream.error
RESET = 2
TIMED_OUT = 3
NAME_UNKNOWN = 4
CERTIFICATE = 5
OTHER = 6

_BY_ERRNO = {
    errno.ECONNREFUSED: REFUSED,
    errno.ECONNRESET: RESET,
    errno.ECONNABORTED: RESET,
    errno.EPIPE: RESET,
    errno.ETIMEDOUT: TIMED_OUT,
}


def stream_error(error: OSError) -> int:
    """Why a connection ended. A refused certificate outranks whatever else the error is."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return CERTIFICATE
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return RESET
    if isinstance(error, ssl.SSLError):
        return OTHER
    return _BY_ERRNO.get(error.errno or 0, OTHER)
