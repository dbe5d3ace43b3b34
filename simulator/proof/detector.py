"""Finds a value in bytes however it was written: raw, reversed, hex, base64, compressed; a number as 4 bytes in either order, CBOR,
a tagged small integer, decimal or degrees text, NMEA; a track also as differences. Knows nothing of ports or purposes.
"""

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
_DEPTH = 2  # hex of base64, compressed text …
_RUN = 6  # differences in a row that are no accident
_MOVED_E6 = 60  # microdegrees those differences must add up to
_LEAST = 6  # bytes of a value that are no accident
_HEX = re.compile(rb"[0-9A-Fa-f]{8,}")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{8,}")
_NUMBER = re.compile(rb"\d{6,10}")
_DEGREES = re.compile(rb"(\d{1,3})\.(\d{4,7})")
_NMEA = re.compile(rb"\d{4,5}\.\d{3}")


class Detector:
    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}
        self._numbers: set[int] = set()
        self._tagged: set[int] = set()
        self._texts: set[bytes] = set()
        self._degrees: set[tuple[int, int]] = set()  # (digits, number cut to them)
        self._runs: set[tuple[int, ...]] = set()
        self._track: list[tuple[int, int]] = []

    def add(self, name: str, value: bytes) -> None:
        if len(value) >= _LEAST:
            self._values[name] = value

    def place(self, lat_e6: int, lon_e6: int) -> None:
        """One more place of a track, in microdegrees."""
        for number in (lat_e6, lon_e6):
            self._numbers |= {number & 0xFFFFFFFF, -1 - number & 0xFFFFFFFF}
            self._tagged.add((number << 1 | 1) & 0xFFFFFFFF)
            size = abs(number)
            minutes = size % 1_000_000 * 60
            self._texts.add(b"%02d%02d.%03d" % (size // 1_000_000, minutes // 1_000_000, minutes % 1_000_000 // 1_000))
            for digits in range(4, 8):
                cut = size * 10 if digits == 7 else size // 10 ** (6 - digits)
                self._degrees.add((digits, cut))
        self._track.append((lat_e6, lon_e6))
        if len(self._track) > _RUN:
            steps = [
                (b[0] - a[0], b[1] - a[1]) for a, b in zip(self._track[-_RUN - 1 :], self._track[-_RUN:], strict=False)
            ]
            both = [n for step in steps[-_RUN // 2 :] for n in step]
            for run in ([n for n, _ in steps], [n for _, n in steps], both):
                if sum(map(abs, run)) >= _MOVED_E6:
                    self._runs.add(tuple(run))

    def search(self, data: bytes) -> set[str]:
        """What shows in `data`: the names of values, "place", "track"."""
        found: set[str] = set()
        for view in set(_views(data, _DEPTH)):
            found |= {name for name, value in self._values.items() if value in view or value[::-1] in view}
            if self._shows_place(view):
                found.add("place")
            if self._runs and any(run in self._runs for run in _runs(view)):
                found.add("track")
        return found

    def _shows_place(self, view: bytes) -> bool:
        for at in range(len(view) - 3):
            for order in _ORDERS:
                number = int.from_bytes(view[at : at + 4], order)
                if number in self._numbers or number in self._tagged:
                    return True
        if any(
            int(text) in self._numbers or -int(text) & 0xFFFFFFFF in self._numbers for text in _NUMBER.findall(view)
        ):
            return True
        if any((len(part), int(whole + part)) in self._degrees for whole, part in _DEGREES.findall(view)):
            return True
        return any(text in self._texts or text[1:] in self._texts for text in _NMEA.findall(view))


def _views(data: bytes, depth: int) -> Iterator[bytes]:
    """The bytes themselves, and what they are when read as hex, base64 or something compressed."""
    yield data
    if depth == 0:
        return
    inner: list[bytes] = []
    for run in _HEX.findall(data):
        inner += [binascii.unhexlify(run[k : k + (len(run) - k) // 2 * 2]) for k in (0, 1)]
    for run in _BASE64.findall(data):
        text = run.replace(b"-", b"+").replace(b"_", b"/")
        inner += [base64.b64decode(text[k:] + b"A" * (-len(text[k:]) % 4)) for k in range(4)]
    for at in range(len(data) - 7):
        if data[at] & 0x0F == 8 and (data[at] << 8 | data[at + 1]) % 31 == 0:
            inner += _inflated(data[at:], 15)
        elif data[at : at + 2] == b"\x1f\x8b":
            inner += _inflated(data[at:], 31)
        inner += _inflated(data[at:], -15)
    for one in inner:
        yield from _views(one, depth - 1)


def _inflated(data: bytes, window: int) -> list[bytes]:
    try:
        plain = zlib.decompressobj(window).decompress(data, 4_096)
    except zlib.error:
        return []
    return [plain] if len(plain) >= _LEAST else []


def _runs(view: bytes) -> Iterator[tuple[int, ...]]:
    """Every few numbers in a row, read as bytes, as 16 bits in either order, as zigzag varints, and as CBOR."""
    signed = [n - 256 if n > 127 else n for n in view]
    lists: list[Sequence[int]] = [signed]
    for phase in (0, 1):
        pairs = range(phase, len(view) - 1, 2)
        lists += [[int.from_bytes(view[k : k + 2], "big", signed=True) for k in pairs]]
        lists += [[int.from_bytes(view[k : k + 2], "little", signed=True) for k in pairs]]
    lists += [_zigzag(view[k:]) for k in range(4)]
    lists += [_cbor(view[k:]) for k in range(4)]
    for numbers in lists:
        for k in range(len(numbers) - _RUN + 1):
            yield tuple(numbers[k : k + _RUN])


def _zigzag(view: bytes) -> list[int]:
    numbers: list[int] = []
    value = shift = 0
    for c in view:
        value |= (c & 0x7F) << shift
        shift += 7
        if c < 0x80:
            numbers.append(value >> 1 ^ -(value & 1))
            value = shift = 0
    return numbers


def _cbor(view: bytes) -> list[int]:
    """The integers of CBOR, whatever else stands between."""
    numbers: list[int] = []
    at = 0
    while at < len(view):
        major, low = view[at] >> 5, view[at] & 31
        size = {24: 1, 25: 2, 26: 4}.get(low, 0)
        value = int.from_bytes(view[at + 1 : at + 1 + size], "big") if size else low
        if major < 2:
            numbers.append(-1 - value if major else value)
        at += 1 + size
    return numbers
