"""A receiver played from a recorded NMEA file, in its own time or faster. Refuses files over 64 MiB; garbage is played too.

Bytes fall due with the sentence that carries a new time of day: 09:00:02 is due two seconds after 09:00:00 was. Lines
without a time follow the one before. Times that jump back are taken for the other side of midnight.
"""

from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING

from .ticks import WRAP, since

if TYPE_CHECKING:
    from ..ports import Buffer, Clock

MAX_FILE = 64 << 20  # bytes: about ten days of a 1 Hz receiver
MAX_SPEED = 1_000

_DAY = 86_400_000
_FIELD = {b"RMC": 1, b"GGA": 1, b"ZDA": 1, b"GLL": 5}  # where the time of day stands (NMEA 0183 §6)
_HALF_DAY = _DAY // 2


def read_file(path: Path) -> bytes:
    """The file's bytes; ValueError with one line for a person."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ValueError(f"the NMEA file {path} cannot be read: {error.strerror}; name a file that can") from None
    if len(data) > MAX_FILE:
        raise ValueError(f"the NMEA file {path} has more than {MAX_FILE} bytes; cut it into shorter rides")
    return data


def time_of_day(line: bytes) -> int:
    """Milliseconds since midnight in a whole sentence that carries a time, else -1. A damaged one would stall the ride."""
    body, star, check = line.partition(b"*")
    fields = body.split(b",")
    place = _FIELD.get(fields[0][-3:], 0)
    if not place or place >= len(fields) or not star or check.upper() != b"%02X" % reduce(int.__xor__, body[1:], 0):
        return -1
    text = fields[place]
    whole, _, part = text.partition(b".")
    if len(whole) != 6 or not whole.isdigit() or not (part or b"0").isdigit():
        return -1
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:])
    if hours > 23 or minutes > 59 or seconds > 60:  # 60: a leap second
        return -1
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((part + b"000")[:3])


def schedule(data: bytes) -> list[tuple[int, int]]:
    """(milliseconds after the first epoch, end of what is due then) for every epoch, in order."""
    epochs: list[tuple[int, int]] = []
    at = days = 0
    first = last = -1
    while at < len(data):
        end = data.find(b"\n", at) + 1 or len(data)
        tod = time_of_day(data[at:end].strip())
        if tod >= 0 and last >= 0 and last - tod > _HALF_DAY:
            days += 1
        if tod >= 0:
            first = tod if first < 0 else first
            last = tod
        due = 0 if first < 0 else max(last + days * _DAY - first, 0)
        if epochs and due <= epochs[-1][0]:  # the same epoch, or a sentence out of order
            epochs[-1] = epochs[-1][0], end
        else:
            epochs.append((due, end))
        at = end
    return epochs


class ReplayUart:
    """hal.ports.Uart that only talks. Playing starts at the first `readinto`; `speed` is how many times faster."""

    def __init__(self, data: bytes, clock: "Clock", speed: int = 1) -> None:
        if not 1 <= speed <= MAX_SPEED:
            raise ValueError(f"a replay runs 1 to {MAX_SPEED} times as fast as it was recorded, not {speed}")
        self._data = data
        self._clock = clock
        self._speed = speed
        self._epochs = schedule(data)
        self._epoch = 0  # the next that falls due
        self._now = -1
        self._elapsed = 0  # milliseconds of recorded time since the start
        self._read = 0
        self._due = 0  # data[_read:_due] may be read
        self._paused = False
        self._rate = 9_600

    def readinto(self, buf: "Buffer") -> int:
        self._advance()
        if self._paused:
            self._read = self._due  # said to nobody
        n = min(len(buf), self._due - self._read)
        buf[:n] = self._data[self._read : self._read + n]
        self._read += n
        return n

    def write(self, buf: "Buffer", n: int) -> int:
        """A recording listens to nobody: everything is taken."""
        return n

    def baud(self, rate: int) -> None:
        self._rate = rate

    def rate(self) -> int:
        return self._rate

    def pause(self) -> None:
        """The receiver loses power; the ride goes on."""
        self._advance()
        self._paused = True

    def resume(self) -> None:
        self._advance()
        self._read = self._due
        self._paused = False

    def ended(self) -> bool:
        """Whether everything was read, or said to nobody."""
        return self._read == len(self._data)

    def next_ms(self) -> int:
        """Milliseconds until the next byte falls due, -1 when none will: how far a virtual clock may jump."""
        self._advance()
        if self._read < self._due:
            return 0
        if self._epoch == len(self._epochs):
            return -1
        return -((self._elapsed - self._epochs[self._epoch][0]) // self._speed)

    def _advance(self) -> None:
        now = self._clock.ticks()
        if self._now >= 0:
            self._elapsed += max(since(now, self._now), 0) * self._speed
        self._now = now % WRAP
        while self._epoch < len(self._epochs) and self._epochs[self._epoch][0] <= self._elapsed:
            self._due = self._epochs[self._epoch][1]
            self._epoch += 1
