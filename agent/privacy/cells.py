"""What left and what was held since the last line of the egress ledger, as numbers in a fixed table. Counting allocates nothing.

One row for each (purpose, recipient, reason, way); reason 0 is what left. Refuses a row it has no room for: what cannot be
counted may not leave, and the ledger writes a line before it comes to that.
"""

from array import array

from micropython import const

ROWS = 16  # one for each of what a minute brings: seven purposes in use, and a reason or two to hold them
WIDTH = 8

PURPOSE = 0
RECIPIENT = 1
REASON = 2  # purposes.GRANTED, or why it was held
ITEMS = 3  # mask: kinds of messages, or one of the ways below
COUNT = 4
BYTES = 5  # of payload; of a connection its last will, of an advert what it shows, of an answer its body
AGAIN = 6  # repeats of what was counted before, apart
AGAIN_BYTES = 7

# Bits of ITEMS behind those of link/kinds.py: ways other than a message. Their rows are their own.
CONNECT = 1 << 24
ADVERT = 1 << 25
NOTIFY = 1 << 26
ANSWER = 1 << 27
WAYS = CONNECT | ADVERT | NOTIFY | ANSWER

_WAYS = const(24)
_MOST = const(0x3FFF_FFFF)
_TICK = const(8)  # rows that one tick may need: a reason for each purpose of this build, and a connection


class Cells:
    def __init__(self) -> None:
        self.rows = array("i", bytes(4 * WIDTH * ROWS))
        self.used = 0

    def full(self) -> bool:
        """Whether the next message may find no row."""
        return self.used == ROWS

    def filling(self) -> bool:
        """Whether a line must be written before the next tick's."""
        return self.used > ROWS - _TICK

    def add(self, purpose: int, recipient: int, reason: int, items: int, size: int, again: bool) -> bool:
        """Counts one message of `size` payload bytes. False when there is no row left, or a number would pass 2**30."""
        rows = self.rows
        at = 0
        end = self.used * WIDTH
        while at < end and (
            rows[at] != purpose
            or rows[at + RECIPIENT] != recipient
            or rows[at + REASON] != reason
            or rows[at + ITEMS] >> _WAYS != items >> _WAYS
        ):
            at += WIDTH
        column = AGAIN if again else COUNT
        if at == WIDTH * ROWS or rows[at + column] == _MOST or rows[at + column + 1] > _MOST - size:
            return False
        if at == end:
            self.used += 1
            rows[at] = purpose
            rows[at + RECIPIENT] = recipient
            rows[at + REASON] = reason
        rows[at + ITEMS] |= items
        rows[at + column] += 1
        rows[at + column + 1] += size
        return True

    def clear(self) -> None:
        for k in range(self.used * WIDTH):
            self.rows[k] = 0
        self.used = 0
