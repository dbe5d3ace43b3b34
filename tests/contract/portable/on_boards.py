"""Every ESP32 board starts on the invented chip, however it was started and whatever was left on. Needs `umqtt` on the path."""

from tests.fakes.install import install

install()

import machine  # noqa: E402 - the fakes come first

import boards.esp32_cam.main  # noqa: E402 - the fakes come first
import boards.esp32_devkit_neo6m.main  # noqa: E402 - the fakes come first
import boards.xiao_esp32s3_sense.main  # noqa: E402 - the fakes come first
from agent.base import journal  # noqa: E402 - the fakes come first
from agent.crypto.keys import encoded_key  # noqa: E402 - the fakes come first
from boards import broker, entry  # noqa: E402 - the fakes come first
from boards.esp32_cam import pins as cam  # noqa: E402 - the fakes come first
from boards.esp32_devkit_neo6m import pins as devkit  # noqa: E402 - the fakes come first
from boards.xiao_esp32s3_sense import pins as xiao  # noqa: E402 - the fakes come first
from hal.esp32.secrets import Secrets  # noqa: E402 - the fakes come first
from hal.parts import ublox  # noqa: E402 - the fakes come first
from tests.fakes.chip import chip  # noqa: E402 - the fakes come first

DEVKIT = boards.esp32_devkit_neo6m
CAM = boards.esp32_cam
XIAO = boards.xiao_esp32s3_sense
BOARDS = (DEVKIT, CAM, XIAO)

_COLD, _HARD, _WATCHDOG, _DEEP_SLEEP, _SOFT = 1, 2, 3, 4, 5
_BROWN_OUT = _WATCHDOG  # the ROM files it there


class _Life:
    """Stands for `runtime.run`: looks at the chip before the first tick, then pumps a while."""

    def __init__(self, ticks: int = 0) -> None:
        self.core = None
        self._ticks = ticks

    def run(self, core, sleep_ms) -> None:
        assert self.core is None
        self.core = core
        for _ in range(self._ticks):
            chip.pass_ms(20)
            core.pump(core.ports.clock.ticks())


def _start(board, life) -> None:
    """Ends where every start ends: in a restart."""
    real, entry.runtime.run = entry.runtime.run, life.run
    try:
        board.main.main()
    except machine.Restarted:
        return
    finally:
        entry.runtime.run = real
    raise AssertionError("it came back")


# Pins and the level at which each is off.
QUIET = (
    (DEVKIT, ((devkit.LAMP, 0), (devkit.GNSS_POWER, 0))),
    (CAM, ((cam.LAMP, 1), (cam.FLASH_LAMP, 0), (cam.SENSOR_POWER_DOWN, 1))),
    (XIAO, ((xiao.LAMP, 1), (xiao.GNSS_POWER, 0), (xiao.MICROPHONE_CLOCK, 0))),
)


def _assert_quiet(board) -> None:
    assert not chip.station_on
    assert not chip.access_point_on
    assert not chip.radio.active
    assert chip.radio.advert is None
    assert not chip.sensor_open
    for other, levels in QUIET:
        if other is board:
            for pin, level in levels:
                assert pin in chip.outputs, (board, pin)
                assert chip.levels[pin] == level, (board, pin)
    assert not any(chip.tones.values())
    if board is CAM:
        assert bytes(chip.uarts[cam.GNSS_UART].written) == ublox.sleep()


def test_every_start_asks_for_its_cause_first_and_assumes_nothing() -> None:
    """Cold, by the reset pin, watchdog, brown-out, deep sleep, soft: radios up, an advert running, every pin driven."""
    for board in BOARDS:
        for cause in (_COLD, _HARD, _WATCHDOG, _BROWN_OUT, _DEEP_SLEEP, _SOFT, 0):
            chip.erase()
            chip.dirty(cause)
            life = _Life()
            _start(board, life)
            assert chip.calls[0] == "reset_cause", chip.calls
            assert chip.calls[-1] == "reset"
            assert life.core is not None, (board, cause)
            _assert_quiet(board)
            noted = life.core.journal
            assert noted.count == 1
            assert (noted.entry(0, 1), noted.entry(0, 2)) == (journal.BOOT, cause)


def test_no_radio_speaks_before_a_device_is_enrolled() -> None:
    """A new device on a shelf is nobody's beacon."""
    for board in BOARDS:
        chip.erase()
        chip.cold()
        chip.networks[b"invented"] = b"password"
        _start(board, _Life(200))
        _assert_quiet(board)


def test_an_enrolled_device_joins_its_network_and_a_restart_leaves_it() -> None:
    """The whole chain on fakes: secrets, core, Wi-Fi; then everything off again in the next life."""
    for board in BOARDS:
        chip.erase()
        chip.cold()
        secrets = Secrets()
        for name, value in (
            ("device_id", bytes(range(16))),
            ("pairing_key", bytes(32)),
            ("owner_key", encoded_key(bytes(range(32)))),
            ("epoch", b"\0\0\0\1"),
            ("console_key", bytes(32)),
            ("wifi_ssid", b"invented"),
            ("wifi_pass", b"password"),
        ):
            secrets.put(name, value)
        chip.networks[b"invented"] = b"password"
        _start(board, _Life(200))
        assert chip.station.connected, board
        chip.cause = _SOFT
        _start(board, _Life())
        _assert_quiet(board)


def test_a_failed_start_pauses_and_restarts() -> None:
    """Whatever is raised, nobody gets a prompt, and a cable has five seconds to get in."""

    def fails_by(error) -> None:
        def build() -> None:
            raise error

        chip.cold()
        try:
            entry.start(1, build, machine.reset)
        except machine.Restarted:
            pass
        assert chip.calls == ["reset"]
        assert chip.now_ms == 5_000

    for error in (OSError(5), MemoryError(), ValueError("x"), KeyboardInterrupt(), SystemExit(1)):
        fails_by(error)


def test_the_microphone_gets_no_clock() -> None:
    """Both its pins are held from the start on."""
    chip.cold()
    _start(XIAO, _Life(10))
    assert xiao.MICROPHONE_CLOCK in chip.outputs
    assert chip.levels[xiao.MICROPHONE_CLOCK] == 0
    assert xiao.MICROPHONE_DATA not in chip.outputs


def test_an_accelerometer_is_used_where_one_is_plugged_in() -> None:
    """Else the devkit has its shake switch, and the XIAO no motion at all."""
    for plugged in (False, True):
        for board in (DEVKIT, XIAO):
            chip.erase()
            chip.cold()
            if plugged:
                chip.bus[0x18] = {0x0F: 0x33}
            life = _Life()
            _start(board, life)
            kind = type(life.core.ports.motion).__name__
            expected = "ShakeSwitch" if board is DEVKIT else "NoneType"
            assert kind == ("Accelerometer" if plugged else expected)


def test_a_broker_s_address_is_read_or_refused() -> None:
    """What the enrolment wrote; anything else gives a link that stays down."""
    cases = (
        ("mqtts://broker.example", ("broker.example", 8883, True, "", "")),
        ("mqtt://192.0.2.1/", ("192.0.2.1", 1883, False, "", "")),
        ("mqtts://bike:p%40ss%3Aword@b.example:443", ("b.example", 443, True, "bike", "p@ss:word")),
        ("mqtts://u:100%@b.example", ("b.example", 8883, True, "u", "100%")),
        ("mqtt://b.example:65535", ("b.example", 65_535, False, "", "")),
    )
    for url, expected in cases:
        assert broker.parse(url) == expected, url
    for url in (
        "",
        "broker.example",
        "http://b.example",
        "mqtts://",
        "mqtts://:1",
        "mqtts://b:0",
        "mqtts://b:65536",
        "mqtts://b:x",
        "mqtts://b:",
        "mqtts://b:123456",
    ):
        assert broker.parse(url)[0] == "", url


def test_a_broker_s_region_comes_with_its_address() -> None:
    """One text says both: nobody can change where the device calls and leave what it believes of that place."""
    chip.erase()
    secrets = Secrets()
    for told, region in (
        (b"mqtts://broker.example#CN", b"CN"),
        (b"mqtt://bike:p%23ss@192.0.2.1:1#us-ca", b"US-CA"),
        (b"mqtts://broker.example", b""),
        (b"mqtts://broker.example#", b""),
        (b"mqtts://broker.example#CN#EU", b"CN#EU"),
        (b"mqtts://broker.example#CN/..", b"CN/.."),
        (b"#CN", b"CN"),
        (b"\xff#CN", b""),
    ):
        secrets.put("broker", told)
        link = broker.link(secrets, None, None)
        assert link.region == region, told
        assert link._host in ("broker.example", "192.0.2.1", ""), told
    secrets.drop("broker")
    assert broker.link(secrets, None, None).region == b""


def test_tls_is_the_rule_and_an_absent_authority_trusts_nobody() -> None:
    """mqtts without a certificate must not fall back to anything."""
    chip.erase()
    secrets = Secrets()
    secrets.put("broker", b"mqtts://broker.example")
    link = broker.link(secrets, None, None)
    assert link._tls.name == "broker.example"
    assert link._tls.ca == b""
    secrets.put("ca", b"\x30\x82")
    assert broker.link(secrets, None, None)._tls.ca == b"\x30\x82"
    secrets.put("broker", b"mqtt://127.0.0.1")
    assert broker.link(secrets, None, None)._tls is None
