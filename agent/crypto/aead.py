"""AES-GCM (NIST SP 800-38D) with a 96-bit nonce over `cryptolib`'s single blocks: seals in the caller's buffer.

Refuses a wrong tag before a byte is decrypted, and more than 1,024 bytes at once (1 ms on the 32-bit machine). Whoever seals twice under one key and
nonce gives both messages away: nonces are the caller's to count.
GHASH multiplies polynomials over GF(2) as integers whose bits stand a byte apart, so that sums of up to 128 products never
meet: a multiplication in C instead of 128 steps of bytecode, and no table indexed by what is secret.
"""

import cryptolib
from micropython import const

from ..base.errors import BAD_MAC, LocalError, RemoteError
from .mac import equal

MAX = 1024  # bytes of a message, and of what is authenticated beside it
TAG = 16
NONCE = 12
_ECB = const(1)
_BLOCK = const(16)
_WIDE = const(128)  # bytes of a block whose bits stand apart
_RUN = const(4)  # blocks of key stream at a time
_BITS = int.from_bytes(b"\1" * 256, "little")

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable


class Gcm:
    """One key of 16 or 32 bytes."""

    def __init__(self, key: bytes) -> None:
        self._aes = cryptolib.aes(key, _ECB)
        self._counters = bytearray(_RUN * _BLOCK)
        self._stream = bytearray(_RUN * _BLOCK)
        self._first = bytearray(_BLOCK)  # the key stream's block that hides the tag
        self._wide = bytearray(_WIDE)
        self._nibbles = bytes([n >> 3 - k & 1 for n in range(16) for k in range(4)])
        self._aes.encrypt(bytes(_BLOCK), self._first)
        self._h = self._spread(self._first, 0, _BLOCK)

    def seal(self, buf: bytearray, start: int, stop: int, nonce: "Readable", aad: "Readable") -> int:
        """Encrypts buf[start:stop] in place, writes the tag behind it, returns its end."""
        if stop + TAG > len(buf):
            raise LocalError("gcm: no room for the tag")
        self._hide(stop - start, nonce, aad)
        self._crypt(buf, start, stop)
        buf[stop : stop + TAG] = self._tag(buf, start, stop, aad)
        return stop + TAG

    def open(self, buf: bytearray, start: int, stop: int, nonce: "Readable", aad: "Readable") -> int:
        """Decrypts buf[start:stop] in place, its tag the last 16 bytes; returns where the message ends. RemoteError(BAD_MAC)."""
        end = stop - TAG
        if end < start:
            raise RemoteError(BAD_MAC)
        self._hide(end - start, nonce, aad)
        if not equal(self._tag(buf, start, end, aad), buf[end:stop]):
            raise RemoteError(BAD_MAC)
        self._crypt(buf, start, end)
        return end

    def _hide(self, size: int, nonce: "Readable", aad: "Readable") -> None:
        if size > MAX or len(aad) > MAX or len(nonce) != NONCE:
            raise LocalError("gcm: sizes")
        for k in range(_RUN):
            self._counters[_BLOCK * k : _BLOCK * k + NONCE] = nonce
        self._count(0, 1)
        self._aes.encrypt(self._counters[:_BLOCK], self._first)

    def _count(self, k: int, counter: int) -> None:
        self._counters[_BLOCK * k + 14] = counter >> 8
        self._counters[_BLOCK * k + 15] = counter & 0xFF

    def _crypt(self, buf: bytearray, start: int, stop: int) -> None:
        """Counter mode: block counters begin at 2 (SP 800-38D §7.1). Four blocks are XORed as one integer."""
        counter = 2
        for at in range(start, stop, _RUN * _BLOCK):
            for k in range(_RUN):
                self._count(k, counter + k)
            counter += _RUN
            self._aes.encrypt(self._counters, self._stream)
            n = min(_RUN * _BLOCK, stop - at)
            word = int.from_bytes(buf[at : at + n], "little") ^ int.from_bytes(self._stream[:n], "little")
            buf[at : at + n] = word.to_bytes(n, "little")

    def _spread(self, buf: "Readable", start: int, stop: int) -> int:
        """A block, padded with zeros, its bits a byte apart; the highest bit of the first byte is x**0 (SP 800-38D §6.3)."""
        wide = self._wide
        nibbles = self._nibbles
        i = 0
        for at in range(start, stop):
            byte = buf[at]
            high = byte >> 2 & 0x3C
            low = byte << 2 & 0x3C
            wide[i : i + 4] = nibbles[high : high + 4]
            wide[i + 4 : i + 8] = nibbles[low : low + 4]
            i += 8
        wide[i:] = bytes(_WIDE - i)
        return int.from_bytes(wide, "little")

    def _absorb(self, y: int, buf: "Readable", start: int, stop: int) -> int:
        """GHASH (SP 800-38D §6.4): y = (y + block) * H for each block, modulo x**128 + x**7 + x**2 + x + 1."""
        h = self._h
        for at in range(start, stop, _BLOCK):
            y = (y ^ self._spread(buf, at, min(at + _BLOCK, stop))) * h & _BITS
            top = y >> 1024
            y ^= top << 1024 ^ top ^ top << 8 ^ top << 16 ^ top << 56
            top = y >> 1024  # at most 6 bits
            y ^= top << 1024 ^ top ^ top << 8 ^ top << 16 ^ top << 56
        return y

    def _tag(self, buf: "Readable", start: int, stop: int, aad: "Readable") -> bytes:
        lengths = (8 * len(aad)).to_bytes(8, "big") + (8 * (stop - start)).to_bytes(8, "big")
        y = self._absorb(self._absorb(0, aad, 0, len(aad)), buf, start, stop)
        wide = self._absorb(y, lengths, 0, _BLOCK).to_bytes(_WIDE, "little")
        tag = bytearray(self._first)
        for k in range(_WIDE):
            tag[k >> 3] ^= wide[k] << 7 - (k & 7)
        return bytes(tag)
