"""What a MediaTek receiver (MT3333, MT3339 and their modules) is told, as PMTK sentences. No I/O.

Source: MediaTek "PMTK command packet", rev. A11. The same functions as in ublox.py, so that a board may choose.
"""

_RATES = (4_800, 9_600, 14_400, 19_200, 38_400, 57_600, 115_200)


def sentence(body: str) -> bytes:
    """With dollar sign, checksum (exclusive or of all between $ and *) and line end."""
    total = 0
    for byte in body.encode():
        total ^= byte
    return f"${body}*{total:02X}\r\n".encode()


def sentences() -> bytes:
    """PMTK314: GLL 0, RMC 1, VTG 0, GGA 1, GSA 1, GSV 0, the rest 0."""
    return sentence("PMTK314,0,1,0,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0")


def speed(rate: int) -> bytes:
    """PMTK251."""
    if rate not in _RATES:
        raise OSError
    return sentence(f"PMTK251,{rate}")


def economy(on: bool) -> bytes:
    """PMTK225: AlwaysLocate standby, or normal mode."""
    return sentence("PMTK225,8" if on else "PMTK225,0")


def forget() -> bytes:
    """PMTK104, full cold start: time, position, almanac, ephemeris and configuration are cleared."""
    return sentence("PMTK104")


def sleep() -> bytes:
    """PMTK161: standby until a byte arrives."""
    return sentence("PMTK161,0")


WAKE = b"\r\n"
