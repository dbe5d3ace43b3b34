"""NMEA bytes from one stream to JSON lines on another. Device syntax: CPython and both MicroPython machines run this file.

Numbers are written from integers, digit by digit, so that no runtime's way with floats can show.
"""

import sys

from micropython import const

from agent.position.fix import NONE
from agent.position.nmea import Nmea

REASONS = ("bad_checksum", "bad_field", "cut", "too_long")
"""Counters of Nmea that say a sentence was refused."""

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable
    from typing import Any

    from agent.position.fix import Fix

READER_GONE = 141  # a shell's code for a program that SIGPIPE ended
_EPIPE = const(32)
_CHUNK = const(256)
_YEAR = const(365)


def decimal(value: int, digits: int) -> str:
    """`value` / 10**`digits`, written out: decimal(-5, 2) is "-0.05"."""
    text = str(abs(value))
    text = "0" * (digits + 1 - len(text)) + text
    return ("-" if value < 0 else "") + text[:-digits] + "." + text[-digits:]


def date(day: int) -> str:
    """Days since 1980-01-01 as YYYY-MM-DD."""
    year = 1980
    while day >= _YEAR + (year % 4 == 0):
        day -= _YEAR + (year % 4 == 0)
        year += 1
    month = 1
    while True:
        days = 28 + (year % 4 == 0) if month == 2 else 30 + (month + month // 8) % 2
        if day < days:
            return f"{year}-{month:02d}-{day + 1:02d}"
        day -= days
        month += 1


def clock(tod_ms: int) -> str:
    """Milliseconds of the day as HH:MM:SS, with milliseconds where there are any. 86,400,000 is a leap second."""
    minute = min(tod_ms // 60_000, 1439)
    ms = tod_ms - minute * 60_000
    fraction = f".{ms % 1000:03d}" if ms % 1000 else ""
    return f"{minute // 60:02d}:{minute % 60:02d}:{ms // 1000:02d}{fraction}"


def _known(value: int, unknown: int, digits: int) -> str:
    return "null" if value == unknown else decimal(value, digits)


def written(fix: "Fix") -> str:
    """The fix as one line of JSON."""
    t = "null" if fix.day < 0 else f'"{date(fix.day)}T{clock(fix.tod_ms)}Z"'
    tod = decimal(fix.tod_ms, 3) if fix.tod_ms % 1000 else str(fix.tod_ms // 1000)
    lat = _known(fix.lat_e6, NONE, 6)
    lon = _known(fix.lon_e6, NONE, 6)
    speed = _known(fix.speed_cms, -1, 2)
    track = _known(fix.track_cdeg, -1, 2)
    alt = _known(fix.alt_dm, NONE, 1)
    place = f'"lat": {lat}, "lon": {lon}, "speed": {speed}, "track": {track}, "alt": {alt}'
    return f'{{"t": {t}, "tod": {tod}, {place}, "mode": {fix.mode}}}\n'


class Replay:
    def __init__(self, write: "Callable[[str], object]") -> None:
        self._write = write
        self._nmea = Nmea(self._on_fix)
        self._fixes = 0

    def _on_fix(self, fix: "Fix") -> None:
        self._fixes += 1
        self._write(written(fix))

    def feed(self, buf: bytearray, n: int) -> None:
        self._nmea.feed(buf, n, 0)

    def close(self) -> "dict[str, int]":
        """The counts, by name."""
        nmea = self._nmea
        nmea.close()
        counts = {"fixes": self._fixes, "merged": nmea.merged, "skipped": nmea.skipped, "untimed": nmea.untimed}
        for name in REASONS:
            counts[name] = getattr(nmea, name)
        return counts


def main() -> None:
    """Standard input to standard output; then the counts on standard error, `name number` a line."""
    try:
        _pour()
    except OSError as error:
        if error.args[0] != _EPIPE:
            raise
        sys.exit(READER_GONE)


def _pour() -> None:
    replay = Replay(sys.stdout.write)
    buf = bytearray(_CHUNK)
    source: "Any" = sys.stdin.buffer  # CPython's type lacks readinto, the machines' has it
    n = source.readinto(buf)
    while n:
        replay.feed(buf, n)
        n = source.readinto(buf)
    counts = replay.close()
    for name in sorted(counts):
        sys.stderr.write(f"{name} {counts[name]}\n")
