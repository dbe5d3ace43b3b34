"""An invented voyage as NMEA: a boat in the open South Atlantic, west of 25° W, where nobody lives.

`lines(seconds, seed)` is a sound recording; `garble(data, seed)` spoils it as serial lines and bad disks do.
"""

import random
from functools import reduce


def line(body: bytes) -> bytes:
    return b"$%s*%02X\r\n" % (body, reduce(int.__xor__, body, 0))


def lines(seconds: int, seed: int) -> bytes:
    """From 23:59:00 on 2025-05-13 on, so that midnight is within it after a minute. Every eighth second is void."""
    chance = random.Random(seed)
    lat, lon = 12 * 600_000, 25 * 600_000  # 1e-4 minutes
    out: list[bytes] = []
    for k in range(seconds):
        s = 86_340 + k
        clock = b"%02d%02d%02d.%02d" % (s // 3600 % 24, s // 60 % 60, s % 60, chance.choice((0, 0, 25, 99)))
        date = b"%02d0525" % (13 + s // 86_400)
        lat += chance.randrange(-90, 90)
        lon += chance.randrange(-90, 90)
        place = b"%02d%07.4f,S,%03d%07.4f,W" % (
            lat // 600_000,
            lat % 600_000 / 1e4,
            lon // 600_000,
            lon % 600_000 / 1e4,
        )
        void = k % 8 == 7
        speed = b"%.3f" % chance.uniform(0, 30)
        track = b"%.2f" % chance.uniform(0, 359.99)
        rmc = b"GNRMC,%s,%s,%s,%s,%s,%s,,,%s" % (
            clock,
            b"AV"[void : void + 1],
            place,
            speed,
            track,
            date,
            b"AN"[void : void + 1],
        )
        gga = b"GNGGA,%s,%s,%d,%02d,%.2f,%.1f,M,46.9,M,," % (
            clock,
            place,
            not void,
            chance.randrange(4, 20),
            chance.uniform(0.5, 9),
            chance.uniform(-5, 9),
        )
        parts = [
            gga,
            b"GPGSA,A,%d,02,05,12,,,,,,,,,,1.2,0.7,1.0" % chance.choice((2, 3)),
            b"GPGSV,1,1,01,02,40,123,20",
        ]
        chance.shuffle(parts)
        out += [line(part) for part in (rmc, *parts)]
    return b"".join(out)


def garble(data: bytes, seed: int) -> bytes:
    """Bits turned, pieces lost, doubled and moved, noise put in between."""
    chance = random.Random(seed)
    spoiled = bytearray(data)
    for _ in range(max(1, len(data) // 200)):
        at = chance.randrange(len(spoiled))
        piece = spoiled[at : at + chance.randrange(1, 120)]
        match chance.randrange(5):
            case 0:
                spoiled[at] ^= 1 << chance.randrange(8)
            case 1:
                del spoiled[at : at + len(piece)]
            case 2:
                spoiled[at:at] = piece
            case 3:
                spoiled[at:at] = chance.randbytes(chance.randrange(1, 40))
            case _:
                spoiled[at:at] = chance.choice((b"$", b"*", b"\n", b",", b"$GNRMC,", b"*00\r\n", b"\x00" * 200))
    return bytes(spoiled)
