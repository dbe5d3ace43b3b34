"""Merges the sentences of one UTC time into one fix. Refuses a position that any sentence of that time disowns.

The first sentence with another time closes the epoch; so does `finish()`. A sentence without a time (GSA, VTG) belongs to
the epoch that is open. VTG, GLL and ZDA count only where RMC has given no speed, position or date, whichever comes first.

Mode: 1 when RMC or GLL says V, GGA says quality 0, GSA says 1, or nobody gives a position; else the largest one that a
GSA names (a receiver sends one per constellation); without GSA 3 where GGA gives an altitude, else 2.
A date holds for later epochs that name none, and goes on by a day when the time of day falls by more than half a day.
"""

from micropython import const

from ..base import ticks
from .fields import BAD, EMPTY, Fields, days_since_1980
from .fix import NONE, Fix
from .sentence import GGA, GLL, GSA, RMC, VTG

MERGED = 0
UNTIMED = 1  # sound, but the receiver does not know the time yet
LATE = 2  # of a time whose fix is out already

_LATE_MS = const(10_000)  # the same time of day after more than this is another day's
_HALF_DAY_MS = const(43_200_000)
_DAY_2020 = const(14_610)  # 2020-01-01 in days since 1980-01-01
_DAYS = const(12_427)  # from 2020; the seconds of one more would pass 2**30 (2054-01-09)

# Limits of the fields, in the unit they are read in.
_MAX_SPEED = const(1_000_000)  # 0.001 knot; 1,000 knots
_MAX_KMH = const(1_852_000)  # the same speed in 0.001 km/h
_MAX_TRACK = const(360_000)  # 0.001 degree
_MAX_HDOP = const(999_990)  # 0.001
_MAX_SATS = const(99)

_TYPING = const(False)
if _TYPING:
    from collections.abc import Callable


class Epoch:
    def __init__(self, on_fix: "Callable[[Fix], None]") -> None:
        self.fix = Fix()
        self._on_fix = on_fix
        self._fields = Fields()
        self.forget()

    def forget(self) -> None:
        """Drops the open epoch and all that is known of earlier ones, without a fix."""
        self._fields.lat_e6 = self._fields.lon_e6 = self._fields.alt_dm = 0
        self._day = -1  # the last date known, at the time of day _day_ms
        self._day_ms = 0
        self._done_ms = -1  # the time of day of the last fix given out
        self._done = 0  # and when that was, in ticks
        self._clear()

    def _clear(self) -> None:
        self.fix.clear()
        self._void = False
        self._gsa = 0  # the largest mode that a GSA named
        self._rmc_speed = False  # what this epoch's RMC gave
        self._rmc_place = False
        self._rmc_day = False

    def is_open(self) -> bool:
        return self.fix.tod_ms >= 0

    def wants(self, kind: int, buf: bytearray, i: int) -> bool:
        """Whether a sentence can add anything, by its first ten bytes. They are not proven yet: no is a no to all of it."""
        if kind == GSA:
            # $GNGSA,A,3, has its mode at 9. One that names no larger mode changes nothing: receivers send five a second.
            return self.fix.tod_ms >= 0 and buf[i + 9] - 48 > self._gsa
        return kind != VTG or (self.fix.tod_ms >= 0 and not self._rmc_speed)

    def repeats(self, kind: int, buf: bytearray, i: int, e: int) -> bool:
        """Whether a GLL or ZDA between $ at `i` and * at `e` has the open epoch's time, and RMC gave what it could give."""
        at = i + 7
        if kind == GLL:
            if not self._rmc_place:
                return False
            for _ in range(4):
                at = buf.find(b",", at, e) + 1
                if not at:
                    return False
        elif not self._rmc_day:
            return False
        return self._fields.clock(buf, at, e) == self.fix.tod_ms

    def take(self, kind: int, buf: bytearray, i: int, e: int, now: int) -> int:
        """Merges a sentence whose checksum holds: MERGED, UNTIMED, LATE, or BAD and nothing is changed."""
        i += 7
        if i > e or buf[i - 1] != 44:
            return BAD
        if kind == RMC:
            return self._rmc(buf, i, e, now)
        if kind == GGA:
            return self._gga(buf, i, e, now)
        if kind == GSA:
            return self._mode(buf, i, e)
        if kind == VTG:
            return self._vtg(buf, i, e)
        if kind == GLL:
            return self._gll(buf, i, e, now)
        return self._zda(buf, i, e, now)

    def finish(self, now: int) -> None:
        """Gives out the open epoch's fix, when there is one."""
        fix = self.fix
        if fix.tod_ms < 0:
            return
        self._done_ms = fix.tod_ms
        self._done = now
        self._date(fix)
        if self._void or self._gsa == 1 or fix.lat_e6 == NONE:
            fix.lat_e6 = fix.lon_e6 = fix.alt_dm = NONE
            fix.speed_cms = fix.track_cdeg = fix.hdop_c = -1
        else:
            fix.valid = True
            fix.mode = self._gsa or (2 if fix.alt_dm == NONE else 3)
        self._on_fix(fix)
        self._clear()

    def _date(self, fix: Fix) -> None:
        if fix.day < 0 <= self._day:
            fix.day = self._day + 1 if self._day_ms - fix.tod_ms > _HALF_DAY_MS else self._day
        if fix.day < 0:
            return
        self._day = fix.day
        self._day_ms = fix.tod_ms
        days = fix.day - _DAY_2020
        if 0 <= days < _DAYS:
            fix.time = days * 86_400 + fix.tod_ms // 1000  # below 2**30

    def _opens(self, tod: int, day: int, now: int) -> bool:
        """Makes `tod` the open epoch, closing another one; False when its fix is out already. `day` may be EMPTY."""
        fix = self.fix
        if fix.tod_ms != tod or (day >= 0 and fix.day >= 0 and day != fix.day):
            if fix.tod_ms >= 0:
                self.finish(now)
            elif tod == self._done_ms and ticks.diff(now, self._done) < _LATE_MS:
                return False
            fix.tod_ms = tod
        if day >= 0:
            fix.day = day
        return True

    def _rmc(self, buf: bytearray, i: int, e: int, now: int) -> int:
        """time,status,lat,N,lon,E,knots,track,ddmmyy.."""
        f = self._fields
        tod = f.clock(buf, i, e)
        i = f.at
        if tod == BAD or i + 1 >= e or buf[i + 1] != 44:
            return BAD
        status = buf[i]
        place = f.place(buf, i + 2, e)
        if place == BAD:
            return BAD
        speed = f.fixed(buf, f.at, e, 1000)
        if speed == BAD or speed > _MAX_SPEED:
            return BAD
        track = f.fixed(buf, f.at, e, 1000)
        if track == BAD or track > _MAX_TRACK:
            return BAD
        day = f.date(buf, f.at, e)
        if day == BAD or (status != 86 and (status != 65 or place == EMPTY)):
            return BAD
        if tod == EMPTY:
            return UNTIMED
        if not self._opens(tod, day, now):
            return LATE
        if day >= 0:
            self._rmc_day = True
        if status == 86:
            self._void = True
            return MERGED
        self._rmc_place = True
        self.fix.lat_e6 = f.lat_e6
        self.fix.lon_e6 = f.lon_e6
        if speed >= 0:
            self._rmc_speed = True
            self._moves((speed * 463 + 4500) // 9000, track)  # 1 knot is 463/9 cm/s; below 4.7e8
        return MERGED

    def _moves(self, speed_cms: int, track: int) -> None:
        fix = self.fix
        fix.speed_cms = speed_cms
        track = (track + 5) // 10 if track >= 0 else -1
        fix.track_cdeg = track if track < 36_000 else 0

    def _gga(self, buf: bytearray, i: int, e: int, now: int) -> int:
        """time,lat,N,lon,E,quality,satellites,hdop,altitude,M.."""
        f = self._fields
        tod = f.clock(buf, i, e)
        if tod == BAD:
            return BAD
        place = f.place(buf, f.at, e)
        i = f.at
        if place == BAD or i + 1 >= e or buf[i + 1] != 44:
            return BAD
        quality = buf[i] - 48
        if not 0 <= quality <= 9 or (quality and place == EMPTY):
            return BAD
        sats = f.fixed(buf, i + 2, e, 1)
        if sats == BAD or sats > _MAX_SATS:
            return BAD
        hdop = f.fixed(buf, f.at, e, 1000)
        if hdop == BAD or hdop > _MAX_HDOP:
            return BAD
        height = f.height(buf, f.at, e)
        if height == BAD:
            return BAD
        if tod == EMPTY:
            return UNTIMED
        if not self._opens(tod, EMPTY, now):
            return LATE
        fix = self.fix
        fix.sats = sats
        if not quality:
            self._void = True
            return MERGED
        fix.lat_e6 = f.lat_e6
        fix.lon_e6 = f.lon_e6
        if height != EMPTY:
            fix.alt_dm = f.alt_dm
        fix.hdop_c = (hdop + 5) // 10 if hdop >= 0 else -1
        return MERGED

    def _mode(self, buf: bytearray, i: int, e: int) -> int:
        """selection,mode,... GSA."""
        if i + 3 > e or (buf[i] != 65 and buf[i] != 77) or buf[i + 1] != 44 or (buf[i + 3] != 44 and i + 3 != e):
            return BAD
        mode = buf[i + 2] - 48
        if not 1 <= mode <= 3:
            return BAD
        if mode > self._gsa:
            self._gsa = mode
        return MERGED

    def _vtg(self, buf: bytearray, i: int, e: int) -> int:
        """track,T,magnetic track,M,knots,N,km/h,K.."""
        f = self._fields
        track = f.fixed(buf, i, e, 1000)
        if track == BAD or track > _MAX_TRACK or f.letter(buf, f.at, e, 84) == BAD:
            return BAD
        magnetic = f.fixed(buf, f.at, e, 1000)
        if magnetic == BAD or magnetic > _MAX_TRACK or f.letter(buf, f.at, e, 77) == BAD:
            return BAD
        knots = f.fixed(buf, f.at, e, 1000)
        if knots == BAD or knots > _MAX_SPEED or f.letter(buf, f.at, e, 78) == BAD:
            return BAD
        kmh = f.fixed(buf, f.at, e, 1000)
        if kmh == BAD or kmh > _MAX_KMH or f.letter(buf, f.at, e, 75) == BAD:
            return BAD
        if knots >= 0:
            self._moves((knots * 463 + 4500) // 9000, track)
        elif kmh >= 0:
            self._moves((kmh + 18) // 36, track)  # 0.001 km/h is 1/36 cm/s
        return MERGED

    def _gll(self, buf: bytearray, i: int, e: int, now: int) -> int:
        """lat,N,lon,E,time,status.."""
        f = self._fields
        place = f.place(buf, i, e)
        if place == BAD:
            return BAD
        tod = f.clock(buf, f.at, e)
        i = f.at
        if tod == BAD or i >= e or (buf[i + 1] != 44 and i + 1 != e):
            return BAD
        void = buf[i] == 86
        if not void and (buf[i] != 65 or place == EMPTY):
            return BAD
        if tod == EMPTY:
            return UNTIMED
        if not self._opens(tod, EMPTY, now):
            return LATE
        fix = self.fix
        if void:
            self._void = True
        elif fix.lat_e6 == NONE:
            fix.lat_e6 = f.lat_e6
            fix.lon_e6 = f.lon_e6
        return MERGED

    def _zda(self, buf: bytearray, i: int, e: int, now: int) -> int:
        """time,dd,mm,yyyy.."""
        f = self._fields
        tod = f.clock(buf, i, e)
        if tod == EMPTY:
            return UNTIMED
        if tod == BAD:
            return BAD
        day = f.fixed(buf, f.at, e, 1)
        month = f.fixed(buf, f.at, e, 1)
        day = days_since_1980(f.fixed(buf, f.at, e, 1), month, day)
        if day == BAD:
            return BAD
        return MERGED if self._opens(tod, day, now) else LATE
