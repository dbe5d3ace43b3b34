"""COSE_Mac0 (RFC 9052 §6.2) with HMAC 256/256: opens an envelope, or refuses it with a reason.

Refuses: another algorithm, an unprotected header that is not empty (bytes outside the MAC would let a broker fork a
hash chain), a missing tag, anything a deterministic writer would not have written.
"""

import hashlib

from micropython import const

from ..base.cbor import ARRAY, BYTES, MAP, TEXT, put_bytes, put_head
from ..base.errors import BAD_MAC, OUT_OF_RANGE, TOO_LONG, UNKNOWN, RemoteError
from ..base.reader import Reader
from .mac import Hmac, equal

MAX = 1024  # decisions.md: any record
_TAG_MAC0 = const(17)
_ALG_HMAC_256 = const(5)  # RFC 9053 §3.1
_ALG = const(1)  # header labels, RFC 9052 §3.1
_KID = const(4)
_TYP = const(16)  # RFC 9596
_KID_SIZE = const(8)
_MAX_PROTECTED = const(48)
_MAX_TYP = const(24)
_TAG_SIZE = const(32)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Envelope:
    """One opened COSE_Mac0: `payload` is a Reader over the claims, `digest` is SHA-256 of the MAC_structure."""

    def __init__(self, kid: bytes, typ: bytes, payload: Reader, digest: bytes) -> None:
        self.kid = kid
        self.typ = typ
        self.payload = payload
        self.digest = digest


def open_mac0(buf: "Readable", n: int, mac: Hmac, aad: bytes) -> Envelope:
    """Checks buf[:n] under `mac` and the external `aad`; raises RemoteError before anything inside is believed."""
    if n > MAX:
        raise RemoteError(TOO_LONG)
    outer = Reader(buf, 0, n)
    if outer.tag() != _TAG_MAC0 or outer.items(ARRAY) != 4:
        raise RemoteError(UNKNOWN)
    outer.span(BYTES, _MAX_PROTECTED)
    protected = bytes(buf[outer.start : outer.stop])
    if outer.items(MAP) != 0:
        raise RemoteError(UNKNOWN)
    outer.span(BYTES, MAX)
    start, stop = outer.start, outer.stop
    outer.span(BYTES, _TAG_SIZE)
    tag = buf[outer.start : outer.stop]
    outer.end()
    kid, typ = _protected(protected)
    head = _structure(protected, aad, stop - start)
    view = memoryview(buf)[start:stop]
    if not equal(mac.tag(head, view), tag):
        raise RemoteError(BAD_MAC)
    whole = hashlib.sha256(head)
    whole.update(view)
    return Envelope(kid, typ, Reader(buf, start, stop), whole.digest())


def _protected(raw: bytes) -> "tuple[bytes, bytes]":
    """(kid, typ) of a protected header {1: 5, 4: kid, 16: typ}; both may be missing."""
    header = Reader(raw, 0, len(raw))
    kid = typ = b""
    algorithm = 0
    last = None
    for _ in range(header.items(MAP)):
        last = header.key(last)
        if last == _ALG:
            algorithm = header.integer()
        elif last == _KID:
            kid = header.blob(_KID_SIZE)
        elif last == _TYP:
            header.span(TEXT, _MAX_TYP)
            typ = raw[header.start : header.stop]
        else:
            raise RemoteError(UNKNOWN)  # RFC 9052 §3.1: a critical header nobody understands
    header.end()
    if algorithm != _ALG_HMAC_256:
        raise RemoteError(OUT_OF_RANGE)
    return kid, typ


def _structure(protected: bytes, aad: bytes, payload_size: int) -> bytes:
    """MAC_structure (RFC 9052 §6.3) up to, not including, the payload's bytes."""
    head = bytearray(len(protected) + len(aad) + 24)
    i = put_head(head, 0, ARRAY, 4)
    i = put_head(head, i, TEXT, 4)
    head[i : i + 4] = b"MAC0"
    i = put_bytes(head, i + 4, protected)
    i = put_bytes(head, i, aad)
    i = put_head(head, i, BYTES, payload_size)
    return bytes(head[:i])
