"""Farwater, an invented town in the open South Pacific, 2,600 km from any shore. No map, no person and no ride is taken from life.

Plane coordinates are millimetres east (x) and north (y) of the harbour light; they become NMEA's minutes by integers alone,
so that every machine computes the same sentence.
"""

from typing import NamedTuple

LIGHT_LAT_E6 = -48_873_400  # the harbour light, in microdegrees
LIGHT_LON_E6 = -123_391_200
BOX_E6 = 100_000  # the town and all its roads lie within this many microdegrees of the light
_UNITS_LAT = 53_996  # 1e-5 minutes of latitude a kilometre: 60 * 1852 m a degree
_UNITS_LON = 82_087  # the same of longitude at 48.87° S: divided by cos


class Point(NamedTuple):
    x_mm: int
    y_mm: int


def _at(x_m: int, y_m: int) -> Point:
    return Point(x_m * 1000, y_m * 1000)


PLACES = {
    "home": _at(-1240, -860),  # 7 Kelp Lane
    "Kelp Lane": _at(-1240, -520),
    "Mill Street": _at(-760, -520),
    "Mill Bridge": _at(-760, 110),
    "Cooper Street": _at(-310, 110),
    "Market Cross": _at(-310, 540),
    "Chandler Row": _at(180, 540),
    "harbour": _at(180, 60),  # the café on Lantern Quay
    "Lantern Quay": _at(640, 60),
    "Signal Hill": _at(940, 780),
    "North Road": _at(420, 1490),
    "Orchard Way": _at(-520, 1490),
    "Weir Path": _at(-1010, 830),
    "Ferry Steps": _at(1480, -340),
}
"""Every named corner of the town."""

ROUTES = {
    "to the harbour": (
        "home",
        "Kelp Lane",
        "Mill Street",
        "Mill Bridge",
        "Cooper Street",
        "Market Cross",
        "Chandler Row",
        "harbour",
    ),
    "back home": (
        "harbour",
        "Chandler Row",
        "Market Cross",
        "Cooper Street",
        "Mill Bridge",
        "Mill Street",
        "Kelp Lane",
        "home",
    ),
    "round the hill": (
        "harbour",
        "Lantern Quay",
        "Signal Hill",
        "North Road",
        "Orchard Way",
        "Weir Path",
        "Mill Bridge",
        "Mill Street",
        "Kelp Lane",
        "home",
    ),
    "to the ferry": ("harbour", "Lantern Quay", "Ferry Steps"),
    "the long way": (
        "home",
        "Kelp Lane",
        "Mill Street",
        "Mill Bridge",
        "Weir Path",
        "Orchard Way",
        "North Road",
        "Signal Hill",
        "Lantern Quay",
        "harbour",
        "Chandler Row",
        "Market Cross",
        "Cooper Street",
        "Mill Bridge",
        "Mill Street",
        "Kelp Lane",
        "home",
    ),
}
"""Rides by name: corners in order."""


class Zone(NamedTuple):
    """A Wi-Fi cell the bike may use."""

    centre: Point
    radius_m: int
    rssi: int  # dBm at its edge, and 25 better at its centre


ZONES = (
    Zone(PLACES["home"], 60, -82),
    Zone(_at(-700, -120), 760, -84),  # the town's mesh, west
    Zone(_at(0, 380), 520, -84),  # and middle
    Zone(PLACES["harbour"], 70, -80),
    Zone(_at(700, 300), 640, -85),  # and east
    Zone(_at(300, 1420), 380, -86),  # North Road. Nothing covers Orchard Way and Weir Path.
)


def rssi(point: Point) -> int:
    """dBm of the best cell at `point`, 0 where there is none."""
    best = -200
    for zone in ZONES:
        dx = (point.x_mm - zone.centre.x_mm) // 1000
        dy = (point.y_mm - zone.centre.y_mm) // 1000
        far = dx * dx + dy * dy
        reach = zone.radius_m * zone.radius_m
        if far <= reach:
            best = max(best, zone.rssi + 25 - 25 * far // reach)
    return best if best > -200 else 0


def minutes(point: Point) -> tuple[int, int]:
    """(latitude, longitude) of `point` in units of 1e-5 minutes; negative is south and west."""
    lat = LIGHT_LAT_E6 * 6 + point.y_mm * _UNITS_LAT // 1_000_000
    lon = LIGHT_LON_E6 * 6 + point.x_mm * _UNITS_LON // 1_000_000
    return lat, lon


def degrees_e6(point: Point) -> tuple[int, int]:
    """(latitude, longitude) in microdegrees."""
    lat, lon = minutes(point)
    return lat // 6, lon // 6
