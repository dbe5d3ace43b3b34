"""TLS contexts that check certificate and name. There is no way here to make one that does not."""

import ssl
from pathlib import Path

MAX_CA = 1 << 20  # bytes of authorities: a whole system's list is about 220 KB

_PEM = b"-----BEGIN"


def context(ca: bytes | None) -> ssl.SSLContext:
    """Trust in the authorities in `ca` (PEM or DER), or in the system's own when it is None. ssl.SSLError on garbage.

    TLS 1.2 at least, certificate required, name checked (RFC 6125 §6.4).
    """
    made = ssl.create_default_context(cadata=None if ca is None else _readable(ca))
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    return made


def _readable(ca: bytes) -> str | bytes:
    return ca.decode("ascii", "replace") if _PEM in ca else ca


def check_ca(ca: bytes, where: str) -> bytes:
    """`ca` itself once it was tried out. ValueError with one line for a person when it cannot be used."""
    if len(ca) > MAX_CA:
        raise ValueError(f"{where} has more than {MAX_CA} bytes; name one with the broker's authority only")
    try:
        trusted = context(ca).get_ca_certs() if ca else []
    except ssl.SSLError:
        trusted = []
    if not trusted:
        raise ValueError(f"{where} holds no authority's certificate; name a PEM or DER file that does")
    return ca


def read_ca(path: Path) -> bytes:
    """The authorities in a file, checked."""
    try:
        with path.open("rb") as file:
            ca = file.read(MAX_CA + 1)
    except OSError as error:
        raise ValueError(f"the CA file {path} cannot be read: {error.strerror}; name a PEM or DER file") from None
    return check_ca(ca, f"the CA file {path}")
