"""What the owner orders about what the device holds, signed as the next of the consent chain (agent/privacy/order.py reads it).

Signs whatever it is asked to, also what a device must refuse.
"""

import secrets
from dataclasses import dataclass, field

from agent.privacy import order as o
from agent.privacy import purposes as p
from agent.privacy.record import EPOCH_2020
from simulator.keys import Signer, sign1


@dataclass(frozen=True)
class Order:
    """`before` in seconds since 2020, 0 for all of it; `place` is the jurisdiction whose deadline holds."""

    what: int
    purposes: int = 0
    before: int = 0
    text: bytes = b""
    place: str = ""
    request: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    @property
    def ended(self) -> tuple[int, ...]:
        """The purposes whose consent ends with it."""
        if self.what != o.ERASE or self.before:
            return ()
        return tuple(number for number in range(p.COUNT) if self.purposes >> number & 1)


def sign(
    order: Order, signer: Signer, device_id: bytes, aad: bytes, seq: int, prev: bytes, issued: int
) -> tuple[bytes, bytes]:
    """(the order as number `seq` of the consent chain, the chain's head after it); `aad` is that of use RIGHTS1."""
    claims = {
        1: signer.kid,
        3: device_id,
        6: EPOCH_2020 + issued,
        7: order.request,
        -65537: 1,
        -65538: seq,
        -65539: prev,
        -65542: order.place,
        -65550: [order.what, order.purposes, order.before, order.text],
    }
    header = {1: signer.alg, 4: signer.kid, 16: "cwt;rights1"}
    body, digest = sign1(signer, header, claims, aad)
    return body, digest[:16]
