"""The world's parts: a receiver whose sentences others can read, roads without jumps, cells with edges, a made-up picture."""

import random
from datetime import UTC, datetime

import pynmea2
import pytest

from simulator import remote, tap
from simulator.bike import Bike
from simulator.camera import MAX_PICTURE, Camera, canary, make_picture
from simulator.clock import Clock
from simulator.device import Start
from simulator.engine import Engine
from simulator.gnss import COLD_MS, HOT_MS, Receiver, sentence
from simulator.owner import Wifi
from simulator.radio import MAX_WRITE, Air, Station
from simulator.route import CRUISE_MM_S, Place, Route, distance_mm, heading
from simulator.town import BOX_E6, LIGHT_LAT_E6, LIGHT_LON_E6, PLACES, ROUTES, Point, degrees_e6, rssi
from tests.host.test_engine import Deaf


def engine() -> tuple[Engine, Deaf]:
    device = Deaf()
    made = Engine(device, Clock(217_000_000), tap.Tap())
    made.boot(Start(0, 0, bytes(16)))
    return made, device


def given(device: Deaf, port: int) -> list[bytes]:
    return [data for _, inputs in device.steps for number, data in inputs if number == port]


def test_the_receiver_says_what_others_understand() -> None:
    """pynmea2 is the oracle: position within twenty metres, speed, course, date and time as in the world."""
    made, device = engine()
    place = Place(Point(640_000, -310_000), 540, 12_345)
    receiver = Receiver(made, lambda t: place, random.Random("gnss"))
    receiver.command(b"P\x01")
    made.run(120_000)
    texts = given(device, remote.GNSS)
    assert 118 <= len(texts) <= 120
    void = [text for text in texts if b",V," in text]
    assert COLD_MS[0] // 1000 - 1 <= len(void) <= COLD_MS[1] // 1000 + 1
    lat, lon = degrees_e6(place.point)
    for text in texts[len(void) :]:
        rmc, gga, gsa = (pynmea2.parse(line, check=True) for line in text.decode().split())
        assert abs(rmc.latitude * 1e6 - lat) < 200
        assert abs(rmc.longitude * 1e6 - lon) < 300
        assert (rmc.latitude, rmc.longitude) == (gga.latitude, gga.longitude)
        assert abs(rmc.spd_over_grnd - 5.4 * 1.94384) < 0.02
        assert (rmc.true_course, gsa.mode_fix_type) == (123.45, "3")
        assert len(text) < 300
    when = datetime.combine(rmc.datestamp, rmc.timestamp.replace(tzinfo=None), tzinfo=UTC)
    assert when == Clock(217_000_000).date_at(119_000)


def test_without_power_the_receiver_is_silent_and_a_cleared_memory_makes_it_slow() -> None:
    """A second start is quick, unless the memory was cleared in between: that is how forgetting shows."""
    made, device = engine()
    receiver = Receiver(made, lambda t: Place(Point(0, 0)), random.Random("gnss"))
    waits: list[int] = []
    for forget in (False, False, True):
        begin, before = made.clock.t, len(given(device, remote.GNSS))
        receiver.command(b"P\x01")
        fixes = receiver.fixes
        while receiver.fixes == fixes:
            made.run(made.clock.t + 1_000)
        waits.append(made.clock.t - begin)
        receiver.command(b"P\x00")
        said = len(given(device, remote.GNSS))
        assert said > before
        made.run(made.clock.t + 60_000)
        assert len(given(device, remote.GNSS)) == said
        if not forget:
            continue
        receiver.command(b"Z")
    assert COLD_MS[0] <= waits[0] <= COLD_MS[1] + 2_000
    assert HOT_MS[0] <= waits[1] <= HOT_MS[1] + 2_000
    receiver.command(b"P\x01")
    made.run(made.clock.t + COLD_MS[0])
    assert not receiver.remembers


def test_a_checksum_is_the_exclusive_or_of_what_stands_between() -> None:
    """NMEA 0183 §5.3.1, on the standard's favourite example."""
    body = "GPGGA,092750.000,5321.6802,N,00630.3372,W,1,8,1.03,61.7,M,55.2,M,,"
    assert sentence(body) == b"$" + body.encode() + b"*76\r\n"


def test_every_ride_is_a_line_without_jumps() -> None:
    """No step of a second is longer than the bike is fast, and every ride ends at its last corner."""
    for name, corners in ROUTES.items():
        route = Route([PLACES[corner] for corner in corners], random.Random(name))
        before = route.at(0)
        for t in range(1_000, route.length_ms + 2_000, 1_000):
            now = route.at(t)
            assert distance_mm(before.point, now.point) <= CRUISE_MM_S + 10, name
            assert 0 <= now.track_cdeg < 36_000
            before = now
        assert before.point == PLACES[corners[-1]]
        assert before.speed_cms == 0
        assert route.at(0).point == PLACES[corners[0]]


def test_headings_are_clockwise_from_north() -> None:
    """Eight directions exactly, one between them to a third of a degree."""
    here = Point(0, 0)
    steps = ((0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1))
    for k, (x, y) in enumerate(steps):
        assert heading(here, Point(x * 1000, y * 1000)) == 4_500 * k
    assert abs(heading(here, Point(500, 1000)) - 2_657) < 34
    assert heading(here, here) == 0


def test_the_town_lies_in_the_open_sea_and_in_its_box() -> None:
    """No place of anybody's life is in the project."""
    assert (LIGHT_LAT_E6, LIGHT_LON_E6) == (-48_873_400, -123_391_200)  # Point Nemo: 2,688 km from the nearest land
    for name, point in PLACES.items():
        lat, lon = degrees_e6(point)
        assert abs(lat - LIGHT_LAT_E6) < BOX_E6, name
        assert abs(lon - LIGHT_LON_E6) < BOX_E6, name
    assert {corner for corners in ROUTES.values() for corner in corners} <= set(PLACES)


def test_wifi_has_edges() -> None:
    """Home is covered, a hundred metres down the lane is not, Orchard Way never is."""
    home = PLACES["home"]
    assert rssi(home) < 0
    assert rssi(Point(home.x_mm, home.y_mm - 59_000)) < 0
    assert rssi(Point(home.x_mm, home.y_mm - 62_000)) == 0
    assert rssi(PLACES["Orchard Way"]) == 0
    assert rssi(home) > rssi(Point(home.x_mm, home.y_mm - 50_000))


def test_a_cell_takes_the_right_password_and_loses_the_bike_at_its_edge() -> None:
    """Errors as in hal.ports.Wifi: 1 not found, 2 refused, 3 lost."""
    made, device = engine()
    where = [PLACES["home"]]
    station = Station(made, lambda t: Place(where[0]), Wifi(b"net", b"pass"), random.Random("wifi"))
    join = made._listeners[remote.WIFI]  # pyright: ignore[reportPrivateUsage] - spoken to as the device would
    for ssid, password, answer in ((b"net", b"pass", 85), (b"net", b"past", 68), (b"other", b"pass", 68)):
        join(b"J" + bytes((len(ssid),)) + ssid + bytes((len(password),)) + password)
        made.run(made.clock.t + 5_000)
        assert given(device, remote.WIFI)[-1][0] == answer
    assert given(device, remote.WIFI)[-1] == bytes((68, 2))
    join(b"J\x03net\x04pass")
    made.run(made.clock.t + 5_000)
    assert station.up
    where[0] = PLACES["Orchard Way"]
    made.run(made.clock.t + 6_000)
    assert (station.up, given(device, remote.WIFI)[-1]) == (False, bytes((68, 3)))
    join(b"J\x03net\x04pass")
    made.run(made.clock.t + 5_000)
    assert given(device, remote.WIFI)[-1] == bytes((68, 1))


def test_the_air_carries_no_write_past_its_size_and_none_to_a_far_phone() -> None:
    """The port's limit, and ten metres."""
    made, device = engine()
    air = Air(made, random.Random("ble"))
    say = made._listeners[remote.BLE]  # pyright: ignore[reportPrivateUsage] - spoken to as the device would
    assert not air.connect()
    say(b"A\x00\x14\x03abc\x00")
    assert air.connect()
    air.write(bytes(MAX_WRITE))
    with pytest.raises(ValueError, match="at most"):
        air.write(bytes(MAX_WRITE + 1))
    air.come(False)
    assert not air.connected
    assert not air.connect()
    made.run(1_000)
    assert [data[:1] for data in given(device, remote.BLE)] == [b"C", b"W", b"D"]


def test_the_battery_tells_every_percent_once() -> None:
    """It drains while riding, slower at rest, and fills on the charger."""
    made, device = engine()
    bike = Bike(made, random.Random("bike"), "home", 50)
    bike.ride([PLACES[corner] for corner in ROUTES["the long way"]])
    made.run(1_200_000)
    down = [data[0] for data in given(device, remote.BATTERY)]
    assert down == sorted(set(down), reverse=True)
    assert down[0] == 50
    assert down[-1] < 44
    bike.stop()
    bike.plug(True)
    made.run(made.clock.t + 3_600_000)
    last = given(device, remote.BATTERY)[-1]
    assert last[0] > 60
    assert last[3] == 1


def test_a_picture_is_small_and_carries_its_canary() -> None:
    """Whatever port shows it, it is recognised."""
    for number in range(1, 40):
        picture = make_picture(random.Random(number), number)
        assert len(picture) <= MAX_PICTURE
        assert picture.startswith(b"\xff\xd8")
        assert picture.endswith(b"\xff\xd9")
        assert canary(number) in picture


def test_the_camera_answers_only_with_power_and_says_when_it_fails() -> None:
    """A frame in pieces that make up its size, or one `X`."""
    made, device = engine()
    camera = Camera(made, random.Random("camera"))
    say = made._listeners[remote.CAMERA]  # pyright: ignore[reportPrivateUsage] - spoken to as the device would
    say(b"T")
    made.run(2_000)
    assert not given(device, remote.CAMERA)
    say(b"P\x01")
    say(b"T")
    made.run(4_000)
    head, *pieces = given(device, remote.CAMERA)
    assert int.from_bytes(head[1:], "big") == sum(len(piece) - 1 for piece in pieces) == len(camera.pictures[0])
    camera.works = False
    say(b"T")
    made.run(6_000)
    assert given(device, remote.CAMERA)[-1] == b"X"
