"""Where consent records arrive, from BLE, MQTT and console alike, and where their consequences begin.

Law: a withdrawal takes effect before it is stored or answered; a grant is stored before it is answered. What is not
authentic gets no answer at all, only a count. The pairing key is in RAM only while this room is loaded.
"""

from micropython import const

from ..base import journal as j
from ..base.errors import RemoteError
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
        stored = self._secrets.get(_SNAPSHOT)
        if stored is not None:
            self._ledger.restore(stored)

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
        if ledger.withdrawn:
            core.withdrawn(ledger.withdrawn, now)
        elif code == 0:
            core.granted(now)
        if code == 0 or ledger.withdrawn:
            self._secrets.put(_SNAPSHOT, ledger.snapshot())
        if ledger.authentic:
            self._receipt(code, now)
        return code

    def withdraw(self, now: int) -> None:
        """The button was held: everything that can be off is off, without phone or network."""
        core = self._core
        self._ledger.withdraw_all(max(0, core.calendar.seconds))
        core.withdrawn(self._ledger.withdrawn, now)
        self._secrets.put(_SNAPSHOT, self._ledger.snapshot())
        self._receipt(0, now)

    def _receipt(self, code: int, now: int) -> None:
        core = self._core
        slot = core.outbox.draft(kinds.RECEIPT, now)
        slot.facts[0] = core.calendar.seconds
        slot.facts[1] = code
        core.outbox.put(slot)
