"""Makes the sealing key and moves it on: X25519 (RFC 7748) with a key of this moment alone, HKDF (RFC 5869), a ratchet.

Loaded for the occasion. The owner's phone makes the same key from the public half that `seal` announces. The pairing key is
the salt: without it nobody can announce a key under which the phone would believe anything.
"""

import struct

from micropython import const

from ..crypto.ccm import cipher
from ..crypto.hkdf import hkdf
from ..crypto.mac import Hmac
from ..crypto.x25519 import Exchange, public_of
from ..link import kinds
from . import purposes as p
from .seal import KEY, STEP

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
        subject = recipient = p.OWNER
        info = b"SEAL1" + core.device_id + struct.pack(">IIBB", number, purposes, recipient, subject)
        seal.key[:] = hkdf(shared.shared, secrets.get("pairing_key") or b"", info, KEY)
        seal.public = public_of(mine)
        seal.number = number
        seal.counter = 0
        self._turn(now)
        seal.held = purposes
        core.outbox.put(core.outbox.draft(kinds.SEAL, now))

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
