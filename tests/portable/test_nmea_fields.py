"""Every field at its limit and one step beyond, in every sentence that has it. A refused field refuses the sentence."""

from agent.position.fix import NONE
from tests.portable.nmea_lines import counts, line, parse

_RMC = (
    b"GNRMC",
    b"081836.75",
    b"A",
    b"4807.0380",
    b"N",
    b"01131.0000",
    b"W",
    b"022.4",
    b"084.4",
    b"130525",
    b"003.1",
    b"W",
    b"A",
)
_GGA = (
    b"GNGGA",
    b"081836.75",
    b"4807.0380",
    b"N",
    b"01131.0000",
    b"W",
    b"1",
    b"08",
    b"0.94",
    b"545.46",
    b"M",
    b"46.9",
    b"M",
    b"",
    b"",
)
_GLL = (b"GNGLL", b"4807.0380", b"N", b"01131.0000", b"W", b"081836.75", b"A", b"A")
_ZDA = (b"GNZDA", b"081836.75", b"13", b"05", b"2025", b"00", b"00")
_GSA = (b"GNGSA", b"A", b"3", b"04", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"", b"2.5", b"1.3", b"2.1")
_VTG = (b"GNVTG", b"054.7", b"T", b"034.4", b"M", b"005.5", b"N", b"010.2", b"K", b"A")
_OPEN = line(b"GNGLL,,,,,081836.75,V,N")  # opens an epoch, so that a sentence without a time has one to go to

_PLACE = line(b"GNGLL,4807.0380,N,01131.0000,W,081836.75,A,A")

_TIMES = (
    (b"000000", 0),
    (b"235959.999", 86_399_999),
    (b"235960", 86_400_000),
    (b"235960.999", 86_400_999),
    (b"081836.", 29_916_000),
    (b"081836.7", 29_916_700),
    (b"081836.75912345", 29_916_759),
)
_BAD_TIMES = (
    b"240000", b"236000", b"235961", b"225960", b"235860", b"08183", b"0818360", b"08183x", b"0818/6", b"08:836", b"081836,75",
    b"081836.7x", b"-81836", b" 81836", b"08183 ", b".81836",
)  # fmt: skip
_LATS = (
    (b"0000.0000", 0), (b"9000.0000", 90_000_000), (b"8959.9999", 89_999_998), (b"8959.9999999", 90_000_000), (b"4807.", 48_116_667),
    (b"4807", 48_116_667), (b"4807.0", 48_116_667), (b"4807.00003", 48_116_667), (b"4807.000029", 48_116_667),
    (b"0000.00003", 1), (b"0000.000029", 0), (b"0000.0000299999", 0), (b"0000.0001", 2),
)  # fmt: skip
_BAD_LATS = (
    b"9000.0001", b"9000.00003", b"9001.0000", b"9100.0000", b"4860.0000", b"4899.0000", b"480.7", b"48", b"48.07", b"4a07.0000",
    b"480;.0000", b"4807.00/0", b"4807.0000x", b"4807.0.0", b"-807.0000", b"4807:0380", b"9959.0000",
)  # fmt: skip
_LONS = (
    (b"00000.0000", 0), (b"18000.0000", 180_000_000), (b"17959.9999", 179_999_998), (b"01131", 11_516_667), (b"10000.00003", 100_000_001),
)  # fmt: skip
_BAD_LONS = (
    b"18000.0001", b"18001.0000", b"18100.0000", b"99900.0000", b"01160.0000", b"1131.0000", b"011", b"0x131.0000", b"x1131.0000", b"01131.00q0",
)  # fmt: skip


def _with(fields: "tuple[bytes, ...]", at: int, *values: bytes) -> bytes:
    """The sentence with `values` in place of as many fields from `at` on."""
    row = list(fields)
    row[at : at + len(values)] = values
    return line(b",".join(row))


def _accepts(fields: "tuple[bytes, ...]", at: int, value: bytes, name: int, expected: int, before: bytes = b"") -> None:
    """`name` is the place in the sink's tuple."""
    sink, nmea = parse(before + _with(fields, at, value))
    assert counts(nmea)[4:] == (0, 0, 0, 0), (fields[0], at, value, counts(nmea))
    assert [fix[name] for fix in sink.fixes] == [expected], (fields[0], at, value, sink.fixes)


def _refuses(fields: "tuple[bytes, ...]", at: int, *values: bytes, before: bytes = b"") -> None:
    sink, nmea = parse(before + _with(fields, at, *values))
    assert counts(nmea)[4:] == (0, 1, 0, 0), (fields[0], at, values, counts(nmea))
    assert all(fix[7] == 1 for fix in sink.fixes), (fields[0], at, values)


def test_times_of_day_end_with_a_leap_second() -> None:
    """A time out of range would move every later date."""
    for fields, at in ((_RMC, 1), (_GGA, 1), (_GLL, 5), (_ZDA, 1)):
        for value, expected in _TIMES:
            _accepts(fields, at, value, 1, expected)
        for value in _BAD_TIMES:
            _refuses(fields, at, value)


def test_latitudes_end_at_90_degrees_and_minutes_below_60() -> None:
    """Half a microdegree rounds away from zero; further digits change nothing."""
    for fields, at in ((_RMC, 3), (_GGA, 2), (_GLL, 1)):
        for value, expected in _LATS:
            _accepts(fields, at, value, 2, expected)
            sink, _ = parse(_with(fields, at, value, b"S"))
            assert sink.fixes[0][2] == -expected, value
        for value in _BAD_LATS:
            _refuses(fields, at, value)


def test_longitudes_end_at_180_degrees() -> None:
    """West is negative."""
    for fields, at in ((_RMC, 5), (_GGA, 4), (_GLL, 3)):
        for value, expected in _LONS:
            _accepts(fields, at, value, 3, -expected)
            sink, _ = parse(_with(fields, at, value, b"E"))
            assert sink.fixes[0][3] == expected, value
        for value in _BAD_LONS:
            _refuses(fields, at, value)


def test_half_a_position_or_a_missing_side_is_refused() -> None:
    """A latitude alone, or one of no hemisphere, is a place on another continent."""
    for fields, at in ((_RMC, 3), (_GGA, 2), (_GLL, 1)):
        for k in range(4):
            _refuses(fields, at + k, b"")
        for value in (b"E", b"n", b"NN", b"1"):
            _refuses(fields, at + 1, value)
        for value in (b"N", b"e", b"EE"):
            _refuses(fields, at + 3, value)
        # Valid, and yet nowhere.
        _, nmea = parse(_with(fields, at, b"", b"", b"", b""))
        assert counts(nmea)[5] == 1, fields[0]


def test_a_void_sentence_may_lack_its_position_but_not_half_of_it() -> None:
    """A void sentence still closes an epoch: a damaged one must not."""
    for fields, at, status in ((_RMC, 3, 2), (_GLL, 1, 6), (_GGA, 2, 6)):
        row = list(fields)
        row[status] = b"0" if fields is _GGA else b"V"
        void = tuple(row)
        sink, nmea = parse(_with(void, at, b"", b"", b"", b""))
        assert (len(sink.fixes), nmea.bad_field) == (1, 0), void
        assert len(parse(_with(void, at, b"", b"N", b"", b"W"))[0].fixes) == 1, void
        for half in (
            (b"4807.0380", b"N", b"", b""),
            (b"", b"", b"01131.0000", b"W"),
            (b"9100.0000", b"N", b"", b""),
            (b"", b"", b"18100.0000", b"E"),
        ):
            _refuses(void, at, *half)


def test_an_empty_last_field_may_end_a_sentence() -> None:
    """Older receivers stop at the last field that NMEA 2.0 had."""
    sink, nmea = parse(line(b",".join(_RMC[:9]) + b","))
    assert (sink.fixes[0][0], sink.fixes[0][7], nmea.bad_field) == (-1, 2, 0)
    for kept in (10, 11, 12):
        assert parse(line(b",".join(_RMC[:kept])))[1].bad_field == 0, kept


def test_a_comma_follows_the_kind() -> None:
    """Another character there is another, longer address."""
    for fields in (_RMC, _GGA, _GLL, _ZDA):
        _, nmea = parse(line(b",".join(fields).replace(b",", b";", 1)))
        assert nmea.bad_field == 1, fields[0]


def test_a_status_is_a_or_v() -> None:
    """Anything else says neither that the position holds nor that it does not."""
    for fields, at in ((_RMC, 2), (_GLL, 6)):
        for value in (b"", b"a", b"B", b"AV", b"0"):
            _refuses(fields, at, value)


def test_speeds_end_at_a_thousand_knots() -> None:
    """1 knot is 463/9 cm/s; digits past the third are dropped."""
    for value, expected in (
        (b"0", 0),
        (b"0.000", 0),
        (b"000.01", 1),
        (b"0.0097", 0),
        (b"0.01", 1),
        (b"1", 51),
        (b"9.999999", 514),
        (b"1000", 51_444),
        (b"1000.0009", 51_444),
        (b"1.", 51),
        (b"", -1),
    ):
        _accepts(_RMC, 7, value, 4, expected)
    for value in (
        b"1000.001",
        b"1001",
        b"100000",
        b"99999999999999999999",
        b"-1",
        b"+1",
        b"1e2",
        b".5",
        b"1.2.3",
        b" 1",
        b"nan",
    ):
        _refuses(_RMC, 7, value)


def test_tracks_end_at_360_degrees_which_is_north() -> None:
    """0 and 360 are one direction and must be one number."""
    for value, expected in (
        (b"0", 0),
        (b"359.99", 35_999),
        (b"359.994", 35_999),
        (b"359.995", 0),
        (b"360", 0),
        (b"360.000", 0),
        (b"", -1),
        (b"84.4", 8440),
    ):
        _accepts(_RMC, 8, value, 5, expected)
    for value in (b"360.001", b"361", b"-0.1", b"84.4T"):
        _refuses(_RMC, 8, value)


def test_vtg_has_the_same_limits_and_its_units() -> None:
    """It stands in for RMC, so nothing may pass here that RMC refuses."""
    for value, expected in ((b"1000", 51_444), (b"0", 0)):
        sink, nmea = parse(_PLACE + _with(_VTG, 5, value))
        assert (sink.fixes[0][4], nmea.bad_field) == (expected, 0), value
    for value, expected in ((b"1852", 51_444), (b"0", 0), (b"3.6", 100), (b"0.017", 0), (b"0.018", 1)):
        sink, nmea = parse(_PLACE + _with(_VTG, 5, b"", b"", value))
        assert (sink.fixes[0][4], nmea.bad_field) == (expected, 0), value
    for at in (1, 3):
        sink, nmea = parse(_PLACE + _with(_VTG, at, b"360"))
        assert (nmea.merged, nmea.bad_field) == (2, 0), at
    for at, value in (
        (1, b"360.001"),
        (1, b"x"),
        (2, b"M"),
        (3, b"360.001"),
        (4, b"T"),
        (5, b"1000.001"),
        (6, b"K"),
        (7, b"1852.001"),
        (8, b"N"),
        (8, b"KK"),
    ):
        _refuses(_VTG, at, value, before=_OPEN)


def test_gga_numbers_end_at_their_limits() -> None:
    """Satellites 99, HDOP 999.99, height from 1,000 m below the sea to 80,000 m above it."""
    for value, expected in ((b"0", 0), (b"00", 0), (b"99", 99), (b"", -1)):
        _accepts(_GGA, 7, value, 9, expected)
    for value in (b"100", b"-1", b"x"):
        _refuses(_GGA, 7, value)
    for value, expected in ((b"0.0", 0), (b"999.99", 99_999), (b"1.005", 101), (b"1.0049", 100), (b"", -1)):
        _accepts(_GGA, 8, value, 8, expected)
    for value in (b"999.991", b"1000", b"-1.0"):
        _refuses(_GGA, 8, value)
    for value, expected in (
        (b"0.0", 0),
        (b"-0.0", 0),
        (b"80000", 800_000),
        (b"-1000", -10_000),
        (b"545.449", 5454),
        (b"545.45", 5455),
        (b"-0.05", -1),
        (b"-0.049", 0),
        (b"", NONE),
    ):
        _accepts(_GGA, 9, value, 6, expected)
    for value in (b"80000.01", b"-1000.01", b"-", b"--1", b"+1", b"1-", b"100000"):
        _refuses(_GGA, 9, value)
    for value in (b"F", b"MM", b"m"):
        _refuses(_GGA, 10, value)
    for value in (b"", b"x", b"10", b"-", b":"):
        _refuses(_GGA, 6, value)
    for value in (b"1", b"2", b"5", b"6", b"9"):
        _accepts(_GGA, 6, value, 7, 3)


def test_gsa_modes_are_1_to_3() -> None:
    """0 is no mode; a larger one would claim more than three dimensions."""
    before = line(b",".join(_GGA))
    for value, expected in ((b"1", 1), (b"2", 2), (b"3", 3)):
        _accepts(_GSA, 2, value, 7, expected, before)
    for value in (b"4", b"9", b"33", b"x"):
        sink, nmea = parse(before + _with(_GSA, 2, value))
        assert (sink.fixes[0][7], nmea.bad_field) == (3, 1), value
    for value in (b"", b"B", b"AA"):
        sink, nmea = parse(before + _with(_GSA, 1, value))
        assert sink.fixes[0][7] == 3, value
        assert nmea.bad_field + nmea.skipped == 1, value
    # 0 could never raise the mode: passed over like every GSA that says nothing new.
    assert parse(before + _with(_GSA, 2, b"0"))[1].skipped == 1


def test_a_sentence_that_ends_early_is_refused_and_reads_nothing_behind_its_end() -> None:
    """The buffer behind the checksum holds the sentence before: its digits must not become this one's."""
    for fields, needed in ((_RMC, 10), (_GGA, 11), (_GLL, 7), (_ZDA, 5), (_VTG, 9), (_GSA, 3)):
        for kept in range(1, needed):
            body = b",".join(fields[:kept])
            for end in range(4):
                sink, nmea = parse(_OPEN + line(body[: len(body) - end] if end else body))
                assert all(fix[7] == 1 for fix in sink.fixes), (body, end)
                assert nmea.merged == 1, (body, end)
        _, nmea = parse(_OPEN + line(b",".join(fields[:needed])))
        assert nmea.bad_field == 0, fields[0]
