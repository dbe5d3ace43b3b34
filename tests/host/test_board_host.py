"""The laptop board with the real agent on it: the first time all ports meet the core outside the simulator."""

import time
from pathlib import Path

import pytest

from agent.core import Core
from agent.crypto.keys import encoded_key
from agent.privacy import purposes as p
from boards.host import Options, build, flash
from hal.host.flash_map import read_map
from hal.host.secrets import FileSecrets
from tests.support.certificates import Authority
from tests.support.mosquitto import Mosquitto
from tests.support.witness import Witness
from tools.image import partitions


def _enrolled(state: Path, **more: bytes) -> Path:
    state.mkdir(mode=0o700)
    secrets = FileSecrets(state / "secrets")
    for name, value in {
        "device_id": bytes(range(16)),
        "pairing_key": bytes(range(32)),
        "owner_key": encoded_key(bytes(range(32))),
        "epoch": bytes(4),
        **more,
    }.items():
        secrets.put(name, value)
    return state


def test_an_enrolled_laptop_says_hello_to_its_broker_over_tls(mosquitto: Path, tmp_path: Path) -> None:
    """Broker and authority as told at enrolment: no option is needed on the road."""
    authority = Authority()
    ca = authority.save(tmp_path / "ca.pem")
    with (
        Mosquitto(mosquitto, tmp_path, authority.issue("localhost")) as broker,
        Witness(broker, "d/#", str(ca)) as seen,
    ):
        url = f"mqtts://localhost:{broker.port}#cn".encode()
        state = _enrolled(tmp_path / "state", broker=url, region=b"CN", ca=authority.der)
        ports, ways, profile = build(Options(state, watchdog=False))
        core = Core(ports, ways, profile, ports.clock.ticks())
        end = time.monotonic() + 10
        while core.outbox.waiting or not core.uplink.up:
            assert time.monotonic() < end
            core.pump(ports.clock.ticks())
        topic, payload, retained = seen.take()
        assert topic == (core.topic + b"hello").decode()
        assert payload
        assert not retained
        assert broker.count("New client connected") == 2, "the witness and the laptop"
        core.uplink.close(True)
        broker.expect("Received DISCONNECT")


def test_an_unbound_laptop_contacts_nobody(mosquitto: Path, tmp_path: Path) -> None:
    """Before enrolment there is nobody to have consented."""
    with Mosquitto(mosquitto, tmp_path) as broker:
        ports, ways, profile = build(Options(tmp_path / "state", f"mqtt://localhost:{broker.port}", watchdog=False))
        core = Core(ports, ways, profile, 0)
        for now in range(0, 600_000, 1_000):
            core.pump(now)
        assert ports.link.state == 0
        assert broker.count("New connection") == 0


@pytest.mark.parametrize("end", ["#EU", ""])
def test_a_laptop_calls_no_broker_of_another_region(mosquitto: Path, tmp_path: Path, end: str) -> None:
    """Neither the one told at enrolment nor one named on the command line: a real broker sees no connection at all."""
    with Mosquitto(mosquitto, tmp_path) as broker:
        url = f"mqtt://localhost:{broker.port}{end}"
        for name, told, option in (("told", url, ""), ("named", "mqtt://localhost#CN", url)):
            state = _enrolled(tmp_path / name, broker=told.encode(), region=b"CN")
            ports, ways, profile = build(Options(state, option, watchdog=False))
            core = Core(ports, ways, profile, 0)
            for now in range(0, 600_000, 1_000):
                core.pump(now)
            assert ports.link.state == 0
            assert core.gate.held[p.CONTROL] > 3
        assert broker.count("New connection") == 0


def test_a_name_that_leads_to_another_authoritys_broker_tells_it_nothing(mosquitto: Path, tmp_path: Path) -> None:
    """Only the authority told at enrolment vouches for the region: TLS ends before the device has a name."""
    with Mosquitto(mosquitto, tmp_path, Authority().issue("localhost")) as broker:
        url = f"mqtts://localhost:{broker.port}#CN".encode()
        state = _enrolled(tmp_path / "state", broker=url, region=b"CN", ca=Authority().der)
        ports, ways, profile = build(Options(state, watchdog=False))
        core = Core(ports, ways, profile, ports.clock.ticks())
        end = time.monotonic() + 10
        while ports.link.error != 3:
            assert time.monotonic() < end
            core.pump(ports.clock.ticks())
        assert broker.count("New client connected") == 0


def test_a_recorded_ride_is_powered_by_its_lease_only(tmp_path: Path) -> None:
    """The receiver starts without power, as on a board."""
    ride = tmp_path / "ride.nmea"
    ride.write_bytes(b"$GPTXT,01,01,02,invented*00\r\n")
    ports, _, _ = build(Options(tmp_path / "state", nmea=ride, watchdog=False))
    assert ports.gnss is not None
    assert ports.gnss_power is not None
    buf = bytearray(64)
    assert ports.gnss.readinto(buf) == 0
    ports.gnss_power.set(True)
    assert ports.gnss.readinto(buf) == 0  # said while it had no power


def test_what_cannot_be_opened_gets_one_line(tmp_path: Path) -> None:
    """Each is something a person typed."""
    (tmp_path / "file").write_text("")
    (tmp_path / "file").chmod(0o600)
    good = tmp_path / "state"
    for options, reason in [
        (Options(tmp_path / "file"), "state folder .* cannot be used"),
        (Options(good, broker="http://x"), "neither mqtt:// nor mqtts://"),
        (Options(good, ca_file=tmp_path / "absent"), "CA file .* cannot be read"),
        (Options(good, gps="absent"), "cannot be opened"),
        (Options(good, nmea=tmp_path / "absent"), "cannot be read"),
        (Options(good, nmea=tmp_path / "file", speed=0), "1 to 1000 times"),
        (Options(good, gps="x", nmea=tmp_path / "file"), "exclude each other"),
        (Options(good, console="absent"), "cannot be opened"),
    ]:
        with pytest.raises(ValueError, match=reason) as caught:
            build(options)
        assert "\n" not in str(caught.value)


def test_an_enrolled_authority_or_broker_that_is_garbage_is_refused(tmp_path: Path) -> None:
    """Rather than falling back to the system's authorities, or to nobody's."""
    for name, value, reason in [("ca", b"x", "enrolled CA holds no"), ("broker", b"\xff", "outside ASCII")]:
        state = _enrolled(tmp_path / name, **{name: value})
        with pytest.raises(ValueError, match=reason):
            build(Options(state))


def test_the_flash_map_is_the_one_every_board_shares(tmp_path: Path) -> None:
    """One file with the same regions: scans for forgotten data read it as they read a board's."""
    table = Path(partitions.__file__).parents[2] / "boards" / "host" / "partitions.csv"
    board = partitions.parse(table.read_text(), "partitions.csv")
    partitions.check(board, 4 << 20, "partitions.csv")
    assert [(r.name, r.at, r.size) for r in read_map(table.read_text())] == [(p.name, p.offset, p.size) for p in board]
    chip = flash(tmp_path / "state")
    assert [chip.region(name).size for name in ("vfs", "events", "keys", "anchor")] == [
        0xB0000,
        0x1C000,
        0x2000,
        0x2000,
    ]
    chip.close()
    assert (tmp_path / "state" / "flash.bin").stat().st_size == 4 << 20
