"""What the owner signs about what the device holds: orders to erase, export and correct (agent/privacy/order.py reads them).

Signs whatever it is asked to, also what a device must refuse.
"""

import secrets
from dataclasses import dataclass, field

from agent.privacy.record import EPOCH_2020
from simulator.keys import sign1
from simulator.owner import Binding


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
        1: binding.signer.kid,
        3: binding.device_id,
        6: EPOCH_2020 + issued,
        7: order.request,
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65542: order.place,
        -65550: [order.what, order.purposes, order.before, order.text],
    }
    header = {1: binding.signer.alg, 4: binding.signer.kid, 16: "cwt;rights1"}
    body, digest = sign1(binding.signer, header, claims, binding.aad(b"RIGHTS1"))
    return body, digest[:16]
