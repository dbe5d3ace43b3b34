"""The parser against generated sentences, a second parser, random cuts and random garbage."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pynmeagps import VALCKSUM, NMEAReader
from pynmeagps.exceptions import NMEAMessageError, NMEAParseError, NMEAStreamError, NMEATypeError

from agent.position.fix import NONE
from agent.position.nmea import Nmea
from tests.host.fuzz_nmea import one
from tests.portable.nmea_lines import Sink, counts, parse
from tests.support.voyage import garble, line, lines

_REFUSALS = (NMEAMessageError, NMEAParseError, NMEAStreamError, NMEATypeError, ValueError, IndexError, TypeError)
_TALKERS = (b"GP", b"GN", b"GL", b"GA", b"GB", b"BD", b"GQ")


class Angle(NamedTuple):
    """A latitude or longitude as text, and as the exact decimal it means."""

    text: bytes
    exact: Decimal


def angles(width: int, most: int) -> st.SearchStrategy[Angle]:
    def made(degrees: int, minutes: int, places: int, fraction: int) -> Angle:
        digits = f"{fraction % 10**places:0{places}d}" if places else ""
        text = f"{degrees:0{width}d}{minutes:02d}" + (f".{digits}" if places else "")
        return Angle(text.encode(), degrees + Decimal(f"{minutes}.{digits or 0}") / 60)

    return st.builds(made, st.integers(0, most - 1), st.integers(0, 59), st.integers(0, 9), st.integers(0, 10**9 - 1))


def numbers(most: int, places: int) -> st.SearchStrategy[Decimal]:
    return st.decimals(0, most, places=places, allow_nan=False, allow_infinity=False)


def micro(angle: Angle, negative: bool) -> int:
    """Half a microdegree away from zero."""
    whole = int((angle.exact * 1_000_000).quantize(Decimal(1), ROUND_HALF_UP))
    return -whole if negative else whole


def scaled(value: Decimal | None, factor: int) -> int:
    return -1 if value is None else int((value * factor).quantize(Decimal(1), ROUND_HALF_UP))


def shown(value: Decimal | None) -> bytes:
    return b"" if value is None else str(value).encode()


@given(
    st.sampled_from(_TALKERS),
    st.integers(0, 86_399_999),
    angles(2, 90),
    angles(3, 180),
    st.booleans(),
    st.booleans(),
    st.none() | numbers(1000, 3),
    st.none() | numbers(360, 3),
    st.integers(1980, 2079),
    st.integers(1, 12),
    st.integers(1, 28),
)
def test_rmc_gives_back_what_was_written(
    talker: bytes,
    tod: int,
    lat: Angle,
    lon: Angle,
    south: bool,
    west: bool,
    knots: Decimal | None,
    track: Decimal | None,
    year: int,
    month: int,
    day: int,
) -> None:
    """Every position, speed and date that a receiver can say, to the last microdegree and centimetre."""
    clock = b"%02d%02d%02d.%03d" % (tod // 3_600_000, tod // 60_000 % 60, tod // 1000 % 60, tod % 1000)
    body = b"%sRMC,%s,A,%s,%s,%s,%s,%s,%s,%02d%02d%02d,,,A" % (
        talker, clock, lat.text, b"NS"[south : south + 1], lon.text, b"EW"[west : west + 1], shown(knots), shown(track), day, month, year % 100,
    )  # fmt: skip
    sink, _ = parse(line(body))
    (fix,) = sink.fixes
    speed = -1 if knots is None else int((knots * 463_000 / 9000).quantize(Decimal(1), ROUND_HALF_UP))
    direction = -1 if knots is None or track is None else scaled(track, 100) % 36_000
    assert fix[1:8] == (tod, micro(lat, south), micro(lon, west), speed, direction, NONE, 2)
    assert fix[0] == _seconds(year, month, day, tod)
    assert all(abs(value) < 1 << 30 for value in fix)


def _seconds(year: int, month: int, day: int, tod: int) -> int:
    from datetime import date

    days = (date(year, month, day) - date(2020, 1, 1)).days
    return days * 86_400 + tod // 1000 if 0 <= days < 12_427 else -1


@given(
    angles(2, 90),
    angles(3, 180),
    st.integers(0, 9),
    st.none() | st.integers(0, 99),
    st.none() | numbers(999, 2),
    st.none() | st.decimals(-1000, 80_000, places=2, allow_nan=False, allow_infinity=False),
)
def test_gga_gives_back_what_was_written(
    lat: Angle, lon: Angle, quality: int, sats: int | None, hdop: Decimal | None, height: Decimal | None
) -> None:
    """Heights below the sea round away from zero like those above it."""
    body = b"GNGGA,081836.00,%s,N,%s,W,%d,%s,%s,%s,M,,M,," % (
        lat.text, lon.text, quality, b"" if sats is None else b"%d" % sats, shown(hdop), shown(height),
    )  # fmt: skip
    (fix,) = parse(line(body))[0].fixes
    assert fix[9] == (-1 if sats is None else sats)
    if not quality:
        assert fix[2:9] == (NONE, NONE, -1, -1, NONE, 1, -1)
        return
    tenths = NONE if height is None else int((height * 10).quantize(Decimal(1), ROUND_HALF_UP))
    assert fix[2:9] == (
        micro(lat, False),
        micro(lon, True),
        -1,
        -1,
        tenths,
        2 if height is None else 3,
        scaled(hdop, 100),
    )


@given(st.integers(0, 1000), st.lists(st.integers(1, 400), min_size=1, max_size=30), st.booleans())
def test_any_cutting_gives_the_same_fixes_and_counts(seed: int, sizes: Sequence[int], spoiled: bool) -> None:
    """A serial line, a file and a socket deliver the same bytes in other pieces."""
    data = lines(12, seed)
    if spoiled:
        data = garble(data, seed)
    whole, nmea = parse(data)
    sink = Sink()
    pieces = Nmea(sink.on_fix)
    at = k = 0
    while at < len(data):
        piece = bytearray(data[at : at + sizes[k % len(sizes)]])
        pieces.feed(memoryview(piece) if k % 3 == 2 else piece, len(piece), 0)
        at += len(piece)
        k += 1
    pieces.close()
    assert sink.fixes == whole.fixes
    assert counts(pieces) == counts(nmea)


@settings(max_examples=300)
@given(st.binary(max_size=2000))
@example(b"$GNRMC,*" * 40)
def test_random_bytes_never_raise_and_never_become_a_fix(data: bytes) -> None:
    """Noise on an open line has a right checksum once in 256; it must still be no position."""
    one(data)


_FIELD = st.sampled_from(
    (
        b"",
        b",",
        b"A",
        b"V",
        b"N",
        b"W",
        b"081836.75",
        b"1200.0000",
        b"02500.0000",
        b"130525",
        b"0",
        b"-1",
        b"9" * 30,
        b".",
        b"M",
        b"\x00",
        b"\xff",
    )
)


@settings(max_examples=500)
@given(st.sampled_from((b"RMC", b"GGA", b"GSA", b"VTG", b"GLL", b"ZDA")), st.lists(_FIELD, max_size=16))
def test_any_fields_behind_a_right_checksum_never_raise(kind: bytes, fields: Sequence[bytes]) -> None:
    """A broken receiver computes its checksum over whatever it says."""
    one(line(b"GNGLL,,,,,000000,V,N") + line(b"GN" + kind + b"," + b",".join(fields)))


@settings(max_examples=200)
@given(st.integers(0, 10**6))
def test_a_second_parser_reads_the_same_fixes_from_sound_lines(seed: int) -> None:
    """pynmeagps was written by others from the same standard: where both read, they must agree."""
    for text in lines(8, seed).splitlines(keepends=True):
        _compare(text)


@settings(max_examples=300)
@given(st.integers(0, 10**6))
def test_what_a_second_parser_refuses_is_no_fix_here(seed: int) -> None:
    """Spoiled lines: no position may come out of one that another parser finds unsound."""
    for text in garble(lines(4, seed), seed).split(b"$"):
        _compare(b"$" + text)


_FIELDS = {b"RMC": (10, 13), b"GGA": (11, 15), b"GLL": (7, 8)}


def _compare(text: bytes) -> None:
    (ours,) = parse(text)[0].fixes or (None,)
    # Behind the fields that are read (geoid, station, magnetic variation) nothing is judged here: they are left out for both.
    fields = text.partition(b"*")[0][1:].split(b",")
    read, all_of_them = _FIELDS.get(fields[0][2:], (len(fields), len(fields)))
    try:
        theirs = NMEAReader.parse(line(b",".join(fields[:read] + [b""] * (all_of_them - read))), validate=VALCKSUM)
    except _REFUSALS:
        theirs = None
    if ours is None:
        return
    assert text.upper().startswith(line(text.partition(b"*")[0][1:]).rstrip().upper())
    if ours[7] == 1:
        return
    assert theirs is not None, text
    assert isinstance(theirs.lat, float), text
    assert isinstance(theirs.lon, float), text
    assert math.isclose(ours[2] / 1e6, theirs.lat, abs_tol=1e-6)
    assert math.isclose(ours[3] / 1e6, theirs.lon, abs_tol=1e-6)
    assert ours[1] // 1000 == theirs.time.hour * 3600 + theirs.time.minute * 60 + theirs.time.second
    if theirs.msgID == "RMC":
        _agree(ours[4], theirs.spd, 463 / 9, -1)
        _agree(ours[5] if ours[4] >= 0 else -1, theirs.cog if theirs.spd != "" else "", 100, -1)
    if theirs.msgID == "GGA":
        _agree(ours[6], theirs.alt, 10, NONE)
        _agree(ours[8], theirs.HDOP, 100, -1)
        _agree(ours[9], theirs.numSV, 1, -1)


def _agree(ours: int, theirs: object, factor: float, unknown: int) -> None:
    """Half a unit apart at most; pynmeagps gives text for an empty field."""
    if isinstance(theirs, str):
        assert ours == unknown
    else:
        assert isinstance(theirs, int | float)
        off = abs(ours - theirs * factor)
        assert min(off, abs(off - 36_000) if factor == 100 else off) <= 0.51
