"""A consent ledger with the grants it fills, for the tests of both."""

from agent.privacy import grants as g
from agent.privacy import purposes as p
from agent.privacy.ledger import Ledger
from tests.portable.refusals import code
from tests.portable.signed import DEVICE, EPOCH, KEY, START

STATUS = 1 << p.STATUS
PHOTO = 1 << p.PHOTO
PLACE = 1 << p.LOCATION_REPORT


class Device:
    """A ledger over its grants, at a second."""

    def __init__(self, seconds: int = START) -> None:
        self.grants = g.Grants()
        self.grants.bound = True
        self.seconds = seconds
        self.ledger = Ledger(self.grants, DEVICE, KEY, EPOCH)

    def take(self, record: bytes) -> int:
        return code(self.ledger.feed, record, len(record), self.seconds)

    def live(self) -> int:
        return self.grants.live(self.seconds if self.seconds >= 0 else START) & ~1

    def state(self):
        """Everything that a refusal must leave as it is."""
        grants = self.grants
        rows = [[grants.get(purpose, column) for column in range(g.COLUMNS)] for purpose in range(p.COUNT)]
        return (grants.seq, grants.head, grants.issued, grants.bound, grants.damaged, rows)


def restored(blob: bytes, key: bytes = KEY, epoch: int = EPOCH) -> Device:
    device = Device()
    device.ledger = Ledger(device.grants, DEVICE, key, epoch)
    device.ledger.restore(blob)
    return device
