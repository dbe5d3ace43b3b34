"""What a sentence is before its fields are read: its kind, and whether its checksum holds. Allocates nothing.

Source: IEC 61162-1 (NMEA 0183) §7.1.4 and §7.2.1: address field, checksum as the XOR of what stands between $ and *.
"""

from micropython import const

OTHER = 0
RMC = 1
GGA = 2
GSA = 3
VTG = 4
GLL = 5
ZDA = 6

_DIGITS = b"0123456789ABCDEF"
_SMALL = b"0123456789abcdef"  # some receivers write the checksum so; the standard does not

# Second letters of the talkers that start with G: GPS, combined, GLONASS, Galileo, BeiDou, QZSS. BeiDou is BD as well.
_G_TALKERS = b"PNLABQ"

# Three letters in one number, below 2**23.
_RMC = const(0x52_4D_43)
_GGA = const(0x47_47_41)
_GSA = const(0x47_53_41)
_VTG = const(0x56_54_47)
_GLL = const(0x47_4C_4C)
_ZDA = const(0x5A_44_41)


def kind_of(buf: bytearray, i: int) -> int:
    """The kind of the sentence whose $ is at `i`, OTHER for all we do not read. Needs six bytes."""
    name = buf[i + 3] << 16 | buf[i + 4] << 8 | buf[i + 5]
    if name == _GSA:
        kind = GSA
    elif name == _RMC:
        kind = RMC
    elif name == _GGA:
        kind = GGA
    elif name == _VTG:
        kind = VTG
    elif name == _GLL:
        kind = GLL
    elif name == _ZDA:
        kind = ZDA
    else:
        return OTHER
    if buf[i + 1] == 71:
        return kind if buf[i + 2] in _G_TALKERS else OTHER
    return kind if buf[i + 1] == 66 and buf[i + 2] == 68 else OTHER


def holds(buf: bytearray, i: int, e: int) -> bool:
    """Whether the two digits after the * at `e` are the checksum of what follows the $ at `i`."""
    x = 0
    k = i + 1
    last = e - 7
    # Eight bytes a turn: the loop around one byte costs as much as the byte.
    while k < last:
        x ^= buf[k] ^ buf[k + 1] ^ buf[k + 2] ^ buf[k + 3] ^ buf[k + 4] ^ buf[k + 5] ^ buf[k + 6] ^ buf[k + 7]
        k += 8
    while k < e:
        x ^= buf[k]
        k += 1
    high = buf[e + 1]
    low = buf[e + 2]
    k = x >> 4
    x &= 15
    return (high == _DIGITS[k] or high == _SMALL[k]) and (low == _DIGITS[x] or low == _SMALL[x])
