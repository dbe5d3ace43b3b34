"""Where consent records arrive, from BLE, MQTT and console alike, and where their consequences begin.

Law: a withdrawal takes effect before it is stored or answered; a grant is stored before it is answered. What is not
authentic gets no answer at all, only a count. The pairing key is in RAM only while this room is loaded.
"""

from micropython import const

from ..base import journal as j
from ..base.errors import BUSY, FORKED, RemoteError
from ..link import kinds
from .ledger import Ledger

_SNAPSHOT = "consent"  # name of the secret that keeps the grants over a restart

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..core import Core


class Desk:
    """Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._secrets = core.ports.secrets
        self._key = self._secrets.get("pairing_key") or b""
        self._ledger = Ledger(core.grants, core.device_id, self._key, core.epoch)

    def restore(self) -> None:
        """At the start: what was granted before it."""
        core = self._core
        stored = self._secrets.get(_SNAPSHOT)
        if stored is not None:
            self._ledger.restore(stored)
            core.calendar.floor = max(core.calendar.floor, core.grants.issued)

    def record(self, buf: "Readable", n: int, now: int) -> int:
        """Takes one consent record; returns 0 or the error code."""
        core = self._core
        ledger = self._ledger
        code = 0
        try:
            ledger.feed(buf, n, core.calendar.seconds)
        except RemoteError as error:
            code = error.code
        if code == 0:
            core.calendar.learn(core.grants.issued, now)
            core.journal.note(now, j.RECORD_APPLIED, core.grants.seq)
        else:
            core.refused += 1
            core.journal.note(now, j.RECORD_REFUSED, code)
        if code == 0 or ledger.withdrawn:
            core.settle(ledger.withdrawn, now)
            code = self.keep(now) or code
        if ledger.authentic:
            self.tell(code, now)
        return code

    def withdraw(self, now: int) -> None:
        """The button was held: everything that can be off is off, without phone or network."""
        core = self._core
        self._ledger.withdraw_all(max(0, core.calendar.seconds))
        core.settle(self._ledger.withdrawn, now)
        self.tell(self.keep(now), now)

    def outlive(self, now: int) -> None:
        """A grant ended by itself. Kept, so that after a restart no record that was held up can bring back the time before."""
        core = self._core
        core.grants.issued = max(core.grants.issued, core.calendar.seconds)
        self.keep(now)

    def keep(self, now: int) -> int:
        """Keeps the grants over a restart; returns 0 or an error code. Consent that cannot be kept is none (I6).

        A damaged snapshot stays as it is: a fresh one over it would make the chain's first records good again.
        """
        core = self._core
        if core.grants.damaged:
            return FORKED
        try:
            self._secrets.put(_SNAPSHOT, self._ledger.snapshot())
        except OSError:
            core.journal.note(now, j.FAULT, j.CONSENT_STORE)
            core.grants.damaged = True
            core.settle(0, now)
            return BUSY
        return 0

    def tell(self, code: int, now: int) -> None:
        core = self._core
        slot = core.outbox.draft(kinds.RECEIPT, now)
        slot.facts[0] = core.calendar.seconds
        slot.facts[1] = code
        core.outbox.put(slot)
