"""A GNSS receiver: power in, NMEA sentences out once a second. It starts cold, searches, and then sees through a little noise.

Two sources: the bike's own place (`Receiver`), or a recorded file (recording.py). Says nothing without power, and keeps a memory
that makes the next start quick, until it is told to forget.
"""

import random
from collections.abc import Callable
from functools import reduce

from simulator import remote
from simulator.engine import Engine
from simulator.route import Place
from simulator.town import Point, minutes

BOOT_MS = 320  # from power to the first sentence
COLD_MS = (26_000, 38_000)  # to the first fix, with an empty memory
HOT_MS = (1_800, 4_200)
_TIME_MS = 9_000  # after a cold start the satellites' time is known this early
_LATE_MS = 80  # sentences follow their second
_NOISE_MM = 900  # of one second
_DRIFT_MM = 5_000  # how far the slow error wanders


class Receiver:
    """`place(t)` is where it is. `on` and `since` tell whoever looks when it last got power."""

    def __init__(self, engine: Engine, place: Callable[[int], Place], rng: random.Random) -> None:
        self.on = False
        self.remembers = False  # its battery-backed memory holds a position and an almanac
        self.fixes = 0
        self._engine = engine
        self._place = place
        self._rng = rng
        self._starts = 0
        self._since = 0
        self._fix_at = 0
        self._drift = [0, 0]
        self._day = -1
        self._date = ""

    def command(self, data: bytes) -> None:
        if data == b"Z":
            self.remembers = False
        elif data == b"P\x01" and not self.on:
            self._start()
        elif data == b"P\x00":
            self.on = False

    def _start(self) -> None:
        self.on = True
        self._starts += 1
        self._since = self._engine.clock.t
        low, high = HOT_MS if self.remembers else COLD_MS
        self._fix_at = self._since + self._rng.randrange(low, high)
        self._plan(self._starts)

    def _plan(self, start: int) -> None:
        """The next whole second of the satellites' time, and a little."""
        t = self._engine.clock.t
        earliest = max(t + 1, self._since + BOOT_MS)
        self._engine.at(-(-(earliest - _LATE_MS) // 1000) * 1000 + _LATE_MS, lambda: self._tell(start))

    def _tell(self, start: int) -> None:
        if not self.on or start != self._starts:
            return  # power went meanwhile
        t = self._engine.clock.t // 1000 * 1000
        self._engine.give(remote.GNSS, self._sentences(t))
        self._plan(start)

    def _sentences(self, t: int) -> bytes:
        tod, date = self._now(self._engine.clock.start_s + t // 1000)
        if t < self._fix_at:
            known = self.remembers or t - self._since >= _TIME_MS
            tod, date = (tod, date) if known else ("", "")
            return (
                sentence(f"GNRMC,{tod},V,,,,,,,{date},,,N")
                + sentence(f"GNGGA,{tod},,,,,0,00,99.99,,,,,,")
                + sentence("GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99")
            )
        self.remembers = True
        self.fixes += 1
        place = self._place(t)
        lat, lon = minutes(self._blurred(place.point))
        position = f"{_degrees(lat, 2)},{'S' if lat < 0 else 'N'},{_degrees(lon, 3)},{'W' if lon < 0 else 'E'}"
        knots = place.speed_cms * 19_438 // 10_000  # hundredths: 1 cm/s = 0.019438 knots
        track = place.track_cdeg
        course = f"{track // 100}.{track % 100:02}" if place.speed_cms > 50 else ""
        height = 11_000 + place.point.y_mm // 60 + self._drift[0] // 2  # millimetres: the town rises to the north
        satellites = 8 + (t // 61_000) % 4
        return (
            sentence(f"GNRMC,{tod},A,{position},{knots // 100}.{knots % 100:02},{course},{date},,,A")
            + sentence(f"GNGGA,{tod},{position},1,{satellites:02},0.9{t // 7000 % 10},{_metres(height)},M,1.2,M,,")
            + sentence("GNGSA,A,3,02,05,09,12,15,18,21,25,,,,,1.70,0.95,1.41")
        )

    def _now(self, seconds: int) -> tuple[str, str]:
        """hhmmss.ss and ddmmyy."""
        day, tod = divmod(seconds, 86_400)
        if day != self._day:
            self._day = day
            self._date = self._engine.clock.date().strftime("%d%m%y")
        return f"{tod // 3600:02}{tod // 60 % 60:02}{tod % 60:02}.00", self._date

    def _blurred(self, point: Point) -> Point:
        """The true place, a slow error and a quick one: uniform steps, so that no two libraries differ in a logarithm."""
        draw = self._rng.randrange
        for axis in range(2):
            pull = self._drift[axis] * 160 // _DRIFT_MM
            self._drift[axis] += draw(-160, 161) - pull
        return Point(
            point.x_mm + self._drift[0] + draw(-_NOISE_MM, _NOISE_MM + 1),
            point.y_mm + self._drift[1] + draw(-_NOISE_MM, _NOISE_MM + 1),
        )


def sentence(body: str) -> bytes:
    """`$body*CS` and the line's end: the checksum is the exclusive or of what stands between (NMEA 0183 §5.3.1)."""
    raw = body.encode()
    return b"$%s*%02X\r\n" % (raw, reduce(int.__xor__, raw))


def _degrees(value: int, width: int) -> str:
    """1e-5 minutes as (d)ddmm.mmmmm."""
    degrees, rest = divmod(abs(value), 6_000_000)
    return f"{degrees:0{width}}{rest // 100_000:02}.{rest % 100_000:05}"


def _metres(mm: int) -> str:
    tenths = abs(mm) // 100
    return f"{'-' if mm < 0 else ''}{tenths // 10}.{tenths % 10}"
