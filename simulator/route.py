"""A ride along named corners: where the bike is, how fast and which way, at any moment. Integers, so that all machines agree.

The bike pulls away and brakes at every corner, and waits there where the route says so (lights, a level crossing).
"""

import random
from collections.abc import Sequence
from itertools import pairwise
from math import isqrt
from typing import NamedTuple

from simulator.town import Point

CRUISE_MM_S = 5_600  # 20 km/h
CORNER_MM_S = 1_900
_RAMP_MM = 20_000  # metres it takes to reach cruising speed, in millimetres
_MAX_WAIT_MS = 45_000
_OCTANT = (0, 572, 1131, 1670, 2180, 2657, 3096, 3498, 3866, 4199, 4500)  # atan(k / 10) in hundredths of a degree


class Place(NamedTuple):
    """Where something is. Speed in cm/s, track in hundredths of a degree clockwise from north."""

    point: Point
    speed_cms: int = 0
    track_cdeg: int = 0


class _Piece(NamedTuple):
    """From one moment to another in a straight line at one speed; standing still when both points are one."""

    start: int
    end: int
    a: Point
    b: Point


class Route:
    """`at(ms)` since departure. `length_ms` is the whole ride; afterwards the bike stands at its end."""

    def __init__(self, corners: Sequence[Point], rng: random.Random, share: int = 100) -> None:
        """`share` is the speed in percent of the usual one."""
        self._pieces: list[_Piece] = []
        self._index = 0
        at = 0
        for k, (a, b) in enumerate(pairwise(corners)):
            if k and rng.random() < 0.4:
                wait = rng.randrange(8_000, _MAX_WAIT_MS)
                self._pieces.append(_Piece(at, at + wait, a, a))
                at += wait
            at = self._street(a, b, at, share)
        self.length_ms = at

    def _street(self, a: Point, b: Point, at: int, share: int) -> int:
        """Slow out of the corner, cruise, slow into the next; returns when it ends."""
        length = distance_mm(a, b)
        ramp = min(_RAMP_MM, length // 3)
        marks = (0, ramp, length - ramp, length)
        for k, speed in enumerate((CORNER_MM_S, CRUISE_MM_S, CORNER_MM_S)):
            start, end = marks[k], marks[k + 1]
            took = max(1, (end - start) * 100_000 // (speed * share))
            self._pieces.append(_Piece(at, at + took, _along(a, b, start, length), _along(a, b, end, length)))
            at += took
        return at

    def at(self, ms: int) -> Place:
        pieces = self._pieces
        if ms >= self.length_ms or not pieces:
            return Place(pieces[-1].b if pieces else Point(0, 0))
        if ms < pieces[self._index].start:
            self._index = 0
        while ms >= pieces[self._index].end:
            self._index += 1
        piece = pieces[self._index]
        if piece.a == piece.b:
            return Place(piece.a)
        length = distance_mm(piece.a, piece.b)
        spent = length * (ms - piece.start) // (piece.end - piece.start)
        speed = length * 100 // (piece.end - piece.start)
        return Place(_along(piece.a, piece.b, spent, length), speed, heading(piece.a, piece.b))


def distance_mm(a: Point, b: Point) -> int:
    return isqrt((b.x_mm - a.x_mm) ** 2 + (b.y_mm - a.y_mm) ** 2)


def _along(a: Point, b: Point, spent: int, length: int) -> Point:
    if length == 0:
        return a
    return Point(a.x_mm + (b.x_mm - a.x_mm) * spent // length, a.y_mm + (b.y_mm - a.y_mm) * spent // length)


def heading(a: Point, b: Point) -> int:
    """Hundredths of a degree clockwise from north, from a table of arc tangents: good to a third of a degree."""
    dx, dy = b.x_mm - a.x_mm, b.y_mm - a.y_mm
    east, north = abs(dx), abs(dy)
    if east == north == 0:
        return 0
    low, high = min(east, north), max(east, north)
    tenths, rest = divmod(low * 10, high)
    angle = _OCTANT[tenths]
    if tenths < 10:
        angle += (_OCTANT[tenths + 1] - angle) * rest // high
    if east > north:
        angle = 9_000 - angle
    if dy < 0:
        angle = 18_000 - angle
    return (36_000 - angle) % 36_000 if dx < 0 else angle
