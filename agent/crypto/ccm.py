"""AES-CCM (RFC 3610) on single blocks of `cryptolib`: COSE's AES-CCM-16-128-256 with a 32-byte key (RFC 9053 §4.2, value 31).

13 bytes of nonce, 16 of tag, at most 65,535 of text. Allocates nothing once made. Only seals: nothing sealed is read here.
"""

from cryptolib import aes
from micropython import const

NONCE = 13
TAG = 16
_ECB = const(1)
_FIRST = const(0x79)  # RFC 3610 §2.2: associated data, a tag of 16 bytes, a length field of 2
_COUNT = const(1)  # §2.3: the same length field, in a counter block

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


def cipher(key: "bytes | bytearray") -> "aes":
    return aes(key, _ECB)


def blank() -> "aes":
    """An object as large as any cipher, with a key that is no secret."""
    return aes(bytes(32), _ECB)


class Ccm:
    """The three blocks that every sealing needs; they serve one message after another."""

    def __init__(self) -> None:
        self._mac = bytearray(16)
        self._block = bytearray(16)
        self._stream = bytearray(16)

    def seal(self, key: "aes", nonce: bytearray, aad: bytes, buf: "bytearray | memoryview", n: int, at: int) -> int:
        """Seals buf[:n] into buf[at:], `at` >= 0, the tag behind it; returns the index after the tag."""
        mac = self._mac
        block = self._block
        mac[0] = _FIRST
        block[0] = _COUNT
        for k in range(NONCE):
            mac[1 + k] = block[1 + k] = nonce[k]
        mac[14] = n >> 8
        mac[15] = n & 0xFF
        key.encrypt(mac, mac)
        mac[0] ^= len(aad) >> 8
        mac[1] ^= len(aad) & 0xFF
        self._absorb(key, aad, len(aad), 2)
        self._absorb(key, buf, n, 0)
        stream = self._stream
        # From the end: what moves up by `at` never lands on what is still to be read.
        for i in range((n + 15) // 16, 0, -1):
            self._turn(key, i)
            for k in range(min(n, i * 16) - 1, i * 16 - 17, -1):
                buf[at + k] = buf[k] ^ stream[k & 15]
        self._turn(key, 0)
        for k in range(TAG):
            buf[at + n + k] = mac[k] ^ stream[k]
        return at + n + TAG

    def _absorb(self, key: "aes", data: "Readable", n: int, at: int) -> None:
        """CBC-MAC of data[:n], zeros up to the end of its last block; `at` bytes of the first block are taken."""
        mac = self._mac
        for k in range(n):
            mac[at & 15] ^= data[k]
            at += 1
            if at & 15 == 0:
                key.encrypt(mac, mac)
        if at & 15:
            key.encrypt(mac, mac)

    def _turn(self, key: "aes", i: int) -> None:
        """Key stream block `i` (RFC 3610 §2.3)."""
        self._block[14] = i >> 8
        self._block[15] = i & 0xFF
        key.encrypt(self._block, self._stream)
