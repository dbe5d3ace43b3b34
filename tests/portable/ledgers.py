"""A consent ledger with the grants it fills, for the tests of both."""

from agent.base.errors import BAD_MAC, RemoteError
from agent.crypto.ed25519 import Verify
from agent.crypto.sign1 import verifier
from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.ledger import Ledger
from tests.portable.refusals import code
from tests.portable.signed import DEVICE, EPOCH, KEY, OWNER, START

STATUS = 1 << p.STATUS
PHOTO = 1 << p.PHOTO
PLACE = 1 << p.LOCATION_REPORT


class Device:
    """A ledger over its grants, at a second."""

    def __init__(self, seconds: int = START) -> None:
        self.grants = g.Grants()
        self.grants.bound = True
        self.seconds = seconds
        self.ended = 0  # purposes of which nothing older may leave any more
        self.answered = False  # whether a receipt would have been sent
        self.ledger = Ledger(self.grants, DEVICE, KEY, EPOCH, OWNER)

    def take(self, record: bytes) -> int:
        """What the desk does, in one go."""
        return code(self._take, record)

    def _take(self, record: bytes) -> None:
        self.answered = False
        self.ended = 0
        ledger = self.ledger
        try:
            pending = ledger.read(record, len(record), self.seconds)
        finally:
            self.answered = ledger.hasty
            self.ended = ledger.withdrawn  # in haste
        machine = verifier(pending.signed, ledger.signer, Verify)
        machine.finish()
        if machine.ok:
            self.answered = True
            try:
                ledger.decide(pending, self.seconds)
            finally:
                self.ended |= ledger.withdrawn
        else:
            ledger.reject(pending)
            raise RemoteError(BAD_MAC)

    def live(self) -> int:
        return self.grants.live(self.seconds if self.seconds >= 0 else START) & ~1

    def state(self):
        """Everything that a refusal must leave as it is."""
        grants = self.grants
        rows = [[grants.get(purpose, column) for column in range(g.COLUMNS)] for purpose in range(p.COUNT)]
        return (grants.seq, bytes(grants.head), grants.issued, grants.bound, grants.damaged, grants.switches, rows)


def restored(blob: bytes, key: bytes = KEY, epoch: int = EPOCH) -> Device:
    device = Device()
    device.ledger = Ledger(device.grants, DEVICE, key, epoch, OWNER)
    device.ledger.restore(blob)
    return device
