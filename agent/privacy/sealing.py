"""Makes the sealing key and moves it on: X25519 (RFC 7748) with a key of this moment alone, HKDF (RFC 5869), a ratchet.

Loaded for the occasion. The owner's phone makes the same key from the public half that `seal` announces. The pairing key is
the salt: without it nobody can announce a key under which the phone would believe anything.
"""

import struct

from micropython import const

from ..base import cbor
from ..crypto.ccm import NONCE, TAG, Ccm, cipher
from ..crypto.hkdf import hkdf
from ..crypto.mac import Hmac
from ..crypto.x25519 import Exchange, public_of
from ..link import kinds
from . import grants as g
from . import purposes as p
from .seal import KEY, STEP, WRAP

_NUMBER = (
    "seal_number"  # secret: of the last agreement; it rises over restarts, so that no broker can replay an older one
)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


class Sealing:
    """Works for one core, on the key of its seal."""

    def __init__(self, core: "Core") -> None:
        self._core = core

    def agree(self, purposes: int, now: int) -> None:
        """A fresh key for `purposes`, to the owner, who is told its half. A recipient's key of small order counts as none."""
        core = self._core
        seal = core.seal
        secrets = core.ports.secrets
        mine = bytearray(KEY)
        core.ports.entropy.fill(p.CONTROL, mine)
        shared = Exchange(mine, secrets.get("owner_seal") or b"")
        shared.finish()
        number = struct.unpack(">I", secrets.get(_NUMBER) or bytes(4))[0] + 1
        try:
            secrets.put(_NUMBER, struct.pack(">I", number))
        except OSError:
            shared.ok = False  # a number that is not kept would come twice
        if not shared.ok:
            core.grants.keys = 0  # for this boot; the owner is told why nothing comes
            core.consequences.settle(0, now)
            return
        subject = g.RIDER if core.outbox.ridden & purposes else p.OWNER
        recipient = p.OWNER
        info = b"SEAL1" + core.device_id + struct.pack(">IIBB", number, purposes, recipient, subject)
        seal.key[:] = hkdf(shared.shared, secrets.get("pairing_key") or b"", info, KEY)
        seal.public = public_of(mine)
        seal.number = number
        seal.counter = 0
        self._turn(now)
        seal.held = purposes
        core.outbox.put(core.outbox.draft(kinds.SEAL, now))

    def wrap(self, to: bytes, salt: bytes, info: bytes, buf: bytearray, start: int, stop: int) -> "tuple[int, int]":
        """buf[start:stop] becomes {1: public half, 2: sealed} to the X25519 key `to`, by a key that serves once; needs `WRAP`
        bytes more. Returns its end and where the key was, plus one; its end is 0, and nothing was done, when `to` is no key.
        """
        mine = bytearray(KEY)
        self._core.ports.entropy.fill(p.CONTROL, mine)
        shared = Exchange(mine, to)
        shared.finish()
        if not shared.ok:
            return 0, 0
        key = cipher(hkdf(shared.shared, salt, info, KEY))
        n = stop - start
        head = bytearray(WRAP)
        i = cbor.put_int(head, cbor.put_head(head, 0, cbor.MAP, 2), 1)
        i = cbor.put_int(head, cbor.put_bytes(head, i, public_of(mine)), 2)
        i = cbor.put_head(head, i, cbor.BYTES, n + TAG)
        body = memoryview(buf)[start:]
        end = start + Ccm().seal(key, bytearray(NONCE), info, body, n, i)
        body[:i] = memoryview(head)[:i]
        return end, id(key) + 1

    def step(self, now: int) -> None:
        """The next message key; the one before is forgotten, and the chain cannot be turned back."""
        seal = self._core.seal
        seal.counter += STEP - seal.counter % STEP
        self._turn(now)

    def _turn(self, now: int) -> None:
        seal = self._core.seal
        seal.bury()
        mac = Hmac(seal.key)
        seal.cipher = cipher(mac.tag(b"message"))
        seal.key[:] = mac.tag(b"chain")
        seal.since = now
