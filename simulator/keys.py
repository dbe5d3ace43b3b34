"""The owner's and the device's signing keys on the host, over `cryptography`: Ed25519 or P-256, as COSE signs with them.

Signs whatever it is given. Refuses to check a signature in another form than COSE's 64 bytes.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

ED25519 = -19  # RFC 9864
P256 = -9
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_SIGN1 = 18  # RFC 9052 §2


@dataclass(frozen=True)
class Signer:
    """A key from a 32-byte seed. For P-256 the seed is the private number."""

    seed: bytes = field(repr=False)
    alg: int = ED25519

    @property
    def cose_key(self) -> bytes:
        """Its public half (RFC 9052 §7)."""
        if self.alg == ED25519:
            public = ed25519.Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw()
            return encode({1: 1, -1: 6, -2: public})
        numbers = self._p256().public_key().public_numbers()
        return encode({1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")})

    @property
    def kid(self) -> bytes:
        return hashlib.sha256(self.cose_key).digest()[:8]

    def _p256(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        """64 bytes; of the two P-256 signatures the one with the low s, the only one a device takes. Always the same one."""
        if self.alg == ED25519:
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)
        r, s = decode_dss_signature(self._p256().sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True)))
        return r.to_bytes(32, "big") + min(s, _ORDER - s).to_bytes(32, "big")


def holds(cose_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether `signature` is by this key over `message`; high s is none."""
    key = cbor2.loads(cose_key)
    if len(signature) != 64:
        return False
    try:
        if key[1] == 1:
            ed25519.Ed25519PublicKey.from_public_bytes(key[-2]).verify(signature, message)
            return True
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if s > _ORDER // 2:
            return False
        numbers = ec.EllipticCurvePublicNumbers(
            int.from_bytes(key[-2], "big"), int.from_bytes(key[-3], "big"), ec.SECP256R1()
        )
        numbers.public_key().verify(encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def encode(value: object) -> bytes:
    """Deterministic CBOR (RFC 8949 §4.2.1)."""
    return cbor2.dumps(value, canonical=True)


def structure(protected: bytes, payload: bytes, aad: bytes) -> bytes:
    """Sig_structure (RFC 9052 §4.4)."""
    return encode(["Signature1", protected, aad, payload])


def sign1(signer: Signer, protected: Mapping[int, object], payload: object, aad: bytes) -> tuple[bytes, bytes]:
    """(COSE_Sign1, SHA-256 of its Sig_structure)."""
    header, body = encode(protected), encode(payload)
    signed = structure(header, body, aad)
    return encode(cbor2.CBORTag(_SIGN1, [header, {}, body, signer.sign(signed)])), hashlib.sha256(signed).digest()


def open_sign1(cose_key: bytes, message: bytes, aad: bytes) -> tuple[bytes, bytes] | None:
    """(payload, SHA-256 of the Sig_structure) of a message that this key signed, else None."""
    try:
        tag = cbor2.loads(message)
        protected, unprotected, payload, signature = tag.value
    except (cbor2.CBORDecodeError, ValueError, TypeError, AttributeError):
        return None
    signed = structure(protected, payload, aad)
    if tag.tag != _SIGN1 or unprotected or not holds(cose_key, signature, signed):
        return None
    return payload, hashlib.sha256(signed).digest()
