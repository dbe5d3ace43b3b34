"""Reads one field of an NMEA sentence at a time: bytes to integers, with every range checked. No floats, no allocation.

Each reader takes the index of a field's first byte and `e`, the index of the sentence's `*`, and leaves the index of the
next field in `at`. It answers BAD for whatever is not exactly the field that the standard describes.

Source: IEC 61162-1 (NMEA 0183) §7.2 field definitions and §7.3 fixed and variable numbers. Limits of u-blox M9 (data
sheet UBX-19014285: 80,000 m, 500 m/s) are within ours.
"""

from micropython import const

EMPTY = -1
BAD = -2

_EMPTY = const(-1)
_BAD = const(-2)
_COMMA = const(44)
_DOT = const(46)
_MOST = const(99_999)  # an integer part of more digits fits no field we read

_MAX_LAT = const(90)  # degrees
_MAX_LON = const(180)
_LOWEST = const(100_000)  # cm below mean sea level
_HIGHEST = const(8_000_000)  # cm above it

# A byte's digit, 128 for every other byte: a pair with a stray byte in it is above 99 whatever the other one is.
_DIGIT = b"\x80" * 48 + bytes(range(10)) + b"\x80" * 198

_LENGTHS = bytes((31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31))
_BEFORE = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)  # days before a month in a common year


def days_since_1980(year: int, month: int, day: int) -> int:
    """Days from 1980-01-01, or BAD for a date that does not exist. 1980 <= year <= 2079, so every fourth year leaps."""
    if not 1980 <= year <= 2079 or not 1 <= month <= 12:
        return _BAD
    leaps = year & 3 == 0
    if day < 1 or (day > _LENGTHS[month - 1] and not (leaps and month == 2 and day == 29)):
        return _BAD
    days = (year - 1980) * 365 + (year - 1977) // 4 + _BEFORE[month - 1] + day - 1
    return days + 1 if leaps and month > 2 else days


class Fields:
    def __init__(self) -> None:
        self.at = 0  # where the field after the last one read begins
        self.lat_e6 = 0
        self.lon_e6 = 0
        self.alt_dm = 0

    def clock(self, buf: bytearray, i: int, e: int) -> int:
        """hhmmss with or without a fraction: milliseconds of the day. Digits past the third are dropped."""
        if buf[i] == _COMMA:
            self.at = i + 1
            return _EMPTY
        if i + 6 > e:
            return _BAD
        t = _DIGIT
        h = t[buf[i]] * 10 + t[buf[i + 1]]
        m = t[buf[i + 2]] * 10 + t[buf[i + 3]]
        s = t[buf[i + 4]] * 10 + t[buf[i + 5]]
        # Second 60 exists only as a leap second, at the end of a UTC day.
        if h > 23 or m > 59 or (s > 59 and not (s == 60 and m == 59 and h == 23)):
            return _BAD
        ms = ((h * 60 + m) * 60 + s) * 1000
        i += 6
        if buf[i] == _DOT:
            i += 1
            unit = 100
            d = t[buf[i]]
            while d < 10:
                ms += d * unit
                unit //= 10
                i += 1
                d = t[buf[i]]
        if buf[i] != _COMMA and i != e:
            return _BAD
        self.at = i + 1
        return ms

    def place(self, buf: bytearray, i: int, e: int) -> int:
        """lat,N,lon,E into `lat_e6` and `lon_e6`: 0, EMPTY when both are absent, or BAD."""
        lat = self._angle(buf, i, e, _MAX_LAT)
        i = self.at
        if lat == _BAD or i + 2 >= e:
            return _BAD
        side = buf[i]
        if side != _COMMA:
            i += 1
        if buf[i] != _COMMA:
            return _BAD
        lon = self._angle(buf, i + 1, e, _MAX_LON)
        i = self.at
        if lon == _BAD or i >= e:
            return _BAD
        half = buf[i]
        if half != _COMMA:
            i += 1
        if buf[i] != _COMMA and i != e:
            return _BAD
        self.at = i + 1
        if lat < 0 and lon < 0:
            return _EMPTY
        if lat < 0 or lon < 0 or (side != 78 and side != 83) or (half != 69 and half != 87):
            return _BAD
        self.lat_e6 = lat if side == 78 else -lat
        self.lon_e6 = lon if half == 69 else -lon
        return 0

    def _angle(self, buf: bytearray, i: int, e: int, most: int) -> int:
        """ddmm.mmmm or dddmm.mmmm: microdegrees, a half rounded up; EMPTY or BAD.

        Minutes are read to 1e-6 and further digits dropped. One microdegree is 60 of those units, so the result is the
        one that all the digits would give.
        """
        if buf[i] == _COMMA:
            self.at = i + 1
            return _EMPTY
        if i + 6 >= e:
            return _BAD
        t = _DIGIT
        deg = 0
        if most == _MAX_LON:
            deg = t[buf[i]] * 100
            i += 1
        deg += t[buf[i]] * 10 + t[buf[i + 1]]
        p = t[buf[i + 2]] * 10 + t[buf[i + 3]]
        if deg > most or p > 59:
            return _BAD
        m = p * 1_000_000  # below 60e6
        i += 4
        if buf[i] == _DOT:
            i += 1
            unit = 10_000
            d = t[buf[i]]
            while d < 10:
                p = d * 10 + t[buf[i + 1]]
                if p > 99:  # an odd number of digits: the last one stands alone
                    m += d * 10 * unit
                    i += 1
                    break
                m += p * unit
                unit //= 100
                i += 2
                d = t[buf[i]]
        if buf[i] != _COMMA:
            return _BAD
        self.at = i + 1
        m = deg * 1_000_000 + (m + 30) // 60
        return m if m <= most * 1_000_000 else _BAD

    def fixed(self, buf: bytearray, i: int, e: int, unit: int) -> int:
        """A number without sign, times `unit` (a power of ten up to 1000); digits past the unit's are dropped."""
        if i > e:
            return _BAD
        t = _DIGIT
        d = t[buf[i]]
        if d > 9:
            self.at = i + 1
            return _EMPTY if buf[i] == _COMMA or i == e else _BAD
        v = 0
        while d < 10:
            v = v * 10 + d
            if v > _MOST:
                return _BAD
            i += 1
            d = t[buf[i]]
        v *= unit  # at most 99,999,000
        if buf[i] == _DOT:
            i += 1
            d = t[buf[i]]
            while d < 10:
                unit //= 10
                v += d * unit
                i += 1
                d = t[buf[i]]
        if buf[i] != _COMMA and i != e:
            return _BAD
        self.at = i + 1
        return v

    def letter(self, buf: bytearray, i: int, e: int, wanted: int) -> int:
        """The unit `wanted`, or nothing: 0 or BAD."""
        if i < e and buf[i] == wanted:
            i += 1
        if i > e or (buf[i] != _COMMA and i != e):
            return _BAD
        self.at = i + 1
        return 0

    def height(self, buf: bytearray, i: int, e: int) -> int:
        """Metres with their unit M into `alt_dm`, a half rounded away from zero: 0, EMPTY or BAD."""
        below = i < e and buf[i] == 45
        v = self.fixed(buf, i + 1 if below else i, e, 100)
        if v == _BAD or self.letter(buf, self.at, e, 77) == _BAD:
            return _BAD
        if v < 0:
            return _BAD if below else _EMPTY
        if v > (_LOWEST if below else _HIGHEST):
            return _BAD
        v = (v + 5) // 10
        self.alt_dm = -v if below else v
        return 0

    def date(self, buf: bytearray, i: int, e: int) -> int:
        """ddmmyy, the last field we read: days since 1980-01-01. Years 80 to 99 are in the last century: GPS began in 1980."""
        if i > e:
            return _BAD
        if buf[i] == _COMMA or i == e:
            return _EMPTY
        if i + 6 > e or (buf[i + 6] != _COMMA and i + 6 != e):
            return _BAD
        t = _DIGIT
        year = t[buf[i + 4]] * 10 + t[buf[i + 5]]
        if year > 99:
            return _BAD
        year += 1900 if year >= 80 else 2000
        return days_since_1980(year, t[buf[i + 2]] * 10 + t[buf[i + 3]], t[buf[i]] * 10 + t[buf[i + 1]])
