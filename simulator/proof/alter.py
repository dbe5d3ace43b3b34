"""Another world's data: the same sentences, pictures and gauges with other contents, of the same form and the same length.

Only what the owner may not have allowed is altered (consent.py). Under a coarse grant the other place lies in the same cell. In a
life whose items leave sealed, they are altered too: the same ride on another meridian, another picture of the same size.
"""

import random
from functools import reduce

from agent.base.geo import cell_lat, cell_lon
from agent.privacy import purposes as p
from agent.privacy.minimise import METRES
from simulator import remote
from simulator.proof.consent import Onlooker
from simulator.proof.life import SEALED, Event, Life
from simulator.recording import sound
from simulator.town import LIGHT_LAT_E6, LIGHT_LON_E6

_TRIES = 40
_FIX_MS = 2_500  # a fix is open for so long at most
_EDGE_E6 = 3  # microdegrees from a cell's edge that no rounding crosses
_KINDS = ("stays", "jumps", "void")
SERIALS = ("serial", "iccid", "imsi", "imei", "mac", "name")
"""What a device of another build could keep beside its keys: no message of this one may show it."""


class Other:
    """One other world. `altered` counts the inputs that differ: a proof over none is none."""

    def __init__(self, life: Life, onlooker: Onlooker) -> None:
        self._rng = random.Random(f"other {life.seed}/{life.combo}")
        self._onlooker = onlooker
        self._kind = self._rng.choice(_KINDS)
        self._armed = next((event.t for event in life.events if event.args == ("arm",)), 1 << 62)
        # An alarm may tell of the fix that was being received when it was raised.
        shakes = [event.t for event in life.events if event.do in ("jolt", "ride") and event.t >= self._armed]
        self._shaken = min(shakes, default=1 << 62) - _FIX_MS
        # A gauge still shows later what it measured before: only who never grants it may have another one.
        self._battery = not any(event.do == "grant" and p.STATUS in _purposes(event) for event in life.events)
        self.collecting = False  # what is granted is altered too: it is collected, and will not be sent
        self._sealed = life.combo.purpose if life.combo.mode == SEALED else -1
        self._east_e6 = self._rng.randrange(-4_000_000, 4_000_000)  # of the same ride elsewhere
        self._places: dict[bytes, tuple[int, int]] = {}  # of one time of day: RMC and GGA agree
        self._here = self._far()
        self._raised = False  # something moved since the device was armed, or may have been
        self.altered = 0

    def secrets(self, mine: dict[str, bytes]) -> dict[str, bytes]:
        """The same device on another network, made and named otherwise."""
        rng = self._rng
        other = dict(mine)
        for name in ("wifi_ssid", "wifi_pass", *SERIALS):
            if name in mine:
                other[name] = bytes(rng.choice(b"abcdefghijklmnopqrstuvwxyz") for _ in mine[name])
        return other

    def see(self, inputs: list[tuple[int, bytes]], t: int, seconds: int) -> list[tuple[int, bytes]]:
        """The inputs of `t` as this world has them."""
        given = self._onlooker.granted
        report, alarm = given(p.LOCATION_REPORT, seconds), given(p.LOCATION_ALARM, seconds)
        if t >= self._shaken or (t >= self._armed and any(port == remote.MOTION for port, _ in inputs)):
            self._raised = True
        finest = [one for one in (report, alarm if self._raised else -1) if one >= 0 and not self.collecting]
        places = list(range(min(finest), len(METRES))) if finest else []  # cells of two sizes do not lie in each other
        photo = given(p.PHOTO, seconds)
        wake = max(given(p.WAKE_ABNORMAL, seconds), alarm)
        seen: list[tuple[int, bytes]] = []
        for port, data in inputs:
            other = data
            if port == remote.GNSS:
                other = self._sentences(data, places)
            elif port == remote.BATTERY and self._battery:
                other = bytes((data[0] * 7 % 101,)) + (30_000 + data[0] * 37).to_bytes(2, "big") + bytes((1 - data[3],))
            elif (
                port == remote.CAMERA and data[:1] == b"D" and (photo < 0 or self.collecting or self._sealed == p.PHOTO)
            ):
                other = b"D" + self._rng.randbytes(len(data) - 1)
            elif port == remote.MOTION and wake < 0:
                other = _shaken(data)
            self.altered += other != data
            seen.append((port, other))
        return seen

    def _sentences(self, data: bytes, precisions: list[int]) -> bytes:
        if 0 in precisions and self._sealed not in (p.LOCATION_REPORT, p.LOCATION_ALARM):
            return data
        return b"\n".join(self._sentence(line, precisions) for line in data.split(b"\n"))

    def _sentence(self, line: bytes, precisions: list[int]) -> bytes:
        fields = sound(line.strip())
        kind = fields[0][-3:] if fields else b""
        at = {b"RMC": 3, b"GGA": 2}.get(kind, 0)
        if not at or len(fields) < 10 or not fields[at] or not fields[at + 2]:
            return line
        here = _e6(fields[at], fields[at + 1]), _e6(fields[at + 2], fields[at + 3])
        if 0 in precisions:
            return _checked([*fields[: at + 2], _text(here[1] + self._east_e6, 3), *fields[at + 3 :]])
        lat, lon = self._place(fields[1], *here, precisions)
        if (lat, lon) != here:  # else its very digits: at the edge of a cell a rounding would cross it
            fields[at], fields[at + 2] = _text(lat, 2), _text(lon, 3)
        if kind == b"RMC":
            if self._void(precisions):
                fields[2] = b"V"
            fields[7], fields[8] = self._digits(fields[7]), self._digits(fields[8])
        else:
            if self._void(precisions):
                fields[6] = b"0"
            fields[9] = self._digits(fields[9])
        return _checked(fields)

    def _void(self, precisions: list[int]) -> bool:
        """No fix at all; but what is granted coarsely, or collected, agrees on times and quality."""
        return self._kind == "void" and not precisions and not self.collecting

    def _digits(self, text: bytes) -> bytes:
        """Another number of the same form, not larger."""
        return bytes(self._rng.randrange(48, c + 1) if 48 <= c <= 57 else c for c in text)

    def _far(self) -> tuple[int, int]:
        rng = self._rng
        return LIGHT_LAT_E6 + rng.randrange(-50_000, 50_000), LIGHT_LON_E6 + rng.randrange(-50_000, 50_000)

    def _place(self, tod: bytes, lat: int, lon: int, precisions: list[int]) -> tuple[int, int]:
        if tod not in self._places:
            if precisions:
                self._places[tod] = self._near(lat, lon, max(METRES[one] for one in precisions), precisions)
            else:
                self._here = self._far() if self._kind == "jumps" else self._here
                self._places[tod] = self._here
        return self._places[tod]

    def _near(self, lat: int, lon: int, reach_m: int, precisions: list[int]) -> tuple[int, int]:
        """Somewhere else in the same cells, where there is somewhere else."""
        for _ in range(_TRIES):
            other = (
                lat + self._rng.randrange(-9 * reach_m, 9 * reach_m),
                lon + self._rng.randrange(-12 * reach_m, 12 * reach_m),
            )
            if all(len(_cells((lat, lon), METRES[one]) | _cells(other, METRES[one])) == 1 for one in precisions):
                return other
        return lat, lon


def _checked(fields: list[bytes]) -> bytes:
    body = b",".join(fields)
    return b"$%s*%02X\r" % (body, reduce(int.__xor__, body))


def _purposes(event: Event) -> tuple[int, ...]:
    first = event.args[0]
    return first if isinstance(first, tuple) else ()


def _cells(place: tuple[int, int], metres: int) -> set[tuple[int, int]]:
    """The cell of a place, and those just beside it: a receiver's rounding may end there."""
    lat, lon = place
    shifts = (-_EDGE_E6, 0, _EDGE_E6)
    return {(cell_lat(lat + a, metres), cell_lon(lat + a, lon + b, metres)) for a in shifts for b in shifts}


def _shaken(data: bytes) -> bytes:
    """Another jolt on the same side of what counts as motion while armed: that bit sounds the siren."""
    mg = data[0] << 8 | data[1]
    return (mg // 2 if mg < 150 else 150 + mg * 3 % 1_500).to_bytes(2, "big")


def places_in(data: bytes) -> list[tuple[int, int]]:
    """Latitude and longitude in microdegrees of every sound RMC sentence."""
    found: list[tuple[int, int]] = []
    for line in data.split(b"\n"):
        fields = sound(line.strip())
        if fields and fields[0].endswith(b"RMC") and len(fields) > 9 and fields[3] and fields[5]:
            found.append((_e6(fields[3], fields[4]), _e6(fields[5], fields[6])))
    return found


def _e6(text: bytes, side: bytes) -> int:
    """(d)ddmm.mmmmm as microdegrees."""
    whole, _, part = text.partition(b".")
    units = int(whole[-2:]) * 100_000 + int((part + b"00000")[:5])
    value = int(whole[:-2]) * 1_000_000 + (units + 3) // 6  # rounded, as agent/position does
    return -value if side in (b"S", b"W") else value


def _text(value: int, width: int) -> bytes:
    degrees, rest = divmod(abs(value), 1_000_000)
    units = rest * 6
    return b"%0*d%02d.%05d" % (width, degrees, units // 100_000, units % 100_000)
