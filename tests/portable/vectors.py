"""Published vectors answered by agent/crypto, a line at a time: kind and hex fields in, hex or a verdict out.

A whole set goes through one process; tests/host/test_vectors.py makes the lines and knows the answers. Refused is `-`.
"""

from agent.base.errors import LocalError, RemoteError
from agent.crypto import ccm, ed25519, p256, x25519
from agent.crypto.hkdf import hkdf, keyed
from agent.crypto.sha512 import Sha512


def _verdict(machine, message: bytes) -> str:
    machine.feed(message)
    machine.finish()
    return "ok" if machine.ok else "-"


def _signed(seed: bytes, message: bytes) -> str:
    machine = ed25519.Sign(seed)
    machine.feed(message)
    machine.finish()
    return (machine.public + machine.signature).hex()


def _shared(secret: bytes, public: bytes) -> str:
    machine = x25519.Exchange(secret, public)
    machine.finish()
    return machine.shared.hex() if machine.ok else "-"


def _sealed(key: bytes, nonce: bytes, aad: bytes, message: bytes) -> str:
    buf = bytearray(message + bytes(ccm.TAG))
    ccm.Ccm().seal(ccm.cipher(key), bytearray(nonce), aad, buf, len(message), 0)
    return bytes(buf).hex()


def _hashed(message: bytes) -> str:
    whole = Sha512()
    whole.update(message)
    return whole.digest().hex()


_KINDS = {
    "sha512": _hashed,
    "ed25519": lambda public, message, signature: _verdict(ed25519.Verify(public, signature), message),
    "sign": _signed,
    "p256": lambda public, message, signature: _verdict(p256.Verify(public, signature), message),
    "x25519": _shared,
    "hmac": lambda key, message: keyed(key).tag(message).hex(),
    "hkdf": lambda secret, salt, info, n: hkdf(secret, salt, info, int.from_bytes(n, "big")).hex(),
    "seal": _sealed,
}


def answer(line: str) -> str:
    kind, *fields = line.split(":")
    try:
        return _KINDS[kind](*[bytes.fromhex(field) for field in fields])
    except (LocalError, RemoteError):
        return "-"


def run(path: str) -> None:
    """Prints an answer for each line of the file."""
    with open(path) as lines:
        for line in lines:
            print(answer(line.strip()))
