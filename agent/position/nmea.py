"""NMEA bytes in, fixes out. No I/O, no floats, no allocation. Refuses what has no right checksum or leaves its range.

A sentence begins at $ and ends with its checksum: IEC 61162-1 (NMEA 0183) §7.3. What is refused is counted by reason and
never raises; the counters are the same however the bytes were cut. Sentences of other kinds are passed over before their
checksum: nine in ten of what a receiver says, and the reason why this is fast. What makes one fix: agent/position/epoch.py.
"""

from struct import pack_into

from micropython import const

from ..base import ticks
from .epoch import LATE, MERGED, Epoch
from .fields import BAD
from .sentence import GLL, holds, kind_of

LIMIT = 128  # bytes from $ to the checksum; the standard says 80, a u-blox M9N's GGA has more

_LIMIT = const(128)
_QUIET_MS = const(100)  # a silence of this length ends a receiver's burst, so a fix is out in the second it is of
_HEAD = const(10)  # bytes of the shortest sentence there could be; they show whether the rest is needed
_BLOCK = const(64)
# The buffer for a sentence in pieces: a chunk of what a board reads at once, the rest of a sentence, a last copy past its end.
_CHUNK = const(256)
_CHUNK_FORMAT = "256s"
_LIMIT_FORMAT = "128s"
_LINE = const(512)
_COUNT = const(0x3FFF_FFFF)  # counters wrap below 2**30

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable

    from .fix import Fix


class Nmea:
    def __init__(self, on_fix: "Callable[[Fix], None]") -> None:
        self._epoch = Epoch(on_fix)
        self._line = bytearray(_LINE)  # _start.._end: the start of a sentence that the last bytes did not end
        self._start = 0
        self._end = 0
        self._block = bytearray(_BLOCK)
        self._heard = 0
        self._now = 0
        self.merged = 0  # sentences that went into a fix
        self.skipped = 0  # other kinds, and ours that could add nothing
        self.untimed = 0  # sound, but the receiver has no time yet
        self.late = 0  # of a time whose fix was out
        self.bad_checksum = 0
        self.bad_field = 0  # a field malformed or out of range
        self.cut = 0  # the next sentence began inside
        self.too_long = 0

    def feed(self, buf: "bytearray | memoryview", n: int, now: int) -> None:
        """Takes buf[:n]. Calls `on_fix` from inside when an epoch closes. A bytearray is read in place."""
        if n <= 0:
            return
        self._now = now
        self._heard = now
        if type(buf) is memoryview:
            self._copy(buf, n)
        else:
            self._scan(buf, n)

    def on_time(self, now: int) -> None:
        """Gives out the open epoch's fix once the line has been silent."""
        if ticks.due(self.deadline(), now):
            self._epoch.finish(now)

    def deadline(self) -> int:
        """When `on_time` has something to do, -1 while no epoch is open."""
        return ticks.add(self._heard, _QUIET_MS) if self._epoch.is_open() else -1

    def close(self) -> None:
        """The input ends: gives out the open epoch's fix. A sentence without its end counts as cut."""
        length = self._end - self._start
        if length >= _HEAD:
            self.cut += 1
        elif length:
            self.skipped += 1
        self._start = self._end = 0
        self._epoch.finish(self._now)

    def forget(self) -> None:
        """Drops everything heard, without a fix. No byte of a position stays behind."""
        for k in range(_LINE):
            self._line[k] = 0
        for k in range(_BLOCK):
            self._block[k] = 0
        self._start = self._end = 0
        self._epoch.forget()

    def _copy(self, view: memoryview, n: int) -> None:
        # A memoryview has no `find`.
        block = self._block
        k = 0
        for at in range(n):
            block[k] = view[at]
            k += 1
            if k == _BLOCK:
                self._scan(block, k)
                k = 0
        if k:
            self._scan(block, k)

    def _scan(self, buf: bytearray, n: int) -> None:
        i = self._join(buf, n) if self._end else 0
        skipped = 0
        i = buf.find(b"$", i, n)
        while i >= 0:
            j = buf.find(b"$", i + 1, n)
            if i + _HEAD > n:
                if j < 0:
                    self._keep(buf, i, n)
                else:
                    skipped += 1
            elif buf[i + 5] > 76:  # the third letter of all we read is at most L: this alone passes over GSV, GST, TXT
                skipped += 1
            else:
                kind = kind_of(buf, i)
                if kind and self._epoch.wants(kind, buf, i):
                    self._measure(kind, buf, i, j, n)
                else:
                    skipped += 1
            i = j
        self.skipped = (self.skipped + skipped) & _COUNT

    def _measure(self, kind: int, buf: bytearray, i: int, j: int, n: int) -> None:
        """Finds the end of the sentence at `i`, before the next one at `j` or, where j is negative, before `n`."""
        stop = n if j < 0 else j
        e = buf.find(b"*", i + 6, stop)
        if e >= 0 and e + 3 <= stop:
            stop = e + 3
            if stop - i <= _LIMIT:
                self._take(kind, buf, i, e)
                return
        if stop - i > _LIMIT:
            self.too_long += 1
        elif j < 0:
            self._keep(buf, i, n)
        elif j - i < _HEAD:
            self.skipped += 1
        else:
            self.cut += 1

    def _keep(self, buf: bytearray, i: int, n: int) -> None:
        """Saves buf[i:n], the start of a sentence."""
        line = self._line
        if n <= _CHUNK:
            # All of it at once: `pack_into` copies from the first byte only, a slice would allocate, a loop costs 0.1 us a byte.
            pack_into(_CHUNK_FORMAT, line, 0, buf)
            self._start = i
            self._end = n
            return
        self._start = 0
        self._end = n - i
        for k in range(n - i):
            line[k] = buf[i + k]

    def _join(self, buf: bytearray, n: int) -> int:
        """Goes on with the sentence begun in `_line`; the index of the next $, or `n`."""
        j = buf.find(b"$", 0, n)
        stop = n if j < 0 else j
        pack_into(_LIMIT_FORMAT, self._line, self._end, buf)
        known = self._end - self._start >= _HEAD
        length = self._end - self._start + stop
        self._end += min(stop, _LIMIT)
        if self._ended(known, length, j >= 0):
            self._start = self._end = 0
        return stop

    def _ended(self, known: bool, length: int, cut: bool) -> bool:
        """Takes or refuses the sentence in `_line`; False when it wants more bytes. `length` counts those not copied too."""
        line = self._line
        i = self._start
        if length < _HEAD:
            self.skipped += cut
            return cut
        kind = kind_of(line, i)
        if not known and not (kind and self._epoch.wants(kind, line, i)):
            self.skipped += 1
            return True
        e = line.find(b"*", i + 6, self._end)
        if e >= 0 and e + 3 <= min(self._end, i + _LIMIT):
            self._take(kind, line, i, e)
        elif length > _LIMIT:
            self.too_long += 1
        elif cut:
            self.cut += 1
        else:
            return False
        return True

    def _take(self, kind: int, buf: bytearray, i: int, e: int) -> None:
        if kind >= GLL and self._epoch.repeats(kind, buf, i, e):
            self.skipped += 1
        elif not holds(buf, i, e):
            self.bad_checksum += 1
        else:
            result = self._epoch.take(kind, buf, i, e, self._now)
            if result == MERGED:
                self.merged = (self.merged + 1) & _COUNT
            elif result == BAD:
                self.bad_field += 1
            elif result == LATE:
                self.late += 1
            else:
                self.untimed += 1
