"""`time` of an ESP32: seconds count from 2000, ticks from power-on, and both only when the chip's time is moved."""

from tests.fakes.chip import chip

_MONTHS = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)


def ticks_ms() -> int:
    return chip.now_ms & 0x3FFFFFFF


def ticks_cpu() -> int:
    return chip.now_ms * 240 & 0x3FFFFFFF


def sleep_ms(ms: int) -> None:
    chip.pass_ms(ms)


def time() -> int:
    return (chip.now_ms + chip.rtc_ms) // 1000


def _days(year: int) -> int:
    """From 2000-01-01 to the first of January."""
    past = year - 2000
    return past * 365 + (past + 3) // 4  # right until 2100


def mktime(date: tuple) -> int:
    year, month, day = date[0], date[1], date[2]
    leap = 1 if month > 2 and year % 4 == 0 else 0
    days = _days(year) + _MONTHS[month - 1] + leap + day - 1
    return days * 86_400 + date[3] * 3_600 + date[4] * 60 + date[5]


def gmtime(seconds: int) -> tuple:
    days, rest = seconds // 86_400, seconds % 86_400
    year = 2000 + days * 4 // 1_461
    while _days(year + 1) <= days:
        year += 1
    while _days(year) > days:
        year -= 1
    month = 12
    while mktime((year, month, 1, 0, 0, 0)) > days * 86_400:
        month -= 1
    day = days - mktime((year, month, 1, 0, 0, 0)) // 86_400 + 1
    return year, month, day, rest // 3_600, rest // 60 % 60, rest % 60, (days + 5) % 7, days - _days(year) + 1
