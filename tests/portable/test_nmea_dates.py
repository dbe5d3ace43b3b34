"""Dates of RMC and ZDA: every day that exists, none that does not. A wrong day would move trusted time."""

from agent.position.fields import BAD, days_since_1980
from tests.portable.nmea_lines import counts, line, parse

_RMC = b"GNRMC,081836.75,A,4807.0380,N,01131.0000,W,022.4,084.4,%s,003.1,W,A"
_ZDA = b"GNZDA,081836.75,%s,00,00"


def _judge(form: bytes, good: bytes, bad: bytes) -> None:
    """Dates are separated by blanks."""
    for date in good.split():
        sink, nmea = parse(line(form % date))
        assert (len(sink.fixes), counts(nmea)[5]) == (1, 0), date
    for date in bad.split():
        sink, nmea = parse(line(form % date))
        assert (len(sink.fixes), counts(nmea)[5]) == (0, 1), date


def test_dates_are_days_that_exist() -> None:
    """29 February exists in 2024 and not in 2025."""
    _judge(
        _RMC,
        b"310125 280225 290224 310325 300425 310525 300625 310725 310825 300925 311025 301125 311225 290200 010180 311279",
        b"320125 290225 300224 320325 310425 320525 310625 320725 320825 310925 321025 311125 321225 "
        b"000125 010025 011325 13052 1305250 1305x5 13/525 1305-1 x30525",
    )


def test_zda_dates_have_four_digits_of_year() -> None:
    """It stands in for RMC's date."""
    _judge(
        _ZDA,
        b"13,05,1980 13,05,2079 31,05,2025 13,12,2025 13,1,2025 29,02,2024",
        b"13,05,1979 13,05,2080 13,05,25 13,05, 32,05,2025 0,05,2025 ,05,2025 13,13,2025 13,0,2025 13,,2025 13,x,2025 -1,05,2025 29,02,2025",
    )


def test_days_are_counted_without_a_gap() -> None:
    """Each day of a century follows the one before."""
    expected = 0
    for year in range(1980, 2080):
        for month in range(1, 13):
            for day in range(1, 32):
                found = days_since_1980(year, month, day)
                if found != BAD:
                    assert found == expected, (year, month, day)
                    expected += 1
    assert expected == 36_525
    for year, month, day in ((1979, 12, 31), (2080, 1, 1), (2025, 0, 1), (2025, 13, 1), (2025, -2, 1), (2025, 5, BAD)):
        assert days_since_1980(year, month, day) == BAD, (year, month, day)
