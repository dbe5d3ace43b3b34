"""Opens what the device sealed to its owner (agent/privacy/seal.py), on `cryptography`: the phone's half of the key agreement.

Refuses, by None: a key it never heard of, another topic, a changed byte, a number inside that is not the one outside.
"""

import hmac
import struct
from collections.abc import Mapping
from typing import cast

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from agent.crypto.ccm import NONCE, TAG
from agent.link import kinds
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.seal import STEP

_STEPS = 4_096  # of one key: more than a device takes in a month


def is_sealed(body: object) -> bool:
    """{1: seq, 2: number, 3: counter, 4: sealed}"""
    said = cast("Mapping[int, object]", body)
    return isinstance(body, Mapping) and set(said) == {1, 2, 3, 4} and type(said[4]) is bytes


class Opener:
    """`private` is the owner's X25519 key; without one nothing opens."""

    def __init__(self, topic: bytes, device_id: bytes, pairing_key: bytes, private: bytes) -> None:
        self._topic = topic
        self._id = device_id
        self._pairing = pairing_key
        self._private = X25519PrivateKey.from_private_bytes(private) if private else None
        self.known: dict[int, tuple[int, bytes]] = {}  # number → the purposes it is for, and the first chain key

    def learn(self, body: Mapping[int, object]) -> None:
        """{1: seq, 2: purposes, 3: recipient, 4: number, 5: public, 6: 1 when a rider's}. A number not above the newest is a repeat, or a replay."""
        match body:
            case {2: int(purposes), 3: p.OWNER, 4: int(number), 5: bytes(public)} if (
                self._private is not None and len(public) == 32 and number > max(self.known, default=0)
            ):
                shared = self._private.exchange(X25519PublicKey.from_public_bytes(public))
                secret = hmac.digest(self._pairing, shared, "sha256")  # RFC 5869, one block
                info = (
                    b"SEAL1" + self._id + struct.pack(">IIBB", number, purposes, p.OWNER, int(body.get(6) == g.RIDER))
                )
                self.known[number] = purposes, hmac.digest(secret, info + b"\x01", "sha256")
            case _:
                pass

    def open(self, name: str, body: Mapping[int, object]) -> bytes | None:
        """The body inside a sealed one."""
        purpose = kinds.PURPOSE[kinds.NAMES.index(name.encode())]
        seq, number, counter, text = (body.get(key) for key in (1, 2, 3, 4))
        if type(number) is not int or type(counter) is not int or type(text) is not bytes:
            return None
        purposes, chain = self.known.get(number, (0, b""))
        if not purposes >> purpose & 1 or not 0 <= counter < _STEPS * STEP:
            return None
        nonce = number.to_bytes(4, "big") + counter.to_bytes(NONCE - 4, "big")
        try:
            key = AESCCM(_message_key(chain, counter // STEP), TAG)
            plain = key.decrypt(nonce, text, self._topic + name.encode())
        except InvalidTag:
            return None
        inside: object = cbor2.loads(plain)
        return plain if isinstance(inside, Mapping) and cast("Mapping[int, object]", inside).get(1) == seq else None


def _message_key(chain: bytes, step: int) -> bytes:
    for _ in range(step):
        chain = hmac.digest(chain, b"chain", "sha256")
    return hmac.digest(chain, b"message", "sha256")


def public_of(private: bytes) -> bytes:
    """What `enrol` gives to the device."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
