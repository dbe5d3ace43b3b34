"""A recorded NMEA file as a receiver: every sentence at its own time of day, the date moved to the scenario's day.

The agent believes no date from before it was built, so a ride of 2010 is replayed as one of today: RMC and ZDA get another date and
a new checksum, nothing else is touched, and damaged sentences stay damaged. Refuses files without a single time of day.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import NamedTuple

from simulator import remote
from simulator.clock import EPOCH
from simulator.engine import MAX_LINE, Engine
from simulator.errors import ScenarioError

MAX_LENGTH_MS = 6 * 86_400_000
MAX_LINE_BYTES = 1_024  # of one line; a longer one is cut, it cannot be a sentence (NMEA 0183: 82)
_DAY_MS = 86_400_000
_TIME_FIELD = {b"RMC": 1, b"GGA": 1, b"ZDA": 1, b"GLL": 5}
_VALID = {b"RMC": (2, b"A"), b"GLL": (6, b"A")}
_PIECE_MS = 20  # a long epoch comes in pieces


class Epoch(NamedTuple):
    """What the receiver says at one time; `at` is milliseconds after the first epoch."""

    at: int
    lines: Sequence[bytes]


class Recording(NamedTuple):
    epochs: Sequence[Epoch]
    first_ms: int  # time of day of the first epoch
    date: str  # the day it was recorded, "" when no sentence says
    fixes: int  # sentences that claim a valid position

    @property
    def length(self) -> int:
        return self.epochs[-1].at


def read(data: bytes, name: str) -> Recording:
    """`name` is the file's, for messages. Raises ScenarioError."""
    epochs: list[tuple[int, list[bytes]]] = []
    early: list[bytes] = []
    first = last = -1
    days = fixes = 0
    date = ""
    for raw in data.split(b"\n"):
        line = raw.strip()[:MAX_LINE_BYTES]
        if not line:
            continue
        fields = sound(line)
        tod = time_of_day(fields)
        fixes += _is_fix(fields)
        date = date or _date_of(fields)
        if tod >= 0:
            days += last >= 0 and last - tod > _DAY_MS // 2  # the other side of midnight
            first = tod if first < 0 else first
            last = tod
            at = last + days * _DAY_MS - first
            if not epochs or at > epochs[-1][0]:
                epochs.append((at, early if not epochs else []))
        (epochs[-1][1] if epochs else early).append(line)
    if not epochs:
        raise ScenarioError(
            "the file holds no NMEA sentence with a time of day", name, "Name a recording of a receiver"
        )
    if epochs[-1][0] > MAX_LENGTH_MS:
        raise ScenarioError("the recording is longer than six days", name, "Cut it into shorter rides")
    return Recording([Epoch(at, lines) for at, lines in epochs], first, date, fixes)


def sound(line: bytes) -> list[bytes]:
    """The fields of a sentence whose checksum is right, else nothing."""
    body, star, check = line.partition(b"*")
    if not star or body[:1] != b"$" or check[:2].upper() != b"%02X" % reduce(int.__xor__, body[1:], 0):
        return []
    return body[1:].split(b",")


def time_of_day(fields: list[bytes]) -> int:
    """Milliseconds since midnight, -1 in a sentence that has none."""
    place = _TIME_FIELD.get(fields[0][-3:], 0) if fields else 0
    if not place or place >= len(fields):
        return -1
    whole, _, part = fields[place].partition(b".")
    if len(whole) != 6 or not (whole + part).isdigit():
        return -1
    hours, minutes, seconds = int(whole[:2]), int(whole[2:4]), int(whole[4:])
    if hours > 23 or minutes > 59 or seconds > 60:
        return -1
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((part + b"000")[:3])


def _is_fix(fields: list[bytes]) -> bool:
    kind = fields[0][-3:] if fields else b""
    if kind == b"GGA":
        return len(fields) > 6 and fields[6] not in (b"", b"0")
    place, good = _VALID.get(kind, (0, b""))
    return bool(place) and len(fields) > place and fields[place] == good


def _date_of(fields: list[bytes]) -> str:
    """yyyy-mm-dd of an RMC (two-digit years are 1980 to 2079, as GPS began in 1980) or ZDA sentence."""
    kind = fields[0][-3:] if fields else b""
    if kind == b"RMC" and len(fields) > 9 and len(fields[9]) == 6 and fields[9].isdigit():
        text = fields[9].decode()
        return f"{'19' if text[4:] >= '80' else '20'}{text[4:]}-{text[2:4]}-{text[:2]}"
    if kind == b"ZDA" and len(fields) > 4 and b"".join(fields[2:5]).isdigit():
        day, month, year = (field.decode() for field in fields[2:5])
        return f"{year}-{month}-{day}"
    return ""


def dated(line: bytes, day: datetime) -> bytes:
    """The same sentence on another day; unchanged when it has no date or is damaged."""
    fields = sound(line)
    kind = fields[0][-3:] if fields else b""
    if kind == b"RMC" and len(fields) > 9 and fields[9]:
        fields[9] = day.strftime("%d%m%y").encode()
    elif kind == b"ZDA" and len(fields) > 4 and fields[4]:
        fields[2:5] = [day.strftime(form).encode() for form in ("%d", "%m", "%Y")]
    else:
        return line
    body = b",".join(fields)
    return b"$%s*%02X" % (body, reduce(int.__xor__, body))


class Player:
    """Plays a recording into the device from `start` milliseconds on, while its receiver has power."""

    def __init__(self, engine: Engine, recording: Recording, start: int) -> None:
        self.on = False
        self._engine = engine
        self._recording = recording
        self._start = start
        self._next = 0
        self._plan()

    def command(self, data: bytes) -> None:
        if data[:1] == b"P":
            self.on = data[1] == 1

    def _plan(self) -> None:
        if self._next < len(self._recording.epochs):
            self._engine.at(self._start + self._recording.epochs[self._next].at, self._tell)

    def _tell(self) -> None:
        """The ride goes on without power too; only nobody hears of it."""
        epoch = self._recording.epochs[self._next]
        self._next += 1
        if self.on:
            clock = self._engine.clock
            start = clock.date_at(self._start) - timedelta(milliseconds=self._recording.first_ms)
            day = start + timedelta(milliseconds=self._recording.first_ms + epoch.at)
            for k, piece in enumerate(_pieces([dated(line, day) for line in epoch.lines])):
                self._engine.after(k * _PIECE_MS, lambda piece=piece: self._say(piece))
        self._plan()

    def _say(self, piece: bytes) -> None:
        if self.on:
            self._engine.give(remote.GNSS, piece)


def _pieces(lines: Sequence[bytes]) -> list[bytes]:
    """Whole lines, as many as the serial port holds at once."""
    pieces = [b""]
    for line in lines:
        for at in range(0, len(line) + 2, MAX_LINE):
            part = (line + b"\r\n")[at : at + MAX_LINE]
            if len(pieces[-1]) + len(part) > MAX_LINE:
                pieces.append(b"")
            pieces[-1] += part
    return pieces


def start_for(recording: Recording, day_s: int, lead_ms: int) -> int:
    """Second since 2020 at which a scenario begins whose first epoch comes `lead_ms` later, on the day of `day_s`."""
    midnight = (EPOCH + timedelta(seconds=day_s)).replace(hour=0, minute=0, second=0, tzinfo=UTC)
    begin = midnight + timedelta(milliseconds=recording.first_ms - lead_ms)
    return (begin - EPOCH) // timedelta(seconds=1)
