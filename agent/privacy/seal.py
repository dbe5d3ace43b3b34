"""Seals what concerns a person to its recipient's key, so that neither broker nor flash holds a readable byte of it.

Law: when a purpose ends or narrows, the key goes before anything else of it is erased. One key for all that the recipient may
read now; it is made, and moved on, in a room of its own (sealing.py). Refuses to seal without a key. Allocates nothing.
"""

from micropython import const

from ..base import cbor, ticks
from ..base.errors import LocalError
from ..crypto.ccm import NONCE, TAG, Ccm

KEY = 32
WRAP = 64  # bytes that sealing once adds: a map, a public key, the head of what is sealed, its tag
STEP = 1024  # counters of one message key: the key of a message is told by its counter, divided by this
_MOST = const(256)  # messages under one key; a tick adds fewer than the rest of a step has room for
_LONG_MS = const(1_800_000)  # and half an hour of them
_HEAD = const(24)  # map, three numbers with their keys, and the head of the sealed bytes, at their longest

_TYPING = const(False)
if _TYPING:
    from ..crypto.ccm import aes


class Seal:
    def __init__(self) -> None:
        self.wanted = 0  # mask of the live purposes that leave only sealed
        self.held = 0  # mask of the purposes that the key is for
        self.key = bytearray(KEY)  # of the next step; the one in use lives in `cipher` alone
        self.cipher: "aes | None" = None
        self.number = 0  # of the agreement the key came from
        self.public = b""  # the device's half of it
        self.counter = 0
        self.since = 0  # tick of the last step
        self.grave = 0  # where in memory a key was that nobody needs, plus one; 0 for none
        self._ccm = Ccm()
        self._nonce = bytearray(NONCE)
        self._head = bytearray(_HEAD)

    def keyless(self) -> int:
        """Mask of the purposes that are granted and must wait until there is a key to seal them with."""
        return self.wanted & ~self.held

    def close(self, topic: bytes, seq: int, buf: bytearray, n: int) -> int:
        """buf[:n] becomes {1: seq, 2: number of the key, 3: counter, 4: sealed}; returns its length."""
        cipher = self.cipher
        if cipher is None:
            raise LocalError("seal: no key")
        counter = self.counter
        self.counter += 1
        nonce = self._nonce
        for k in range(4):  # number of the key, zeros, counter
            nonce[3 - k] = self.number >> 8 * k & 0xFF
            nonce[NONCE - 1 - k] = counter >> 8 * k & 0xFF
        head = self._head
        i = cbor.put_head(head, 0, cbor.MAP, 4)
        i = cbor.put_pair(head, i, 1, seq)
        i = cbor.put_pair(head, i, 2, self.number)
        i = cbor.put_pair(head, i, 3, counter)
        i = cbor.put_head(head, cbor.put_int(head, i, 4), cbor.BYTES, n + TAG)
        end = self._ccm.seal(cipher, nonce, topic, buf, n, i)
        for k in range(i):
            buf[k] = head[k]
        return end

    def worn(self, now: int) -> bool:
        """Whether the key has served long enough: its next step is due."""
        used = self.counter % STEP
        return used >= _MOST or (used > 0 and ticks.diff(now, self.since) >= _LONG_MS)

    def bury(self) -> None:
        """Lets go of the key in use. Its memory is still to be written over: Core does that in the same tick."""
        if self.cipher is not None:
            self.grave = (
                id(self.cipher) + 1
            )  # as it stands, the number would look like a reference and keep the object alive
            self.cipher = None

    def forget(self, purposes: int) -> None:
        """When the key was for any of them, it is gone: what it sealed, this device can neither open nor add to."""
        if self.held & purposes:
            self.held = self.counter = 0
            self.bury()
            for k in range(KEY):
                self.key[k] = 0
