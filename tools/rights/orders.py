"""How a device's answers to its owner's orders are opened (agent/privacy/rights.py is the other side; simulator/orders.py signs).

Refuses an answer under another key, for another device or epoch, or to another request than the one that was made.
"""

import hmac
from dataclasses import dataclass
from typing import Any, cast

import cbor2

from simulator.keys import encode, open_sign1
from simulator.orders import Order
from simulator.owner import Binding
from tools.rights.reader import Parcel

ANSWER = b"ANSWER1", "cwt;answer1"
EXPORT = b"EXPORT1", "cwt;export1"  # by cable, where the device knows no key of the owner to seal it to
SEALED = b"EXPORT1", "cwt;sealed1"
MAX_ANSWER = 128 << 10
_HMAC_256 = 5
_MAC0 = 17
_HEADER = (1, 4, 16)


class Unreadable(ValueError):
    """An answer that is not what the device should have sent; the text says why and quotes no datum."""


def opened(answer: bytes, binding: Binding, request: bytes) -> dict[int, Any]:
    """The map inside the owner's own export. Any: its reader (holdings.py) checks every value. Raises Unreadable."""
    try:
        text = unsealed(answer, binding, EXPORT)
    except Unreadable:
        return read_parcel(parcel(answer, binding, request), binding.seal)
    return _map(text)


def parcel(answer: bytes, binding: Binding, request: bytes) -> Parcel:
    """An export as it is sealed to its reader: from this device, to this owner's order. Raises Unreadable."""
    return Parcel(binding.device_id, binding.epoch, request, unsealed(answer, binding, SEALED))


def read_parcel(sealed: Parcel, private: bytes) -> dict[int, Any]:
    """The map inside, for who has the private key. Any: as `opened`. Raises Unreadable."""
    try:
        text = sealed.open(private)
    except ValueError as error:
        raise Unreadable(str(error)) from error
    return _map(text)


def _map(payload: bytes) -> dict[int, Any]:
    try:
        claims = _load(payload)
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable("it is no CBOR") from error
    if type(claims) is not dict:
        raise Unreadable("it is no map")
    return cast("dict[int, Any]", claims)


def unsealed(answer: bytes, binding: Binding, kind: tuple[bytes, str]) -> bytes:
    """What is inside the pairing key's envelope: from this device, to this owner. Raises Unreadable."""
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
        structure = encode(["MAC0", protected, binding.aad(use), payload])
        if not hmac.compare_digest(hmac.digest(binding.key, structure, "sha256"), tag):
            raise Unreadable("it is not from this device to this owner")
        if _load(protected) != dict(zip(_HEADER, (_HMAC_256, binding.signer.kid, typ), strict=True)):
            raise Unreadable("it is another kind of answer")
    except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError) as error:
        raise error if isinstance(error, Unreadable) else Unreadable("it is no CBOR") from error
    return cast(bytes, payload)


def _load(data: bytes) -> Any:  # Any: what a device sent
    """One deterministic item and nothing after it."""
    value: Any = cbor2.loads(data)
    if encode(value) != data:
        raise Unreadable("it is not the deterministic encoding")
    return value


def _payload_of(signed: bytes) -> bytes:
    """Of a COSE_Sign1 whose signature is checked later: the key is inside."""
    try:
        tag = _load(signed)
        payload = tag.value[2]
    except (
        cbor2.CBORDecodeError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        KeyError,
        RecursionError,
    ) as error:
        raise Unreadable("it is no COSE_Sign1") from error
    if type(payload) is not bytes:
        raise Unreadable("it is no COSE_Sign1")
    return payload


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
    device_key: bytes  # 32, under which it is signed: the one that `hello` tells


def certificate(answer: bytes, binding: Binding, order: Order) -> Certificate:
    """Raises Unreadable, also when it certifies something else than was ordered."""
    signed = unsealed(answer, binding, ANSWER)
    claims = _map(_payload_of(signed))
    numbers = [claims.get(key) for key in range(3, 13)]
    if set(claims) != set(range(1, 14)) or claims[1] != 1 or any(type(number) is not int for number in numbers):
        raise Unreadable("its fields are not those of a certificate")
    if type(claims[13]) is not bytes or len(claims[13]) != 32:
        raise Unreadable("it names no key")
    if open_sign1(encode({1: 1, -1: 6, -2: claims[13]}), signed, binding.aad(b"ERASED1")) is None:
        raise Unreadable("its signature does not hold")
    made = Certificate(claims[2], *cast("list[int]", numbers), device_key=claims[13])
    if (made.request, made.what, made.purposes, made.before) != (
        order.request,
        order.what,
        order.purposes,
        order.before,
    ):
        raise Unreadable("it answers another order")
    return made
