"""Sentences for the parser's tests, and a sink that copies what it is shown."""

from micropython import const

from agent.position.nmea import Nmea

_TYPING = const(False)
if _TYPING:
    from agent.position.fix import Fix


def line(body: bytes) -> bytes:
    """The body with $, checksum and line end."""
    x = 0
    for c in body:
        x ^= c
    return b"$" + body + b"*%02X\r\n" % x


class Sink:
    """Keeps a copy of every fix as a tuple: time, tod_ms, lat_e6, lon_e6, speed_cms, track_cdeg, alt_dm, mode, hdop_c, sats."""

    def __init__(self) -> None:
        self.fixes = []  # type: list[tuple[int, ...]]
        self.days = []  # type: list[int]

    def on_fix(self, fix: "Fix") -> None:
        assert fix.valid == (fix.mode >= 2)
        self.days.append(fix.day)
        self.fixes.append(
            (
                fix.time,
                fix.tod_ms,
                fix.lat_e6,
                fix.lon_e6,
                fix.speed_cms,
                fix.track_cdeg,
                fix.alt_dm,
                fix.mode,
                fix.hdop_c,
                fix.sats,
            )
        )


def parse(data: bytes, chunk: int = 0) -> "tuple[Sink, Nmea]":
    """What `data` yields when it is fed `chunk` bytes at a time (0: all at once) and then closed."""
    sink = Sink()
    nmea = Nmea(sink.on_fix)
    for k in range(0, len(data), chunk or len(data)):
        piece = bytearray(data[k : k + chunk] if chunk else data)
        nmea.feed(piece, len(piece), 0)
    nmea.close()
    return sink, nmea


def counts(nmea: Nmea) -> "tuple[int, ...]":
    """merged, skipped, untimed, late, bad_checksum, bad_field, cut, too_long."""
    return (
        nmea.merged,
        nmea.skipped,
        nmea.untimed,
        nmea.late,
        nmea.bad_checksum,
        nmea.bad_field,
        nmea.cut,
        nmea.too_long,
    )
