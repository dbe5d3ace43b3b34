"""Rarely used rooms come when they are needed and go after: a consent record needs a tenth of the heap for a tenth of a second.

Refuses to be used elsewhere: core.py alone may import it (a check breaks the build otherwise). A board with
memory to spare keeps its rooms (`Profile.keep_rooms`); what is loaded again is the same code, so nothing can differ.
"""

import gc
import sys

from micropython import const

# Modules of a room, the one to begin with first. One string each: a tuple of names would cost three times as much.
RECORD = (
    "privacy.desk privacy.ledger privacy.snapshot privacy.record privacy.terms privacy.notice"
    " store.anchor crypto.sign1 crypto.keys crypto.cose crypto.mac base.reader"
)
ED25519 = "crypto.ed25519 crypto.sha512 crypto.steps"
P256 = "crypto.p256 crypto.steps"
REQUEST = "link.errands link.requests crypto.cose crypto.mac base.reader"
RIGHTS = (
    "privacy.rights privacy.order privacy.erasure privacy.inventory"
    " store.anchor crypto.sign1 crypto.keys crypto.cose crypto.mac base.reader"
)
ALARM = "alarm.guard alarm.alarm"
ADVERT = "alarm.advert crypto.mac"
POSITION = (
    "position.tracker position.nmea position.epoch position.fields position.fix position.sentence position.cadence"
    " privacy.minimise base.geo"
)
LEDGER = "privacy.egress store.ring base.reader"
SEAL = "privacy.sealing crypto.x25519 crypto.steps crypto.hkdf crypto.mac"
INCIDENT = "diagnostics.incidents crypto.sign1 crypto.keys crypto.cose crypto.mac base.reader"
LEND = "privacy.lend"
LETTER = "link.letters"
DIAL = "link.dial link.backoff"
PHOTO = "media.capture"
NEARBY = "link.nearby link.fragments"
CONSOLE = "link.console store.anchor base.frame crypto.mac"

_MOST = const(128)  # objects made to write over one

WARM = (RECORD, ED25519, REQUEST, POSITION, ALARM, SEAL, LEDGER, ADVERT, LETTER, DIAL, PHOTO, NEARBY)
"""Rooms that every life needs sooner or later. An incident is not: measured, its lasting names cost 4 KB of gaps."""

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

_ROOT = __name__.split(".")[0]


class Rooms:
    def __init__(self, keep: bool) -> None:
        self._keep = keep
        self._loaded: "list[str]" = []

    def warm(self, room: str) -> None:
        """At the start: every name the room brings gets its lasting place while the heap is empty, so that later loads leave
        no holes (measured: 6 KB of a 72 KB heap)."""
        self.load(room)
        self.drop(room)

    def load(self, room: str) -> "Any":
        """The first module of a room. Any, because a module loaded by name has no static type; callers annotate what they take."""
        name = _ROOT + "." + room.split()[0]
        if room in self._loaded:
            return sys.modules[name]
        self._loaded.append(room)
        if not self._keep:
            gc.collect()  # here the stack is short: deeper, it would keep what was just dropped
        try:
            __import__(name)
        except MemoryError:  # MicroPython keeps a module whose import failed: the next to load it would find half of it
            self._loaded.remove(room)
            self._forget(room)
            raise
        return sys.modules[name]

    def overwrite(self, grave: int, make: "Callable[[], object]") -> None:
        """Makes objects until one lies where another was freed (its id is `grave` - 1): what that held stays readable until then.
        When memory ends before, every gap of this size is taken, and so is that one."""
        gc.collect()
        made: "list[object]" = [None] * _MOST
        try:
            for k in range(_MOST):
                made[k] = make()
                if id(made[k]) + 1 == grave:
                    return
        except MemoryError:
            pass

    def drop(self, room: str) -> None:
        """Forgets a room's modules that no other loaded room uses. Its objects must be gone."""
        if not self._keep and room in self._loaded:
            self._loaded.remove(room)
            self._forget(room)

    def _forget(self, room: str) -> None:
        used = " ".join(self._loaded).split()
        for name in room.split():
            if name not in used:
                package, module = name.split(".")
                whole = _ROOT + "." + name
                if whole in sys.modules:
                    del sys.modules[whole]
                    parent = sys.modules[_ROOT + "." + package]
                    if hasattr(parent, module):  # not yet, when its import failed
                        delattr(parent, module)
