"""Position through the whole device: the receiver's bytes in, location messages out, and neither without a grant."""

import cbor2
import pytest

from agent.base import errors
from agent.link import requests as r
from agent.privacy import grants as g
from agent.privacy import purposes as p
from simulator import remote
from tests.hil.conftest import Bound
from tools.rig.stepped import SteppedWire

pytestmark = [pytest.mark.needs("step", "gps")]
LAT_E6, LON_E6 = 47_170_500, 9_513_250  # an invented place
_SECONDS, _LAT, _LON = 2, 3, 4  # keys of a location (docs/messages.cddl)


def sentence(body: str) -> bytes:
    check = 0
    for letter in body.encode():
        check ^= letter
    return f"${body}*{check:02X}\r\n".encode()


def ride(world: SteppedWire, seconds: int, start: int = 0) -> None:
    """A receiver that reports once a second, moving north by about 11 m each time."""
    for second in range(start, start + seconds):
        time = f"12{second // 60:02d}{second % 60:02d}.00"
        minutes = 10.23 + second * 0.006
        world.feed(remote.GNSS, sentence(f"GNRMC,{time},A,47{minutes:07.4f},N,00930.7950,E,21.0,0.0,161126,,,A"))
        world.feed(remote.GNSS, sentence(f"GNGGA,{time},47{minutes:07.4f},N,00930.7950,E,1,08,0.9,455.0,M,48.0,M,,"))
        world.pass_time(1000)


def test_without_a_grant_the_receiver_stays_off_and_its_bytes_go_nowhere(bound: Bound, world: SteppedWire) -> None:
    """Valve 1: what is not needed is not collected, even if the receiver talks by itself."""
    ride(world, 10)
    assert world.bench.sensor_power() == []
    assert world.bench.published("location") == []
    assert world.bench.published("hello"), "the device is online, so silence means something"
    assert not bound.rig.state().sensors & p.GNSS


def test_after_a_grant_reports_arrive_with_the_place_the_receiver_gave(bound: Bound, world: SteppedWire) -> None:
    """The whole way from a sentence to a message."""
    world.bench.said.clear()
    bound.give(p.LOCATION_REPORT)
    assert bound.rig.state().sensors & p.GNSS
    assert [on for _, on in world.bench.sensor_power()] == [True]
    ride(world, 20)
    reports = [cbor2.loads(body) for _, body in world.bench.published("location")]
    assert reports
    first = reports[0]
    assert abs(first[_LAT] - LAT_E6) < 3_000
    assert first[_LON] == LON_E6
    assert [report[1] for report in reports] == list(range(reports[0][1], reports[0][1] + len(reports))), (
        "numbered without gaps"
    )


def test_a_withdrawal_switches_the_receiver_off_in_the_same_tick(bound: Bound, world: SteppedWire) -> None:
    """Not a second later, and no report after it, though the receiver goes on talking."""
    bound.give(p.LOCATION_REPORT)
    ride(world, 10)
    world.bench.said.clear()
    at = world.now_ms()
    bound.give(p.LOCATION_REPORT, state=g.WITHDRAWN)
    assert (at, False) in world.bench.sensor_power()
    assert any(port == remote.POWER and data == b"Z" for _, port, data in world.bench.said), (
        "its memory is cleared as well"
    )
    ride(world, 10, start=10)
    assert world.bench.published("location") == []
    assert not bound.rig.state().sensors


def test_a_grant_after_a_withdrawal_begins_anew(bound: Bound, world: SteppedWire) -> None:
    """Nothing captured before the withdrawal comes out later."""
    bound.give(p.LOCATION_REPORT)
    ride(world, 5)
    bound.give(p.LOCATION_REPORT, state=g.WITHDRAWN)
    ride(world, 60, start=5)
    world.bench.said.clear()
    bound.give(p.LOCATION_REPORT)
    ride(world, 10, start=65)
    places = [cbor2.loads(body)[_LAT] for _, body in world.bench.published("location")]
    assert places
    assert min(places) > LAT_E6 + 60 * 90, "only from where the device is now"


def boot_nonce(world: SteppedWire) -> bytes:
    """The nonce a phone has to use, from the message the device sends whenever it connects."""
    world.pass_time(2_000)
    return cbor2.loads(world.bench.published("hello")[-1][1])[2]


@pytest.mark.needs("camera")
def test_an_authentic_photo_request_without_a_grant_is_refused(bound: Bound, world: SteppedWire) -> None:
    """The owner's key is not enough: the owner has to have consented, and the camera stays off."""
    request = bound.owner.request(r.PHOTO, 0, boot_nonce(world))
    assert bound.rig.request(request) == errors.NOT_GRANTED
    assert not [said for said in world.bench.said if said.port == remote.CAMERA]


@pytest.mark.needs("camera")
def test_a_photo_request_after_a_grant_switches_the_camera_on(bound: Bound, world: SteppedWire) -> None:
    """So that the refusal above is one of consent and not of a dead camera. A replay of it does nothing."""
    bound.give(p.PHOTO)
    request = bound.owner.request(r.PHOTO, 0, boot_nonce(world))
    world.bench.said.clear()
    assert bound.rig.request(request) == 0
    assert [said.data for said in world.bench.said if said.port == remote.CAMERA][:1] == [b"P\x01"]
    assert bound.rig.request(request) == errors.REPLAYED
