"""The laptop's small parts where the contract ends: figures out of range, files that lie, limits, a watchdog that bites."""

import io
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hal.host import picture
from hal.host.battery import HostBattery, SysBattery, find_battery
from hal.host.ble import MAX_WAITING, MAX_WRITE, MTU, Phone, VirtualBle
from hal.host.button import HostButton
from hal.host.camera import MAX_FRAME, HostCamera
from hal.host.clock import EPOCH, HostClock
from hal.host.gnss_power import COLD_STARTS, UBX_COLD_START, LineGnssPower
from hal.host.indicator import HostIndicator
from hal.host.motion import HostMotion, IioMotion, find_motion
from hal.host.watchdog import HostWatchdog
from hal.host.wifi import MAX_PASSWORD, MAX_SSID, HostWifi


def test_the_clock_wraps_and_knows_when_it_knows_nothing() -> None:
    """A laptop whose battery ran out starts in 1970: no consent may expire by that."""
    ns = ((1 << 30) - 1) * 1_000_000
    assert HostClock(lambda: ns).ticks() == (1 << 30) - 1
    assert HostClock(lambda: ns + 1_000_000).ticks() == 0
    for wall, expected in [
        (0, -1),
        (EPOCH - 1, -1),
        (EPOCH, 0),
        (EPOCH + (1 << 30) - 1, (1 << 30) - 1),
        (EPOCH + (1 << 30), -1),
    ]:
        assert HostClock(wall_s=lambda wall=wall: wall).rtc() == expected, wall
    clock = HostClock(wall_s=lambda: 0.9)
    clock.set_rtc(200_000_000)
    assert clock.rtc() == 200_000_000


def _run_watchdog(feeding: str) -> int:
    code = f"""
import signal
from hal.host.watchdog import HostWatchdog
dog = HostWatchdog()
dog.start(100)
dog.start(60_000)
{feeding}
"""
    return subprocess.run([sys.executable, "-c", code], timeout=20, check=False).returncode


def test_the_watchdog_ends_a_stuck_process() -> None:
    """Even one stuck in C code, where no Python handler would ever run; and a second start does not put it off."""
    assert _run_watchdog("while True: signal.pause()") == -signal.SIGALRM
    assert _run_watchdog("sum(range(10**12))") == -signal.SIGALRM


def test_a_fed_watchdog_lets_a_process_live() -> None:
    """Longer than its timeout, in steps shorter than it."""
    feeding = "import time\nend = time.monotonic() + 0.25\nwhile time.monotonic() < end: dog.feed()\nsignal.setitimer(signal.ITIMER_REAL, 0)"
    assert _run_watchdog(feeding) == 0


def test_a_timeout_of_nothing_starts_no_watchdog() -> None:
    """setitimer(0) would disarm: it must not count as started."""
    armed: list[float] = []
    dog = HostWatchdog(armed.append)
    dog.start(0)
    dog.feed()
    assert armed == []
    dog.start(1)
    dog.feed()
    assert armed == [0.001, 0.001]


def test_battery_files_that_lie_read_as_unknown(tmp_path: Path) -> None:
    """0 % would be reported as an alarm, 255 % would break the message."""
    battery = SysBattery(tmp_path)
    for capacity, volts, status, expected in [
        ("57\n", "3912000\n", "Discharging\n", (57, 3_912, False)),
        ("100\n", "1000000000\n", "Full\n", (100, 1_000_000, True)),
        ("101\n", "1000000001\n", "Unknown\n", (-1, -1, False)),
        ("-1\n", "-5\n", "Not charging\n", (-1, -1, True)),
        ("", "", "", (-1, -1, False)),
        ("٣", "1e6", "charging", (-1, -1, False)),
        ("1" * 11, "1" * 5_000, "Charging", (-1, -1, True)),
    ]:
        (tmp_path / "capacity").write_text(capacity)
        (tmp_path / "voltage_now").write_text(volts)
        (tmp_path / "status").write_text(status)
        battery.sample()
        assert (battery.percent, battery.millivolts, battery.charging) == expected, capacity
    (tmp_path / "capacity").write_bytes(b"\xff")
    (tmp_path / "voltage_now").unlink()
    battery.sample()
    assert (battery.percent, battery.millivolts) == (-1, -1)


def test_the_machines_own_battery_is_found_and_a_mouses_is_not(tmp_path: Path) -> None:
    """Both are of type Battery; only one says what runs the laptop."""
    for name, files in [("AC", {"type": "Mains"}), ("hid-1", {"type": "Battery", "scope": "Device"})]:
        (tmp_path / name).mkdir()
        for file, text in files.items():
            (tmp_path / name / file).write_text(text + "\n")
    assert isinstance(find_battery(tmp_path), HostBattery)
    assert isinstance(find_battery(tmp_path / "absent"), HostBattery)
    (tmp_path / "BAT0").mkdir()
    (tmp_path / "BAT0" / "type").write_text("Battery\n")
    (tmp_path / "BAT0" / "capacity").write_text("42\n")
    battery = find_battery(tmp_path)
    battery.sample()
    assert (type(battery), battery.percent) == (SysBattery, 42)


def test_a_laptop_without_a_battery_is_on_mains() -> None:
    """A figure that is not there is -1, and the device is charging."""
    battery = HostBattery()
    battery.sample()
    assert (battery.percent, battery.millivolts, battery.charging) == (100, -1, True)


def test_an_accelerometer_is_found_and_its_failures_are_rest(tmp_path: Path) -> None:
    """A theft alarm from a sensor that answered with an error would be the worst of all."""
    assert isinstance(find_motion(tmp_path), HostMotion)
    (tmp_path / "iio:device0").mkdir()  # a light sensor
    sensor = tmp_path / "iio:device1"
    sensor.mkdir()
    (sensor / "in_accel_scale").write_text("0.00980665\n")
    for axis in "xyz":
        (sensor / f"in_accel_{axis}_raw").write_text("0\n")
    motion = find_motion(tmp_path)
    assert isinstance(motion, IioMotion)
    assert motion.read() == 0
    (sensor / "in_accel_z_raw").write_text("700\n")
    assert motion.read() == 700
    (sensor / "in_accel_z_raw").write_text("asleep\n")
    assert motion.read() == 0
    (sensor / "in_accel_z_raw").write_text("99999999999\n")
    assert motion.read() == 100_000
    (sensor / "in_accel_x_raw").unlink()
    assert motion.read() == 0


def test_the_largest_shake_counts_and_no_more_than_100_g() -> None:
    """The figure travels in a message of fixed size."""
    motion = HostMotion()
    for mg in (20, 900, 30):
        motion.shake(mg)
    assert (motion.read(), motion.read()) == (900, 0)
    motion.shake(100_001)
    assert motion.read() == 100_000


def test_the_button_takes_whole_presses_from_a_program() -> None:
    """A key on a keyboard has no long press."""
    button = HostButton()
    button.tap()
    button.tap(is_long=True)
    assert [button.read(0) for _ in range(3)] == [1, 2, 0]


def test_the_indicator_tells_changes_once_and_rings_on_a_terminal_only() -> None:
    """A bell character in a log file is litter."""

    class _Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, bell in ((io.StringIO(), ""), (_Terminal(), "\a")):
        indicator = HostIndicator(stream)
        for on in (False, True, True, False):
            indicator.light(on)
            indicator.buzzer(on)
        assert stream.getvalue() == f"[light on]\n{bell}[buzzer on]\n[light off]\n[buzzer off]\n"


def test_the_cold_start_commands_are_whole() -> None:
    """Byte by byte as u-blox and MediaTek write it: a receiver ignores a wrong one in silence."""
    assert bytes.fromhex("b562 0604 0400 ffff 0200 0e61") == UBX_COLD_START
    assert COLD_STARTS == UBX_COLD_START + b"$PMTK104*37\r\n"


class _Line:
    """A line that may be unplugged, or take less than it is given."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.unplugged = False
        self.room = 1_000

    def write(self, buf: bytearray, n: int) -> int:
        self.calls.append("told")
        return min(n, self.room)

    def pause(self) -> None:
        self.calls.append("pause")

    def resume(self) -> None:
        if self.unplugged:
            raise OSError(5, "unplugged")
        self.calls.append("resume")


def test_a_receiver_that_could_not_be_told_to_forget_is_told_before_it_is_heard_again() -> None:
    """Unplugged, or its line full: it still holds the last position, and a withdrawal must not fail on that."""
    line = _Line()
    power = LineGnssPower(line)
    line.unplugged = True
    power.forget()
    assert power.owes
    with pytest.raises(OSError, match="unplugged"):
        power.set(True)
    assert not power.on
    line.unplugged = False
    line.room = len(COLD_STARTS) - 1
    power.forget()
    assert power.owes
    line.room += 1
    line.calls.clear()
    power.set(True)
    assert line.calls == ["resume", "told"]
    assert not power.owes
    power.set(True)
    assert line.calls == ["resume", "told", "resume"]


def test_wifi_refuses_what_no_station_could_use() -> None:
    """32 bytes of name, 64 of password (IEEE 802.11)."""
    for ssid, word, expected in [
        (b"s" * MAX_SSID, b"w" * MAX_PASSWORD, (2, 0)),
        (b"s" * (MAX_SSID + 1), b"", (0, 1)),
        (b"", b"", (0, 1)),
        (b"s", b"w" * (MAX_PASSWORD + 1), (0, 2)),
    ]:
        wifi = HostWifi()
        wifi.join(ssid, word)
        wifi.poll(0)
        assert (wifi.state, wifi.error) == expected, ssid


def _met(ble: VirtualBle) -> Phone:
    phone = Phone(ble)
    ble.advertise(b"a", b"r", 100)
    phone.connect()
    phone.subscribe()
    ble.poll(0)
    assert ble.connected
    return phone


def test_bluetooth_carries_what_the_radio_would_and_no_more() -> None:
    """Sizes and queues of the real thing: else the agent is tested against a better world."""
    ble = VirtualBle()
    phone = _met(ble)
    assert ble.notify(bytearray(MTU), MTU)
    assert not ble.notify(bytearray(MTU + 1), MTU + 1)
    for _ in range(MAX_WAITING - 1):
        assert ble.notify(bytearray(1), 1)
    assert not ble.notify(bytearray(1), 1)
    assert len(phone.take()) == MAX_WAITING
    assert ble.notify(bytearray(1), 1)
    phone.write(bytes(MAX_WRITE))
    with pytest.raises(ValueError, match="512 bytes at most"):
        phone.write(bytes(MAX_WRITE + 1))


def test_silence_ends_what_the_phone_still_had_to_say() -> None:
    """Consent withdrawn in the first of two writes: the second is from nobody."""
    ble = VirtualBle()
    phone = _met(ble)
    got: list[bytes] = []

    def withdraw(data: bytes | bytearray | memoryview, n: int) -> None:
        got.append(bytes(data[:n]))
        ble.silence()

    ble.on_write = withdraw
    phone.write(b"withdraw")
    phone.write(b"more")
    ble.poll(0)
    ble.poll(0)
    assert got == [b"withdraw"]
    assert [verb for verb, _ in ble.log] == ["advertise", "silence"]


def test_addresses_are_private_and_nobody_connects_to_silence() -> None:
    """Top bits 00: an address that identifies no device (Core 5.0 vol 6 part B §1.3.2.2)."""
    ble = VirtualBle(lambda n: b"\xff" * n)
    phone = Phone(ble)
    phone.connect()
    ble.poll(0)
    assert not ble.connected
    ble.advertise(b"", b"", 100)
    assert ble.heard is not None
    assert ble.heard.address == b"\x3f\xff\xff\xff\xff\xff"
    phone.write(b"unconnected")
    ble.poll(0)


def test_a_still_is_a_whole_jpeg_of_256_kilobytes_at_most(tmp_path: Path) -> None:
    """What the agent could not send anyway is a failed capture."""
    path = tmp_path / "still.jpg"
    whole = b"\xff\xd8" + bytes(MAX_FRAME - 4) + b"\xff\xd9"
    for content, expected in [
        (whole, 2),
        (b"\xff\xd8\xff\xd9", 2),
        (whole[:-2] + b"\0\xff\xd9", 3),
        (b"\xff\xd8", 3),
        (b"\xff\xd9\xff\xd8", 3),
        (b"GIF89a", 3),
        (b"", 3),
        (None, 3),
    ]:
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        camera = HostCamera(path)
        camera.power(True)
        camera.capture()
        camera.poll(0)
        assert camera.state == expected, content
        assert camera.size() == (len(content or b"") if expected == 2 else 0)


def test_the_test_picture_is_a_jpeg_that_decodes_to_what_was_drawn() -> None:
    """Decoded here by its own tables: a viewer, and the owner's app, must be able to do the same."""
    raw = picture.draw(6, 4)
    assert _tones(raw) == [picture.tone(x, y, 6, 4) for y in range(4) for x in range(6)]
    camera = HostCamera()
    camera.power(True)
    camera.capture()
    camera.poll(0)
    assert camera.state == 2
    assert 2_000 < camera.size() < 8_000  # several chunks, soon sent


def _segments(raw: bytes) -> dict[int, bytes]:
    assert raw[:2] == b"\xff\xd8"
    found: dict[int, bytes] = {}
    at = 2
    while raw[at + 1] != 0xDA:
        size = int.from_bytes(raw[at + 2 : at + 4], "big")
        found[raw[at + 1] << 8 | raw[at + 4]] = raw[at + 4 : at + 2 + size]
        at += 2 + size
    found[0xDA] = raw[at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big") : -2]
    assert raw[-2:] == b"\xff\xd9"
    return found


def _tones(raw: bytes) -> list[int]:
    """The DC tones of a one-component picture whose blocks are flat (T.81 F.2.2.1)."""
    segments = _segments(raw)
    table = segments[0xC400]
    codes: dict[str, int] = {}
    code, values = 0, iter(table[17:])
    for length in range(1, 17):
        for _ in range(table[length]):
            codes[f"{code:0{length}b}"] = next(values)
            code += 1
        code <<= 1
    bits = iter("".join(f"{byte:08b}" for byte in segments[0xDA].replace(b"\xff\0", b"\xff")))
    height, width = (int.from_bytes(segments[0xC008][at : at + 2], "big") // 8 for at in (1, 3))
    tones: list[int] = []
    for _ in range(height * width):
        word = ""
        while word not in codes:
            word += next(bits)
        size = codes[word]
        extra = "".join(next(bits) for _ in range(size))
        change = 0 if not size else int(extra, 2) - (0 if extra[0] == "1" else (1 << size) - 1)
        tones.append((tones[-1] if tones else 0) + change)
        assert next(bits) == "0"  # end of block
    return tones
