"""A recorded file as a receiver: its own times, another day, its damage untouched, and no way to break the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator import recording, remote, rides, tap
from simulator.clock import Clock
from simulator.device import InProcess, Start
from simulator.engine import MAX_LINE, Engine
from simulator.errors import ScenarioError
from simulator.expect import verdicts
from simulator.gnss import sentence
from simulator.play import Options, Run, play
from tests.host.test_engine import Deaf

HERE = "4852.40400,S,12323.47200,W"


def rmc(tod: str, date: str = "050810", valid: str = "A", place: str = HERE) -> bytes:
    return sentence(f"GPRMC,{tod},{valid},{place},4.00,90.0,{date},,,A")


def gga(tod: str, quality: str = "1") -> bytes:
    return sentence(f"GPGGA,{tod},{HERE},{quality},08,1.1,12.0,M,1.0,M,,")


def ride(data: bytes) -> Run:
    found = recording.read(data, "ride.nmea")
    options = Options(make_receiver=lambda engine: recording.Player(engine, found, rides.first_ms(found)))
    return play(rides.recorded(found), InProcess(), options)


def test_sentences_come_at_their_own_times() -> None:
    """One epoch each distinct time; what has no time stays with the one before; midnight is passed once."""
    lines = [b"$GPWPL,x*00\n", rmc("235958.00"), gga("235958.00"), rmc("000001.50"), b"junk\n", rmc("000000.00")]
    found = recording.read(b"".join(lines), "x")
    assert [epoch.at for epoch in found.epochs] == [0, 3_500]
    assert [len(epoch.lines) for epoch in found.epochs] == [3, 3]
    assert (found.first_ms, found.date, found.fixes) == (86_398_000, "2010-08-05", 4)


def test_only_date_and_checksum_change() -> None:
    """The rest of a sentence is the receiver's; a damaged one stays damaged, byte for byte."""
    day = Clock(217_000_000).date()
    assert recording.dated(rmc("142359.00").strip(), day) == rmc("142359.00", "161126").strip()
    assert recording.dated(b"$GPZDA,1,05,08,2010,00,00*57", day) == b"$GPZDA,1,05,08,2010,00,00*57"
    zda = sentence("GPZDA,142359.00,05,08,2010,00,00").strip()
    assert recording.dated(zda, day) == sentence("GPZDA,142359.00,16,11,2026,00,00").strip()
    for line in (gga("142359.00").strip(), rmc("142359.00").strip()[:-1] + b"0", b"$GPRMC,", b"", b"\xff\x00"):
        assert recording.dated(line, day) == line


def test_a_long_epoch_comes_in_pieces_the_port_can_hold() -> None:
    """A receiver with every sentence on says more in a second than a UART's buffer holds."""
    lines = [rmc("120000.00"), *[sentence(f"GPGSV,9,{k},36" + ",01,02,03,04" * 4) for k in range(1, 10)]]
    found = recording.read(b"".join(lines), "x")
    device = Deaf()
    engine = Engine(device, Clock(217_000_000), tap.Tap())
    engine.boot(Start(0, 0, bytes(16)))
    player = recording.Player(engine, found, 1_000)
    player.command(b"P\x01")
    engine.run(5_000)
    said = [data for _, inputs in device.steps for port, data in inputs if port == remote.GNSS]
    assert len(said) > 1
    assert max(len(piece) for piece in said) <= MAX_LINE
    assert b"".join(said).split()[1:] == b"".join(lines).split()[1:]


def test_without_power_a_recording_is_silent() -> None:
    """The ride goes on, nobody hears of it."""
    found = recording.read(b"".join(rmc(f"12000{k}.00") for k in range(6)), "x")
    device = Deaf()
    engine = Engine(device, Clock(217_000_000), tap.Tap())
    engine.boot(Start(0, 0, bytes(16)))
    player = recording.Player(engine, found, 0)
    engine.at(2_500, lambda: player.command(b"P\x01"))
    engine.at(4_500, lambda: player.command(b"P\x00"))
    engine.run(9_000)
    said = [data for _, inputs in device.steps for port, data in inputs if port == remote.GNSS]
    assert [data[7:13] for data in said] == [b"120003", b"120004"]


def test_a_ride_of_any_year_is_reported_and_then_withdrawn() -> None:
    """The agent believes no date from before its build: the day is moved, and the grants are dated like the ride."""
    for date in ("050810", "311299", "290228"):
        lines: list[bytes] = []
        for k in range(40):
            place = f"4852.{10000 + 2000 * k},S,12323.47200,W"
            lines.append(rmc(f"10{k // 2:02}{k % 2 * 30:02}.00", date, "A", place))
        run = ride(b"".join(lines))
        failed = [verdict for verdict in verdicts(run) if not verdict.holds]
        assert not failed, (date, failed)
        seconds = [heard.number(2) for heard in run.world.phone.inbox.heard if heard.name == "location"]
        assert len(seconds) > 10
        assert all(217_000_000 - 86_400 < second < 217_000_000 + 2 * 86_400 for second in seconds)


def test_a_void_ride_yields_no_position() -> None:
    """Status `V` and quality 0: the receiver looked and saw nothing."""
    lines = [rmc(f"1000{k:02}.00", valid="V") + gga(f"1000{k:02}.00", "0") for k in range(60)]
    run = ride(b"".join(lines))
    assert all(verdict.holds for verdict in verdicts(run))
    assert not [heard for heard in run.world.phone.inbox.heard if heard.name == "location"]
    assert run.tap.gnss_in, "the device did hear it"


def test_files_that_are_no_recording_are_refused() -> None:
    """With one line that names the file."""
    for data in (
        b"",
        b"hello\n" * 50,
        b"\x00" * 500,
        rmc("10000.00"),
        rmc("250000.00"),
        gga("100000.00")[:-4] + b"00\r\n",
    ):
        with pytest.raises(ScenarioError) as caught:
            recording.read(data, "a file")
        assert caught.value.where == "a file"
    days = b"".join(rmc("230000.00") + rmc("010000.00") for _ in range(7))
    with pytest.raises(ScenarioError, match="six days"):
        recording.read(days, "a file")
    assert recording.read(days[: len(rmc("230000.00")) * 13], "a file").length <= recording.MAX_LENGTH_MS


@given(st.lists(st.binary(max_size=60) | st.sampled_from([rmc("120000.00"), gga("120001.00"), b"\n"]), max_size=20))
def test_any_bytes_are_a_recording_or_refused(parts: list[bytes]) -> None:
    """Garbage in the file never raises anything else, and never moves a sentence before the first."""
    try:
        found = recording.read(b"".join(parts), "x")
    except ScenarioError:
        return
    times = [epoch.at for epoch in found.epochs]
    assert times == sorted(set(times))
    assert times[0] == 0
