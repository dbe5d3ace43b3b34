"""COSE envelopes: what COSE_Mac0 and COSE_Sign1 share, and COSE_Mac0 (RFC 9052 §6.2) with HMAC 256/256 opened.

Refuses, with a reason: another algorithm, an unprotected header that is not empty (bytes outside the MAC would let a broker fork a
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
    """An opened envelope; whether its last part is right is for its opener to say, before anybody believes the rest.

    `payload` is a Reader over the claims, `tag` the last part: MAC or signature. `head` and then `view` are what it is made
    over, `digest` is SHA-256 of both.
    """

    def __init__(self, buf: "Readable", n: int, kind: int, context: bytes, aad: bytes, longest: int) -> None:
        """Reads buf[:n] under the CBOR tag `kind`; the tag may have `longest` bytes."""
        if n > MAX:
            raise RemoteError(TOO_LONG)
        outer = Reader(buf, 0, n)
        if outer.tag() != kind or outer.items(ARRAY) != 4:
            raise RemoteError(UNKNOWN)
        outer.span(BYTES, _MAX_PROTECTED)
        protected = bytes(buf[outer.start : outer.stop])
        if outer.items(MAP) != 0:
            raise RemoteError(UNKNOWN)
        outer.span(BYTES, MAX)
        start, stop = outer.start, outer.stop
        self.tag = outer.blob(longest)
        outer.end()
        self.alg = 0
        self.kid = self.typ = b""
        self._read(protected)
        self.head = structure(context, protected, aad, stop - start)
        self.view = memoryview(buf)[start:stop]
        self.payload = Reader(buf, start, stop)

    def _read(self, protected: bytes) -> None:
        """A protected header {1: alg, 4: kid, 16: typ}; the last two may be missing."""
        header = Reader(protected, 0, len(protected))
        last = None
        for _ in range(header.items(MAP)):
            last = header.key(last)
            if last == _ALG:
                self.alg = header.integer()
            elif last == _KID:
                self.kid = header.blob(_KID_SIZE)
            elif last == _TYP:
                header.span(TEXT, _MAX_TYP)
                self.typ = protected[header.start : header.stop]
            else:
                raise RemoteError(UNKNOWN)  # RFC 9052 §3.1: a critical header nobody understands
        header.end()

    @property
    def digest(self) -> bytes:
        whole = hashlib.sha256(self.head)
        whole.update(self.view)
        return whole.digest()


def open_mac0(buf: "Readable", n: int, mac: Hmac, aad: bytes) -> Envelope:
    """Checks buf[:n] under `mac` and the external `aad`; raises RemoteError before anything inside is believed."""
    opened = Envelope(buf, n, _TAG_MAC0, b"MAC0", aad, _TAG_SIZE)
    if opened.alg != _ALG_HMAC_256:
        raise RemoteError(OUT_OF_RANGE)
    if not equal(mac.tag(opened.head, opened.view), opened.tag):
        raise RemoteError(BAD_MAC)
    return opened


def structure(context: bytes, protected: bytes, aad: bytes, payload_size: int) -> bytes:
    """MAC_structure or Sig_structure (RFC 9052 §6.3, §4.4) up to, not including, the payload's bytes."""
    head = bytearray(len(context) + len(protected) + len(aad) + 24)
    i = put_head(head, 0, ARRAY, 4)
    i = put_head(head, i, TEXT, len(context))
    head[i : i + len(context)] = context
    i = put_bytes(head, i + len(context), protected)
    i = put_bytes(head, i, aad)
    i = put_head(head, i, BYTES, payload_size)
    return bytes(head[:i])
