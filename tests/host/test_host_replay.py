"""A recorded ride played as a receiver: every byte, in order, at its time."""

from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hal.host import replay
from hal.host.gnss_power import LineGnssPower
from hal.host.replay import ReplayUart, read_file, schedule, time_of_day
from tests.support.clocks import HandClock


def _sentence(body: str) -> bytes:
    raw = body.encode()
    return b"$%s*%02X\r\n" % (raw, reduce(int.__xor__, raw, 0))


def _rmc(time: str) -> bytes:
    return _sentence(f"GNRMC,{time},A,5200.000,N,01300.000,E,5.0,90.0,010126,,,A")


def _gga(time: str) -> bytes:
    return _sentence(f"GPGGA,{time},5200.000,N,01300.000,E,1,08,1.0,30.0,M,,M,,")


def _read(uart: ReplayUart, size: int = 512) -> bytes:
    got = b""
    buf = bytearray(size)
    while n := uart.readinto(buf):
        got += bytes(buf[:n])
    return got


RIDE = [
    b"boot text\r\n" + _rmc("090000.00") + _gga("090000.00"),
    _rmc("090001.00"),
    _gga("090003.50") + b"$GPTXT,x*00\r\n",
]


def test_bytes_come_when_they_were_recorded() -> None:
    """Cadence is judged by time: a ride that came all at once would be another ride."""
    clock = HandClock()
    uart = ReplayUart(b"".join(RIDE), clock)
    assert _read(uart) == RIDE[0]
    assert uart.next_ms() == 1_000
    clock.advance(999)
    assert _read(uart) == b""
    clock.advance(1)
    assert _read(uart) == RIDE[1]
    clock.advance(2_499)
    assert _read(uart) == b""
    assert not uart.ended()
    assert uart.next_ms() == 1
    clock.advance(1)
    assert _read(uart) == RIDE[2]
    assert uart.ended()
    assert uart.next_ms() == -1


def test_a_ride_may_be_played_faster() -> None:
    """An hour in seconds, the same bytes."""
    for speed, wait in ((1, 1_000), (10, 100), (1_000, 1)):
        clock = HandClock()
        uart = ReplayUart(b"".join(RIDE), clock, speed)
        _read(uart)
        clock.advance(wait - 1)
        assert _read(uart) == b"", speed
        clock.advance(1)
        assert _read(uart) == RIDE[1], speed
    for speed in (0, 1_001):
        with pytest.raises(ValueError, match="1 to 1000 times"):
            ReplayUart(b"", HandClock(), speed)


def test_what_a_receiver_without_power_would_have_said_is_never_read() -> None:
    """Valve 1: while location is not granted no byte comes, and none comes late."""
    clock = HandClock()
    uart = ReplayUart(b"".join(RIDE), clock)
    power = LineGnssPower(uart)
    assert _read(uart) == b""
    power.set(True)
    assert _read(uart) == b""  # the start was said before
    clock.advance(500)
    power.set(False)
    clock.advance(1_000)
    power.set(True)
    assert _read(uart) == b""
    clock.advance(2_000)
    assert _read(uart) == RIDE[2]


def test_the_ride_waits_for_its_first_reader() -> None:
    """It begins when the agent does, not when the file was opened."""
    clock = HandClock()
    uart = ReplayUart(b"".join(RIDE), clock)
    clock.advance(60_000)
    assert _read(uart) == RIDE[0]


def test_times_are_found_where_they_stand() -> None:
    """NMEA 0183 puts them in different fields; a damaged sentence has none, or it would stall the ride."""
    cases = [
        (_rmc("235959.99"), 86_399_990),
        (_gga("000000"), 0),
        (_sentence("GAGLL,5200.0,N,01300.0,E,010203.5,A,A"), 3_723_500),
        (_sentence("GNZDA,120000.1234,01,01,2026,00,00"), 43_200_123),
        (_rmc("235960"), 86_400_000),  # a leap second
        (_rmc(""), -1),
        (_rmc("240000"), -1),
        (_rmc("126000"), -1),
        (_rmc("120061"), -1),
        (_rmc("12000"), -1),
        (_rmc("120000.x"), -1),
        (_rmc("-12000"), -1),
        (_sentence("GPGSV,1,1,01,120000"), -1),
        (_sentence("GPRMC"), -1),
        (_rmc("120000").replace(b"A,52", b"V,52"), -1),  # the checksum no longer holds
        (_rmc("120000")[:-4], -1),
        (b"\xb5\x62\x01\x07\x5c\x00", -1),
        (b"", -1),
    ]
    for line, expected in cases:
        assert time_of_day(line.strip()) == expected, line


def test_midnight_and_disorder_keep_the_ride_going() -> None:
    """The clock jumps back by a day once a night; receivers also repeat and reorder sentences."""
    lines = [_rmc("235959"), _rmc("000000"), _rmc("000001"), _rmc("000000"), _rmc("000002")]
    assert [due for due, _ in schedule(b"".join(lines))] == [0, 1_000, 2_000, 3_000]
    assert schedule(b"".join(lines))[-1][1] == sum(map(len, lines))
    assert schedule(b"") == []
    assert schedule(b"no newline") == [(0, 10)]


def test_files_are_taken_up_to_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole file lies in memory: somebody will name a disk image."""
    monkeypatch.setattr(replay, "MAX_FILE", 100)
    path = tmp_path / "ride.nmea"
    path.write_bytes(bytes(100))
    assert len(read_file(path)) == 100
    path.write_bytes(bytes(101))
    for bad, reason in [
        (path, "has more than 100 bytes"),
        (tmp_path, "cannot be read"),
        (tmp_path / "x", "No such file"),
    ]:
        with pytest.raises(ValueError, match=reason):
            read_file(bad)


@given(
    st.lists(
        st.binary(max_size=30)
        | st.integers(0, 86_399).map(lambda s: _rmc(f"{s // 3600:02}{s // 60 % 60:02}{s % 60:02}"))
    ),
    st.integers(1, 64),
    st.integers(1, 1_000),
)
def test_every_byte_is_played_once_and_in_order(parts: list[bytes], size: int, speed: int) -> None:
    """Whatever is in the file, and however it is read."""
    data = b"".join(parts)
    clock = HandClock()
    uart = ReplayUart(data, clock, speed)
    got = _read(uart, size)
    while (wait := uart.next_ms()) >= 0:
        while wait > 86_400_000:
            clock.advance(86_400_000)
            uart.next_ms()
            wait -= 86_400_000
        clock.advance(max(wait, 1))
        got += _read(uart, size)
    assert got == data
    assert uart.ended()
