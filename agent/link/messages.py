"""Facts to CBOR: the body of every message the device publishes (docs/messages.cddl). Writes into the gate's buffer.

Each body is one map with integer keys in ascending order; key 1 is the purpose's release number. A fact that is unknown or
not covered by the granted precision is absent, never null.
"""

from micropython import const

from ..base import cbor
from ..privacy import purposes as p
from . import kinds

NONE = -(1 << 29)  # an absent fact; no altitude, speed or position reaches it

# A location's facts, in a slot: seconds, lat_e6, lon_e6, precision, speed_cms, track_cdeg, alt_dm.
# An alarm-location's facts: the same. Its key 10 carries no alarm number: the two messages are joined by the owner alone.
_LOCATION_KEYS = bytes((2, 3, 4, 5, 6, 7, 8))
_STATUS_KEYS = bytes((2, 3, 4, 5, 6))  # seconds, battery percent, millivolts, charging, armed
_WAKE_KEYS = bytes((2, 3, 4, 5, 6))  # episode, code, class, attempt, seconds
_RESULT_KEYS = bytes((2, 3))  # request number, error code (0 done)

_TYPING = const(False)
if _TYPING:
    from hal.ports import Camera

    from ..privacy.grants import Grants
    from ..store.outbox import Slot


class Writer:
    """Knows the sources that a message may quote beside its slot: the consent state, the boot nonce, the photo."""

    def __init__(self, grants: "Grants", nonce: bytes, epoch: int, camera: "Camera | None") -> None:
        self._grants = grants
        self._nonce = nonce
        self._epoch = epoch
        self._camera = camera
        self.seconds = -1
        self._reasons = bytearray(p.COUNT)

    def write(self, slot: "Slot", buf: bytearray) -> int:
        """Writes the body of `slot` (its `seq` already given) and returns its length; 0 is an empty, erasing message."""
        kind = slot.kind
        if kind == kinds.LOCATION or kind == kinds.ALARM_LOCATION:
            return _facts(slot, buf, _LOCATION_KEYS)
        if kind == kinds.STATUS:
            return _facts(slot, buf, _STATUS_KEYS)
        if kind == kinds.WAKE:
            return _facts(slot, buf, _WAKE_KEYS)
        if kind == kinds.RESULT:
            return _facts(slot, buf, _RESULT_KEYS)
        if kind == kinds.PHOTO:
            return self._photo(slot, buf)
        if kind == kinds.ONLINE:
            return online(buf, slot.seq, 1)
        if kind == kinds.HELLO:
            return self._hello(slot, buf)
        if kind == kinds.RECEIPT:
            return self._receipt(slot, buf)
        if kind == kinds.WITHHELD:
            return self._withheld(slot, buf)
        return 0

    def _hello(self, slot: "Slot", buf: bytearray) -> int:
        """{1 seq, 2 boot nonce, 3 consent seq, 4 consent head, 5 epoch}"""
        i = cbor.put_head(buf, 0, cbor.MAP, 5)
        i = cbor.put_pair(buf, i, 1, slot.seq)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 2), self._nonce)
        i = cbor.put_pair(buf, i, 3, self._grants.seq)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 4), self._grants.head)
        return cbor.put_pair(buf, i, 5, self._epoch)

    def _receipt(self, slot: "Slot", buf: bytearray) -> int:
        """{1 seq, 2 consent seq, 3 consent head, 4 applied at, 5 [live purposes], 6 error code}; facts: seconds, code."""
        live = self._grants.live(self.seconds)
        i = cbor.put_head(buf, 0, cbor.MAP, 6 if slot.facts[0] >= 0 else 5)
        i = cbor.put_pair(buf, i, 1, slot.seq)
        i = cbor.put_pair(buf, i, 2, self._grants.seq)
        i = cbor.put_bytes(buf, cbor.put_int(buf, i, 3), self._grants.head)
        if slot.facts[0] >= 0:
            i = cbor.put_pair(buf, i, 4, slot.facts[0])
        i = cbor.put_head(buf, cbor.put_int(buf, i, 5), cbor.ARRAY, _bits(live))
        for purpose in range(p.COUNT):
            if live >> purpose & 1:
                i = cbor.put_int(buf, i, purpose)
        return cbor.put_pair(buf, i, 6, slot.facts[1])

    def _withheld(self, slot: "Slot", buf: bytearray) -> int:
        """{1 seq, 2 [[purpose, reason, since]…]} for every purpose of this build that is not live; since 0 = from the start."""
        grants = self._grants
        lines = 0
        for purpose in range(p.COUNT):
            shown = p.GRANTABLE >> purpose & 1
            self._reasons[purpose] = grants.refusal(purpose, self.seconds) if shown else p.GRANTED
            lines += self._reasons[purpose] != p.GRANTED
        i = cbor.put_head(buf, 0, cbor.MAP, 2)
        i = cbor.put_pair(buf, i, 1, slot.seq)
        i = cbor.put_head(buf, cbor.put_int(buf, i, 2), cbor.ARRAY, lines)
        for purpose in range(p.COUNT):
            if self._reasons[purpose] != p.GRANTED:
                i = cbor.put_head(buf, i, cbor.ARRAY, 3)
                i = cbor.put_int(buf, i, purpose)
                i = cbor.put_int(buf, i, self._reasons[purpose])
                i = cbor.put_int(buf, i, max(0, grants.since(purpose)))
        return i

    def _photo(self, slot: "Slot", buf: bytearray) -> int:
        """{1 seq, 2 photo, 3 chunk, 4 chunks, 5 bytes}; facts: photo, chunk, chunks, offset, size."""
        i = cbor.put_head(buf, 0, cbor.MAP, 5)
        i = cbor.put_pair(buf, i, 1, slot.seq)
        for k in range(3):
            i = cbor.put_pair(buf, i, 2 + k, slot.facts[k])
        size = slot.facts[4]
        i = cbor.put_head(buf, cbor.put_int(buf, i, 5), cbor.BYTES, size)
        if self._camera is not None:
            self._camera.copy(slot.facts[3], buf, i, size)
        return i + size


def online(buf: bytearray, seq: int, value: int) -> int:
    """{1 seq, 2 0|1}: the birth message; with 0 it is the last will."""
    i = cbor.put_head(buf, 0, cbor.MAP, 2)
    return cbor.put_pair(buf, cbor.put_pair(buf, i, 1, seq), 2, value)


def _facts(slot: "Slot", buf: bytearray, keys: bytes) -> int:
    """One map {1: seq, keys[k]: facts[k]} without the absent facts."""
    present = 1
    for k in range(len(keys)):
        present += slot.facts[k] != NONE
    i = cbor.put_head(buf, 0, cbor.MAP, present)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    for k in range(len(keys)):
        if slot.facts[k] != NONE:
            i = cbor.put_pair(buf, i, keys[k], slot.facts[k])
    return i


def _bits(mask: int) -> int:
    count = 0
    while mask:
        count += mask & 1
        mask >>= 1
    return count
