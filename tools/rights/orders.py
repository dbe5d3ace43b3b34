"""What the owner signs about what the device holds, and how its answers are opened (agent/privacy/rights.py is the other side).

Refuses an answer under another key, for another device or epoch, or to another request than the one that was made.
"""

import hmac
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any, cast

import cbor2

from agent.privacy.record import EPOCH_2020
from simulator.owner import Binding, encode, mac0

CERTIFICATE = b"ERASED1", "cwt;erased1"
EXPORT = b"EXPORT1", "cwt;export1"
MAX_ANSWER = 128 << 10
_HMAC_256 = 5
_MAC0 = 17
_HEADER = (1, 4, 16)


class Unreadable(ValueError):
    """An answer that is not what the device should have sent; the text says why and quotes no datum."""


@dataclass(frozen=True)
class Order:
    """`before` in seconds since 2020, 0 for all of it; `place` is the jurisdiction whose deadline holds."""

    what: int
    purposes: int = 0
    before: int = 0
    text: bytes = b""
    place: str = ""
    request: bytes = field(default_factory=lambda: secrets.token_bytes(16))


def sign(order: Order, binding: Binding, seq: int, prev: bytes, issued: int) -> tuple[bytes, bytes]:
    """(the order as number `seq` of the consent chain, the chain's head after it)."""
    claims = {
        1: binding.kid,
        3: binding.device_id,
        6: EPOCH_2020 + issued,
        7: order.request,
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65542: order.place,
        -65550: [order.what, order.purposes, order.before, order.text],
    }
    header = {1: _HMAC_256, 4: binding.kid, 16: "cwt;rights1"}
    body, digest = mac0(binding.key, header, claims, _aad(b"RIGHTS1", binding))
    return body, digest[:16]


def _aad(use: bytes, binding: Binding) -> bytes:
    return use + binding.device_id + struct.pack(">I", binding.epoch)


def opened(answer: bytes, binding: Binding, kind: tuple[bytes, str]) -> dict[int, Any]:
    """The map inside an answer. Any: its reader (holdings.py, certificate.py) checks every value. Raises Unreadable."""
    use, typ = kind
    if len(answer) > MAX_ANSWER:
        raise Unreadable(f"it has more than {MAX_ANSWER} bytes")
    try:
        envelope: Any = _load(answer)
        if type(envelope) is not cbor2.CBORTag or envelope.tag != _MAC0 or len(envelope.value) != 4:
            raise Unreadable("it is no COSE_Mac0")
        protected, unprotected, payload, tag = envelope.value
        if not all(type(part) is bytes for part in (protected, payload, tag)) or unprotected != {}:
            raise Unreadable("its envelope is of another form")
        structure = encode(["MAC0", protected, _aad(use, binding), payload])
        if not hmac.compare_digest(hmac.digest(binding.key, structure, "sha256"), tag):
            raise Unreadable("it is not from this device to this owner")
        header, claims = _load(protected), _load(payload)
        if header != dict(zip(_HEADER, (_HMAC_256, binding.kid, typ), strict=True)) or type(claims) is not dict:
            raise Unreadable("it is another kind of answer")
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable("it is no CBOR") from error
    return cast("dict[int, Any]", claims)


def _load(data: bytes) -> Any:  # Any: what a device sent
    """One deterministic item and nothing after it."""
    value: Any = cbor2.loads(data)
    if encode(value) != data:
        raise Unreadable("it is not the deterministic encoding")
    return value


@dataclass(frozen=True)
class Certificate:
    """What an order did; names as in agent/privacy/erasure.py. Times in seconds since 2020."""

    request: bytes
    seq: int
    what: int
    purposes: int
    before: int
    stores: int
    exceptions: int
    messages: int
    at: int
    due: int
    epoch: int


def certificate(answer: bytes, binding: Binding, order: Order) -> Certificate:
    """Raises Unreadable, also when it certifies something else than was ordered."""
    claims = opened(answer, binding, CERTIFICATE)
    numbers = [claims.get(key) for key in range(3, 13)]
    if set(claims) != set(range(1, 13)) or claims[1] != 1 or any(type(number) is not int for number in numbers):
        raise Unreadable("its fields are not those of a certificate")
    made = Certificate(claims[2], *cast("list[int]", numbers))
    if (made.request, made.what, made.purposes, made.before) != (
        order.request,
        order.what,
        order.purposes,
        order.before,
    ):
        raise Unreadable("it answers another order")
    return made
