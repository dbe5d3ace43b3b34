"""Signatures in slices: one a tick is checked or made, while the rooms that ask for them are out of memory.

Knows keys only for as long as one question takes; decides nothing: the desk hears whether a signature holds, and whoever asked for
one gets it. Takes one question at a time; what is being signed gives way to the next.
"""

from micropython import const

from ..base.errors import BUSY
from . import purposes as p

_SEED = const(32)
_ED25519 = const(6)  # crypto/keys.py

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

    from ..core import Core


class Notary:
    def __init__(self, core: "Core") -> None:
        self._core = core
        self.ask: "tuple[int, bytes, bytes, bytes] | None" = None  # curve, key, signature to check or none yet, text
        self.paper = b""  # the record it is about, or the receipt
        self.author: "Callable[[bytes, int], object] | None" = None  # who gets the signature when it is no receipt's
        self.told: "Callable[[int], object] | None" = None  # who waits for what becomes of the record
        self._result: "bool | bytes | None" = None
        self._machine: "Any" = None  # Any, as every room's first object

    def busy(self) -> bool:
        return self.ask is not None or self._machine is not None or self._result is not None

    def stop(self) -> None:
        """The account ended: what is being checked or signed is forgotten."""
        self.ask = self.told = self.author = self._machine = self._result = None
        self.paper = b""

    def on_time(self, now: int) -> None:
        """One slice. Without memory for it nothing is decided: whoever waits is told to come again, not left in silence."""
        try:
            self._slice(now)
        except MemoryError:
            told = self.told
            self.stop()
            if told is not None:
                told(BUSY)
            raise

    def _slice(self, now: int) -> None:
        """At the end of the last the desk hears of it.

        Positions wait: their room has no place beside this one in a small heap, and what the receiver says stays in its line.
        """
        result = self._result
        if self.ask is not None:
            self._begin(*self.ask)  # a receipt under way, signed or not, gives way with its paper
        elif result is not None:
            self._result = None
            self._hear(result, now)
        elif self._machine is not None:
            self._machine.step()
            if self._machine.done:
                self._result = self._machine.ok if self.told is not None else self._machine.signature
                self._machine = None
                self._core.drop_curves()

    def _hear(self, result: "bool | bytes", now: int) -> None:
        """A tick after the last slice: in the same one the stack still holds the machine, and with it the room (measured: 6 KB)."""
        author = self.author
        if type(result) is not bytes:
            self._core.hear().decide(result is True, now)
        elif author is not None:
            self.author = None
            author(result, now)
        else:
            self._core.hear().issue(result, now)

    def _begin(self, curve: int, key: bytes, signature: bytes, text: bytes) -> None:
        self.ask = self._machine = self._result = None
        self._core.receiver.step_out()
        room = self._core.load_curve(curve)
        self._machine = room.Verify(key, signature) if signature else room.Sign(key)
        self._machine.feed(text)

    def own_key(self) -> None:
        """The first start makes the key under which receipts are signed. Without flash for it there is no consent either."""
        core = self._core
        secrets = core.ports.secrets
        if core.grants.damaged or secrets.get("device_key") is not None:
            return
        seed = bytearray(_SEED)
        core.ports.entropy.fill(p.CONTROL, seed)
        machine = core.load_curve(_ED25519).Sign(bytes(seed))
        while not machine.public:
            machine.step()
        public: bytes = machine.public
        machine = None
        core.drop_curves()
        try:
            secrets.put("device_key", bytes(seed) + public)
        except OSError:
            core.grants.damaged = True
