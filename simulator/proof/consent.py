"""What the owner may have allowed, as an onlooker knows it who sees records signed and delivered. Never asks the agent.

Errs on one side: a purpose counts as granted as soon as a yes is signed, and as withheld only once the device was told no, the
button was held, or the time is over for long. Where it errs, two worlds are equal and nothing is compared in vain.
"""

from agent.privacy import purposes as p
from simulator import remote
from simulator.cloud import inbound_of
from simulator.owner import GIVEN, RENEWED, Owner, Record

_LATE_S = 60
"""After its end a grant counts as granted so much longer: the device's clock may be behind."""


class Onlooker:
    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._known: dict[bytes, Record] = {}
        self._yes: dict[
            int, tuple[int, int, int]
        ] = {}  # purpose → (seq, until, finest precision) of what may be granted
        self._platform: set[int] = set()  # purposes of which a yes that may still hold names the platform
        self._no: dict[int, int] = {}  # purpose → highest seq of a no that arrived

    def see(self, inputs: list[tuple[int, bytes]]) -> bool:
        """What reaches the device now; call it before the step. True when one of them says no to something."""
        for record in self._owner.records:
            if record.body not in self._known:
                self._known[record.body] = record
                self._hears(record, arrived=False)
        told = False
        for port, data in inputs:
            if port == remote.BUTTON and data == b"\x00\x02":
                self._yes.clear()
                self._platform.clear()
                told = True
            elif port == remote.LINK and data[:1] == b"M":
                record = self._known.get(inbound_of(data)[1])
                if record is not None:
                    told = self._hears(record, arrived=True) or told
        return told

    def _hears(self, record: Record, arrived: bool) -> bool:
        told = False
        for line in record.lines:
            if line.state in (GIVEN, RENEWED):
                seq, until, precision = self._yes.get(line.purpose, (0, 0, 9))
                if line.recipients & 1 and record.seq > self._no.get(line.purpose, 0):
                    self._yes[line.purpose] = (
                        max(seq, record.seq),
                        max(until, record.until),
                        min(precision, line.precision),
                    )
                    if line.recipients >> p.PROVIDER & 1:
                        self._platform.add(line.purpose)
            elif arrived:
                self._no[line.purpose] = max(record.seq, self._no.get(line.purpose, 0))
                if self._yes.get(line.purpose, (0, 0, 0))[0] < record.seq:
                    told = self._yes.pop(line.purpose, None) is not None or told
                    self._platform.discard(line.purpose)
        return told

    def granted(self, purpose: int, seconds: int) -> int:
        """The finest precision the owner may have granted to itself, -1 when it is withheld for certain."""
        _, until, precision = self._yes.get(purpose, (0, 0, -1))
        return precision if seconds < until + _LATE_S else -1

    def readable(self, purpose: int, seconds: int) -> bool:
        """Whether the platform may have been allowed to read it on its way."""
        return purpose in self._platform and self.granted(purpose, seconds) >= 0
