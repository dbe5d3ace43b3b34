"""What a u-blox 6, 7 or 8 receiver (NEO-6M, NEO-M8) is told, as UBX messages. No I/O.

Source: u-blox 6 Receiver Description including Protocol Specification (GPS.G6-SW-10018), §25 ff.; the same messages hold
for u-blox 7 and 8. Refuses rates the receiver does not have.
"""

from micropython import const

_CFG = const(0x06)
_RXM = const(0x02)
_NMEA = const(0xF0)
_SENTENCES = (0x00, 0x01, 0x02, 0x03, 0x04, 0x05)  # GGA GLL GSA GSV RMC VTG
_WANTED = (1, 0, 1, 0, 1, 0)  # one per fix: position and quality, mode, date and speed
_RATES = (9_600, 19_200, 38_400, 57_600, 115_200)


def message(kind: int, number: int, payload: bytes) -> bytes:
    """Sync, class, id, length (little endian), payload, Fletcher-8 over all but the sync bytes (§25.4)."""
    body = bytes((kind, number, len(payload) & 255, len(payload) >> 8)) + payload
    a = b = 0
    for byte in body:
        a = (a + byte) & 255
        b = (b + a) & 255
    return b"\xb5\x62" + body + bytes((a, b))


def sentences() -> bytes:
    """CFG-MSG: RMC, GGA and GSA once a fix, the rest off. 66 bytes: in one buffer's worth."""
    out = b""
    for number, rate in zip(_SENTENCES, _WANTED):
        out += message(_CFG, 0x01, bytes((_NMEA, number, rate)))
    return out


def speed(rate: int) -> bytes:
    """CFG-PRT for UART 1: 8N1, UBX and NMEA in, NMEA out."""
    if rate not in _RATES:
        raise OSError
    mode = (0x08D0).to_bytes(4, "little")
    return message(
        _CFG, 0x00, b"\x01\x00\x00\x00" + mode + rate.to_bytes(4, "little") + b"\x03\x00\x02\x00\x00\x00\x00\x00"
    )


def economy(on: bool) -> bytes:
    """CFG-RXM: power save mode, or maximum performance."""
    return message(_CFG, 0x11, bytes((0x08, 1 if on else 0)))


def forget() -> bytes:
    """CFG-RST, all of the battery-backed memory (ephemeris, almanac, position, clock, …), then a hardware reset."""
    return message(_CFG, 0x04, b"\xff\xff\x00\x00")


def sleep() -> bytes:
    """RXM-PMREQ, backup for an unlimited time: for boards that cannot cut the receiver's power."""
    return message(_RXM, 0x41, b"\x00\x00\x00\x00\x02\x00\x00\x00")


WAKE = b"\xff" * 8  # any edge on the receiver's input wakes it
