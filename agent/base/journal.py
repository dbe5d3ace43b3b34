"""What happened, as numbers in a ring: (tick, code, a, b). No text, no personal datum, no growth.

Texts live on the host (`tools/rig/journal_text.py`), so that a log line costs 0 bytes of heap and cannot leak a value that
the caller did not pass as one of two plain counters or codes.
"""

from array import array

from micropython import const

_WORDS = const(4)

BOOT = 1  # a reset cause
RECORD_APPLIED = 2  # a seq
RECORD_REFUSED = 3  # a error code
REQUEST_DONE = 4  # a request code
REQUEST_REFUSED = 5  # a error code
LINK_UP = 6  # a mode
LINK_DOWN = 7  # a link error
WIFI_UP = 8
WIFI_DOWN = 9  # a wifi error
LEASES = 10  # a sensor mask
WITHDRAWN = 11  # a purpose mask
FOREIGN = 12  # the broker is not of our region and is not called; said once
WAKE = 13  # a attempt
ALARM = 14  # a state
CAMERA = 15  # a state
FAULT = 16  # a what failed, one of the numbers below; b detail
CONSOLE = 17  # a 1 opened, 2 refused
ORDER = 18  # a what the owner ordered of what is held, b error code

# What failed.
MEMORY = 1  # a tick; b how many in a row
EXCEPTION = 2  # a tick; b how many in a row
SECRETS = 3  # the rig's order; b its operation
CONSENT_STORE = 4  # consent could not be kept
RECEIVER = 5  # the receiver's port
FRESHNESS = 6  # the consent store is not the newest, or nobody can tell; b what the anchor says (store/anchor.py)
LEDGER = 7  # the egress ledger could not be written
_GRAVE = (
    1 << EXCEPTION | 1 << SECRETS | 1 << LEDGER
)  # faults the owner is told of (diagnostics/watch.py); consent's own are apart


class Journal:
    """The last `rows` entries; older ones are overwritten and counted in `lost`."""

    def __init__(self, rows: int) -> None:
        self._ring = array("i", bytes(4 * _WORDS * rows))
        self._rows = rows
        self._next = 0
        self.count = 0
        self.lost = 0
        self.faults = 0  # grave ones

    def note(self, now: int, code: int, a: int = 0, b: int = 0) -> None:
        if code == FAULT and _GRAVE >> a & 1:
            self.faults += 1
        i = self._next * _WORDS
        ring = self._ring
        ring[i] = now
        ring[i + 1] = code
        ring[i + 2] = a
        ring[i + 3] = b
        self._next = (self._next + 1) % self._rows
        if self.count < self._rows:
            self.count += 1
        else:
            self.lost += 1

    def clear(self) -> None:
        """What somebody did is not the next one's to read."""
        for k in range(len(self._ring)):
            self._ring[k] = 0
        self.count = self.lost = 0

    def entry(self, index: int, word: int) -> int:
        """Word 0..3 of the entry `index`, 0 being the oldest kept."""
        row = (self._next - self.count + index) % self._rows
        return self._ring[row * _WORDS + word]
