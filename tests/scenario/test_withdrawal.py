"""Withdrawal in the middle of a ride, asserted from the transcript alone, on all three runtimes."""

import re
from collections.abc import Callable
from typing import NamedTuple

import pytest

from simulator.town import BOX_E6, LIGHT_LAT_E6, LIGHT_LON_E6
from tests.scenario.conftest import Played, from_text

RIDE = """
title = "Withdrawn mid-ride"
length = "12:00"
[[step]]
at = "0:00"
do = "open app"
[[step]]
at = "0:02"
do = "power on"
[[step]]
at = "0:20"
do = "grant"
purposes = ["presence", "status", "location_report", "location_alarm", "wake_abnormal"]
platform = true
[[step]]
at = "1:00"
do = "ride"
route = "the long way"
[[step]]
at = "2:00"
do = "ask"
what = "arm"
[[step]]
at = "6:00"
do = "withdraw"
purposes = ["location_report", "location_alarm"]
"""
CBOR_INT32 = re.compile(rb"(?s)([\x1a\x3a])(....)")
NMEA = re.compile(rb"\$G.(RMC|GGA|GLL)|48\d\d\.\d|123\d\d\.\d")


class Line(NamedTuple):
    t: int
    port: str
    way: str
    data: bytes


def read(lines: list[str]) -> list[Line]:
    parted = (line.split() for line in lines)
    return [Line(int(t), port, way, bytes.fromhex(data)) for t, port, way, data in parted]


def shown(line: Line) -> bytes:
    """What a reader could take for a place: not the signature at a receipt's end, which is as good as noise."""
    return line.data[:-64] if b"/receipt" in line.data else line.data


def places(data: bytes) -> list[int]:
    """Every number in these bytes that could be a latitude or longitude in the town: CBOR, or four bytes in either order."""
    found: list[int] = []
    for at in range(len(data) - 3):
        window = data[at : at + 4]
        numbers = [int.from_bytes(window, order, signed=True) for order in ("big", "little")]
        if at and data[at - 1] == 0x3A:
            numbers.append(-1 - int.from_bytes(window, "big"))
        found += [n for n in numbers if abs(n - LIGHT_LAT_E6) < BOX_E6 or abs(n - LIGHT_LON_E6) < BOX_E6]
    return found


@pytest.mark.parametrize("runtime", ["cpython", "mp64", "mp32"])
def test_after_a_withdrawal_the_receiver_is_off_and_no_port_shows_a_place(
    runtime: str, played: Callable[..., Played]
) -> None:
    """The promise the product is named for: from the tick in which the record arrives."""
    _, text = played(from_text(RIDE), runtime)
    lines = read(text)
    off = [line.t for line in lines if (line.port, line.way, line.data) == ("power", ">", b"P\x00")]
    assert len(off) == 1
    tick = off[0]
    arrived = [line.t for line in lines if line.port == "link" and line.way == "<" and b"/in/record" in line.data]
    assert tick == arrived[-1]
    assert 360_000 <= tick < 360_300

    before = [line for line in lines if line.t < tick]
    assert any(line.port == "gnss" for line in before)
    assert any(places(line.data) for line in before if line.port == "link" and line.way == ">"), "the scan sees places"
    assert any(b"/alarm-location" in line.data for line in before)

    after = [line for line in lines if line.t >= tick]
    assert not [line for line in after if line.port == "gnss"]
    assert [line.data for line in after if line.port == "power"] == [b"P\x00", b"Z"]
    said = [line for line in after if line.way == ">"]
    assert len(said) > 10, "the ride goes on, and status with it"
    assert not [line for line in said if b"location" in line.data]
    assert not [line for line in said if places(shown(line)) or NMEA.search(line.data)]


def test_a_withdrawal_counts_even_for_what_waits_in_the_queue(played: Callable[..., Played]) -> None:
    """Positions captured before it, still unsent because there is no network, are erased, not sent later."""
    offline = RIDE + '[[step]]\nat = "4:00"\ndo = "wifi"\non = false\n[[step]]\nat = "8:00"\ndo = "wifi"\non = true\n'
    offline = offline.replace("the long way", "to the harbour").replace('length = "12:00"', 'length = "20:00"')
    offline += '[[step]]\nat = "5:30"\ndo = "press"\n'
    offline = offline.replace(
        'purposes = ["location_report", "location_alarm"]\n',
        'purposes = ["location_report", "location_alarm"]\nvia = "ble"\n',
    )
    run, text = played(from_text(offline))
    lines = read(text)
    assert run.world.station.up
    assert not run.audit.findings
    late = [line for line in lines if line.t >= 360_000 and line.way == ">"]
    assert not [line for line in late if places(shown(line)) or b"location" in line.data]
    assert [release for release in run.audit.releases if release.t > 480_000], "the device is back at the broker"
