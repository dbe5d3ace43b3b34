"""COSE_Sign1 (RFC 9052 §4) over Ed25519 and P-256: opened for a checker, written for the device.

Refuses what cose.py refuses, another algorithm, a signature of another length, and a key of another curve than the
algorithm names. Opening checks no signature: that takes slices of time, and is the machine's that `verifier` hands out.
It imports neither curve, so that only the one that is needed comes into memory.
"""

from micropython import const

from ..base.cbor import ARRAY, MAP, TAG, TEXT, put_bytes, put_head, put_int, put_pair
from ..base.errors import OUT_OF_RANGE, RemoteError
from .cose import Envelope, structure
from .keys import ED25519, P256

_TAG_SIGN1 = const(18)
_SIGNATURE = const(64)
_CONTEXT = b"Signature1"
_ED25519 = const(-19)  # RFC 9864 §2.2; -8 and -7 are their older names (RFC 9053 §2)
_EDDSA = const(-8)
_ES256 = const(-7)
_ESP256 = const(-9)
_ALG = const(1)  # header labels, as in cose.py
_KID = const(4)
_TYP = const(16)
_MAX_HEADER = const(48)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Protocol

    from hal.ports import Readable

    from .keys import Key

    class Machine(Protocol):
        """What both curves' machines are."""

        @property
        def done(self) -> bool: ...

        def feed(self, part: Readable) -> None: ...

        def step(self) -> None: ...

    class Verifier(Machine, Protocol):
        @property
        def ok(self) -> bool: ...


def open_sign1(buf: "Readable", n: int, aad: bytes) -> Envelope:
    """Reads buf[:n], or raises RemoteError. Nothing inside may be believed before its verifier is done and ok."""
    opened = Envelope(buf, n, _TAG_SIGN1, _CONTEXT, aad, _SIGNATURE)
    _curve(opened.alg)
    if len(opened.tag) != _SIGNATURE:
        raise RemoteError(OUT_OF_RANGE)
    return opened


def _curve(alg: int) -> int:
    if alg in (_ED25519, _EDDSA):
        return ED25519
    if alg in (_ES256, _ESP256):
        return P256
    raise RemoteError(OUT_OF_RANGE)


def verifier(opened: Envelope, key: "Key", verify: "Callable[[bytes, bytes], Verifier]") -> "Verifier":
    """The machine that checks the signature, ready to be stepped. `verify` is the `Verify` of the key's curve."""
    if _curve(opened.alg) != key.curve:
        raise RemoteError(OUT_OF_RANGE)
    machine = verify(key.public, opened.tag)
    machine.feed(opened.head)
    machine.feed(opened.view)
    return machine


def header(kid: bytes, typ: bytes) -> bytes:
    """The protected header of what the device signs: {1: -19, 4: kid, 16: typ}."""
    buf = bytearray(_MAX_HEADER)
    i = put_pair(buf, put_head(buf, 0, MAP, 3), _ALG, _ED25519)
    i = put_bytes(buf, put_int(buf, i, _KID), kid)
    i = put_head(buf, put_int(buf, i, _TYP), TEXT, len(typ))
    buf[i : i + len(typ)] = typ
    return bytes(buf[: i + len(typ)])


def give(machine: "Machine", protected: bytes, aad: bytes, payload: "bytes | bytearray") -> None:
    """Feeds a signing machine the Sig_structure (RFC 9052 §4.4)."""
    machine.feed(structure(_CONTEXT, protected, aad, len(payload)))
    machine.feed(payload)


def put_sign1(buf: bytearray, i: int, protected: bytes, payload: "bytes | bytearray", signature: bytes) -> int:
    """Writes the envelope and returns the next index.."""
    i = put_head(buf, put_head(buf, i, TAG, _TAG_SIGN1), ARRAY, 4)
    i = put_bytes(buf, i, protected)
    i = put_head(buf, i, MAP, 0)
    return put_bytes(buf, put_bytes(buf, i, payload), signature)
