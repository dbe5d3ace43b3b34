"""What follows when grants begin or end: sensors, keys, what waits and what was told, in the same tick.

Reads no record: the ledger has decided. Frees nothing that is still granted.
"""

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..link import kinds
from . import purposes as p
from .clerk import CONSENT

_SWEEP_MS = const(60_000)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


class Consequences:
    def __init__(self, core: "Core", now: int) -> None:
        self._core = core
        self._live = 0  # mask of what was granted
        self._checked = -2  # in this second
        self._swept = now

    def deadline(self, now: int) -> int:
        """The tick at which something ends by itself, `ticks.FAR` away when nothing will."""
        core = self._core
        at = ticks.add(now, ticks.FAR)
        if core.outbox.waiting:
            at = ticks.sooner(at, ticks.add(self._swept, _SWEEP_MS), now)
        rider = core.grants.rider
        if rider is not None:
            at = ticks.sooner(at, rider.due, now)
        left = core.grants.next_expiry(core.calendar.seconds)
        if 0 <= left < ticks.FAR // 1000:
            at = ticks.sooner(at, ticks.add(core.calendar.mark, left * 1000), now)
        return at

    def on_time(self, now: int) -> None:
        """Finds out, once a second, which grants began or ended by themselves."""
        core = self._core
        rider = core.grants.rider
        if rider is not None and ticks.due(rider.due, now):
            core.count(rider, now)
        seconds = core.calendar.seconds
        if seconds == self._checked:
            return
        self._checked = seconds
        live = core.grants.live(seconds)
        if live != self._live:
            over = self._live & ~live
            self.settle(0, now)
            if over and core.grants.bound:
                core.hear().outlive(now)

    def settle(self, purposes: int, now: int) -> None:
        """From this moment nothing of what ended, or of `purposes`, which may be live, is left to send; the owner is told."""
        core = self._core
        live = core.grants.live(core.calendar.seconds)
        gone = (purposes | self._live) & ~live
        purposes |= gone
        core.outbox.ridden = p.PERSONAL if core.grants.rider is not None else 0
        core.seal.forget(purposes)  # the key first: whatever else is left of them is unreadable from here on
        core.seal.wanted = core.grants.sealed_of(live)
        absent = bool(self._live & gone & 1 << p.PRESENCE)
        if core.outbox.erase(purposes) or absent:
            # The link's client may repeat it: the connection goes, and its session with it. Without presence it goes
            # politely: a last will would still tell that the device was there.
            core.uplink.close(absent)
        core.receiver.withdrawn(purposes)
        core.receiver.lease(now, gone)
        if gone >> p.PHOTO & 1 and core.capture is not None:
            core.capture.stop(now)
        core.gate.forget(core.uplink.up and not core.ports.link.room())
        if core.rights is not None:
            core.rights.forget(purposes)
        if gone:
            core.journal.note(now, j.WITHDRAWN, gone)
        self._live = live
        if core.clerk is not None:
            core.clerk.soon(CONSENT)
        core.outbox.put(core.outbox.draft(kinds.WITHHELD, now))

    def sweep(self, now: int) -> None:
        """Once a minute: what was kept longer than its grant's retention is erased, sent or not (policy clause 3)."""
        if ticks.diff(now, self._swept) >= _SWEEP_MS:
            self._swept = now
            core = self._core
            core.outbox.expire(core.grants, now)
