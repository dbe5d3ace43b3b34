"""Who may read an export: its X25519 key, and the sealed map {1: the device's half, 2: sealed} that only this key opens.

The owner's own key is in the owner's file; anybody else makes one here and gives away its public half. Refuses a map of another
form, another reader's, and one with a changed byte.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import cbor2
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from agent.crypto.ccm import NONCE, TAG
from simulator.opener import public_of
from tools.consent.keys import from_hex, read_json, why
from tools.errors import Problem

READER_FORMAT = "amace-reader-1"
PARCEL_FORMAT = "amace-sealed-export-1"


def new_reader() -> dict[str, object]:
    """A key from the system's entropy, ready for tools.enrolment.save."""
    private = secrets.token_bytes(32)
    return {"format": READER_FORMAT, "private": private.hex(), "public": public_of(private).hex()}


def load_reader(path: Path) -> bytes:
    """The private half of a key of `amace rights new-reader`."""
    mend = "`amace rights new-reader FILE` writes one"
    try:
        return from_hex(read_json(path, READER_FORMAT, mend)["private"], 32)
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"this is no reader's key: {why(error)}", str(path), mend) from None


def reader_key(text: str) -> bytes:
    """A public half as `new-reader` prints it."""
    try:
        return from_hex(text, 32)
    except ValueError:
        raise Problem(f"{text!r} is no reader's key", "--to", "`amace rights new-reader FILE` prints one") from None


@dataclass(frozen=True)
class Parcel:
    """One export for somebody else, with what they need to open it. Nothing in it is readable without the reader's key."""

    device_id: bytes  # 16
    epoch: int
    request: bytes  # 16
    sealed: bytes

    def told(self) -> dict[str, object]:
        return {
            "format": PARCEL_FORMAT,
            "device_id": self.device_id.hex(),
            "epoch": self.epoch,
            "request": self.request.hex(),
            "sealed": self.sealed.hex(),
        }

    def open(self, private: bytes) -> bytes:
        """The export inside. Raises ValueError, whose text says why."""
        try:
            said: object = cbor2.loads(self.sealed)
        except (cbor2.CBORDecodeError, ValueError, TypeError, RecursionError):
            said = None
        parts = cast("dict[object, object]", said) if type(said) is dict else {}
        half, text = parts.get(1), parts.get(2)
        if len(parts) != 2 or type(half) is not bytes or len(half) != 32 or type(text) is not bytes:
            raise ValueError("it is no sealed export")
        aad = b"EXPORT1" + self.device_id + self.epoch.to_bytes(4, "big")
        try:
            shared = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(half))
            key = HKDF(SHA256(), 32, self.request, aad).derive(shared)
            return AESCCM(key, TAG).decrypt(bytes(NONCE), text, aad)
        except (InvalidTag, ValueError):
            raise ValueError("it is sealed to another reader, or changed") from None


def load_parcel(path: Path) -> Parcel:
    """What `amace rights export --to` wrote."""
    mend = "`amace rights export --to KEY` writes one"
    said = read_json(path, PARCEL_FORMAT, mend)
    try:
        epoch = said["epoch"]
        if type(epoch) is not int or not 0 < epoch < 1 << 32:
            raise ValueError("its epoch is none")
        return Parcel(from_hex(said["device_id"], 16), epoch, from_hex(said["request"], 16), from_hex(said["sealed"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"this is no sealed export: {why(error)}", str(path), mend) from None
