"""MicroPython's `cryptolib.aes` on CPython, in ECB mode only: the agent builds its other modes on single blocks.

Source: MicroPython 1.25 `docs/library/cryptolib.rst` and `extmod/modcryptolib.c`, whose ValueErrors are repeated here.
"""

from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes

_ECB = 1
_BLOCK = 16


class aes:  # noqa: N801 - the device's own name
    """One key for one direction: the device's object remembers whether it encrypted or decrypted first."""

    def __init__(self, key: bytes | bytearray, mode: int) -> None:
        if len(key) not in (16, 32):
            raise ValueError("key")
        if mode != _ECB:
            raise ValueError("mode")
        # ECB on purpose: this is the block primitive beneath the agent's counter mode, never a message cipher.
        self._cipher = Cipher(algorithms.AES(bytes(key)), modes.ECB())
        self._context: CipherContext | None = None
        self._encrypts = False

    def encrypt(
        self, source: bytes | bytearray | memoryview, target: bytearray | memoryview | None = None
    ) -> bytes | bytearray | memoryview:
        return self._turn(True, source, target)

    def decrypt(
        self, source: bytes | bytearray | memoryview, target: bytearray | memoryview | None = None
    ) -> bytes | bytearray | memoryview:
        return self._turn(False, source, target)

    def _turn(
        self, encrypts: bool, source: bytes | bytearray | memoryview, target: bytearray | memoryview | None
    ) -> bytes | bytearray | memoryview:
        if len(source) % _BLOCK:
            raise ValueError("blksize % 16")
        if target is not None and len(target) < len(source):
            raise ValueError("output too small")
        if self._context is None:
            self._encrypts = encrypts
            self._context = self._cipher.encryptor() if encrypts else self._cipher.decryptor()
        elif self._encrypts != encrypts:
            raise ValueError("can't encrypt & decrypt")
        result = self._context.update(source)
        if target is None:
            return result
        target[: len(result)] = result
        return target
