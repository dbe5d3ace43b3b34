"""Facts to CBOR: the body of every message the device publishes (docs/messages.cddl). Writes into the gate's buffer.

Each body is one map with integer keys in ascending order; key 1 is the purpose's release number. A fact that is unknown or
not covered by the granted precision is absent, never null.
"""

from micropython import const

from ..base import cbor
from . import kinds

NONE = -(1 << 29)  # an absent fact; no altitude, speed or position reaches it

# Keys of a kind's facts, in the order in which a slot holds them.
_LOCATION = b"\x02\x03\x04\x05\x06\x07\x08"  # seconds, lat_e6, lon_e6, precision, speed_cms, track_cdeg, alt_dm
_STATUS = b"\x02\x03\x04\x05\x06"  # seconds, battery percent, millivolts, charging, armed
_WAKE = b"\x02\x03\x04\x05\x06"  # episode, code, class, attempt, seconds
_RESULT = b"\x02\x03"  # request number, error code (0 done)
_KEYS = (b"", b"", b"", _RESULT, b"", _WAKE, b"", _LOCATION, _STATUS, _LOCATION, b"", b"", b"", b"")  # by kind

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from hal.ports import Camera

    from ..store.outbox import Slot


class Writer:
    """Writes what is said often. `letter(slot, buf)` writes the rest (letters.py), which the core loads for the occasion."""

    def __init__(self, camera: "Camera | None", letter: "Callable[[Slot, bytearray], int]") -> None:
        self._camera = camera
        self._letter = letter

    def write(self, slot: "Slot", buf: bytearray) -> int:
        """Writes the body of `slot` (its `seq` already given) and returns its length; 0 is an empty, erasing message."""
        kind = slot.kind
        keys = _KEYS[kind]
        if keys:
            return _facts(slot, buf, keys)
        if kind == kinds.PHOTO:
            return self._photo(slot, buf)
        if kind == kinds.ONLINE:
            return online(buf, slot.seq, 1)
        if kind == kinds.CLEAR:
            return 0
        return self._letter(slot, buf)

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
