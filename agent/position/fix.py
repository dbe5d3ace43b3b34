"""What one UTC time of a receiver said. Every number is an integer below 2**30."""

NONE = -(1 << 29)  # an unknown latitude, longitude or altitude: no measured one reaches it


class Fix:
    """Reused: whoever wants to keep a value copies it before the next fix.

    `valid` is mode 2 or 3. Without it only `time`, `day`, `tod_ms` and `sats` mean anything, the rest is unknown.
    """

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.time = -1  # whole seconds since 2020-01-01 UTC; -1: no date known, or none between 2020 and 2053
        self.day = -1  # days since 1980-01-01 UTC, -1 when no date is known
        self.tod_ms = -1  # milliseconds of the UTC day, below 86,401,000 (a leap second counts on)
        self.mode = 1  # 1 no fix, 2 two dimensions, 3 three
        self.valid = False
        self.lat_e6 = NONE  # microdegrees, north is positive
        self.lon_e6 = NONE  # microdegrees, east is positive, -180e6 to 180e6, both ends included
        self.speed_cms = -1  # cm/s over ground, -1 unknown
        self.track_cdeg = -1  # 0.01 degrees from true north, 0 to 35999, -1 unknown
        self.alt_dm = NONE  # decimetres above mean sea level
        self.hdop_c = -1  # horizontal dilution of precision in hundredths, -1 unknown
        self.sats = -1  # satellites used, -1 unknown
