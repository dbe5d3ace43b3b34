"""Chips behind a port: their commands byte for byte, and their state machines against invented hardware."""

from hal.parts import accel, button, gps, lipo, mediatek, ublox


def test_ublox_messages_are_the_manual_s() -> None:
    """CFG-RST with a cleared memory is the known `B5 62 06 04 04 00 FF FF 00 00 0C 5D`; a wrong checksum is ignored silently."""
    assert ublox.forget() == b"\xb5\x62\x06\x04\x04\x00\xff\xff\x00\x00\x0c\x5d"
    assert ublox.message(0x06, 0x01, b"\xf0\x05\x00") == b"\xb5\x62\x06\x01\x03\x00\xf0\x05\x00\xff\x19"
    assert ublox.speed(9_600)[6:26] == bytes.fromhex("01000000d0080000802500000300020000000000")
    assert ublox.sleep() == b"\xb5\x62\x02\x41\x08\x00\x00\x00\x00\x00\x02\x00\x00\x00\x4d\x3b"
    assert ublox.economy(True)[:8] == b"\xb5\x62\x06\x11\x02\x00\x08\x01"
    assert len(ublox.sentences()) == 66


def test_mediatek_sentences_are_the_manual_s() -> None:
    """`$PMTK104*37` is printed in it."""
    assert mediatek.forget() == b"$PMTK104*37\r\n"
    assert mediatek.speed(38_400) == b"$PMTK251,38400*27\r\n"
    assert mediatek.sentences() == b"$PMTK314,0,1,0,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0*29\r\n"
    assert mediatek.economy(False).startswith(b"$PMTK225,0*")
    assert mediatek.sleep() == b"$PMTK161,0*28\r\n"


def test_a_rate_the_receiver_lacks_is_refused() -> None:
    """It would answer at a speed nobody listens to."""
    for dialect in (ublox, mediatek):
        for rate in (0, 4_801, 115_201):
            try:
                dialect.speed(rate)
            except OSError:
                continue
            raise AssertionError(rate)


class _Line:
    def __init__(self) -> None:
        self.waiting = b""
        self.written = b""
        self.rates: list = []

    def readinto(self, buf) -> int:
        n = min(len(buf), len(self.waiting))
        buf[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n

    def write(self, buf, n: int) -> int:
        self.written += bytes(buf[:n])
        return n

    def baud(self, rate: int) -> None:
        self.rates.append((rate, len(self.written)))


class _Bench:
    """Power switch and timer."""

    def __init__(self) -> None:
        self.on = None
        self.calls: list = []

    def set(self, on: bool) -> None:
        self.on = on

    def later(self, ms: int, call) -> None:
        self.calls.append(call)

    def pass_time(self) -> None:
        while self.calls:
            self.calls.pop(0)()


def _receiver(dialect=ublox, rate: int = 9_600, economy: bool = False) -> tuple:
    line, bench = _Line(), _Bench()
    return gps.Receiver(line, bench, dialect, bench.later, rate, economy), line, bench


def test_a_receiver_is_set_up_once_it_speaks() -> None:
    """Before, it does not listen; and after every power cut it has forgotten."""
    receiver, line, bench = _receiver(ublox, 38_400, True)
    assert bench.on is False
    receiver.set(True)
    buf = bytearray(32)
    assert receiver.readinto(buf) == 0
    assert line.written == b""
    line.waiting = b"$GPRMC,"
    assert receiver.readinto(buf) == 7
    expected = ublox.sentences() + ublox.economy(True) + ublox.speed(38_400)
    assert line.written == expected
    assert line.rates == [(38_400, len(expected))]
    line.waiting = b"more"
    receiver.readinto(buf)
    assert line.written == expected
    receiver.set(False)
    receiver.set(True)
    line.waiting = b"$"
    receiver.readinto(buf)
    assert line.written == expected * 2


def test_a_receiver_that_is_off_says_nothing() -> None:
    """Bytes that were under way when consent ended must not reach the agent afterwards."""
    receiver, line, bench = _receiver()
    receiver.set(True)
    line.waiting = b"$GPRMC,position"
    receiver.set(False)
    assert bench.on is False
    assert line.waiting == b""
    line.waiting = b"late"
    assert receiver.readinto(bytearray(8)) == 0
    assert receiver.write(bytearray(b"x"), 1) == 0


def test_forgetting_while_off_listens_to_nothing() -> None:
    """It is switched on only to be told; what it says meanwhile may be a position."""
    receiver, line, bench = _receiver(mediatek)
    receiver.forget()
    assert bench.on is True
    line.waiting = b"$GPRMC,position"
    assert receiver.readinto(bytearray(8)) == 0
    bench.pass_time()
    assert line.written == b"$PMTK104*37\r\n"
    assert bench.on is False
    assert line.waiting == b""
    assert receiver.readinto(bytearray(8)) == 0


def test_forgetting_a_dead_receiver_ends() -> None:
    """Twenty looks, then it is told blindly and switched off."""
    receiver, line, bench = _receiver()
    receiver.forget()
    receiver.forget()
    looks = 0
    while bench.calls:
        bench.calls.pop(0)()
        looks += 1
    assert looks == 21
    assert line.written == ublox.forget()
    assert bench.on is False


def test_power_asked_for_while_forgetting_comes_after_it() -> None:
    """A new grant right after a withdrawal: the receiver starts empty, and is set up again."""
    receiver, line, bench = _receiver()
    receiver.set(True)
    receiver.forget()
    receiver.set(False)
    receiver.set(True)
    assert bench.on is True
    bench.pass_time()
    assert bench.on is True
    line.waiting = b"$"
    assert receiver.readinto(bytearray(8)) == 1
    assert line.written == ublox.forget() + ublox.sentences()


def test_a_receiver_without_a_switch_is_put_to_sleep() -> None:
    """And told to forget only once it is awake, to sleep only once it has restarted."""
    line, bench = _Line(), _Bench()
    receiver = gps.Receiver(line, gps.Doze(line, ublox), ublox, bench.later)
    assert line.written == ublox.sleep()
    receiver.set(True)
    assert line.written == ublox.sleep() + ublox.WAKE
    receiver.set(False)
    line.written = b""
    receiver.forget()
    line.waiting = b"$"
    bench.pass_time()
    assert line.written == ublox.WAKE + ublox.forget() + ublox.sleep()


class _Bus:
    def __init__(self, chip: tuple) -> None:
        self.chip = chip
        self.mg = [0, 0, 1_000]
        self.written: list = []

    def readfrom_mem_into(self, address: int, register: int, buf) -> None:
        if address != self.chip[0]:
            raise OSError(19)
        if register == self.chip[1]:
            buf[0] = self.chip[2]
            return
        assert register == self.chip[4]
        for axis in range(3):
            raw = (self.mg[axis] * self.chip[6] // 1_000) & 0xFFFF
            buf[2 * axis + (1 if self.chip[5] else 0)] = raw & 255
            buf[2 * axis + (0 if self.chip[5] else 1)] = raw >> 8

    def writeto_mem(self, address: int, register: int, buf) -> None:
        self.written.append((register, buf[0]))


def test_accelerometers_give_the_largest_change_on_any_axis() -> None:
    """Both byte orders, both signs; gravity itself is no motion."""
    for chip in (accel.LIS3DH, accel.ADXL345, accel.MPU6050):
        bus = _Bus(chip)
        motion = accel.Accelerometer(bus, chip)
        assert bus.written == list(chip[3])
        assert motion.read() == 0, "the first reading has nothing to be compared with"
        assert motion.read() == 0
        for axis, mg in ((0, -500), (1, 700), (2, -900)):
            before = bus.mg[axis]
            bus.mg[axis] = mg
            assert abs(motion.read() - abs(mg - before)) <= 10, (chip, axis)
            assert motion.read() == 0
        bus.mg[0] += 40
        assert motion.read() == 0, "noise"


def test_another_chip_at_the_address_is_refused() -> None:
    """A magnetometer read as an accelerometer would report theft all night."""
    bus = _Bus(accel.LIS3DH)
    other = (0x18, 0x0F, 0x44) + accel.LIS3DH[3:]
    for chip in (accel.ADXL345, other):
        try:
            accel.Accelerometer(bus, chip)
        except OSError:
            continue
        raise AssertionError(chip)


def test_charge_follows_the_table_and_ends_at_both_ends() -> None:
    """Whole percent, falling with the voltage."""
    for mv, percent in ((5_000, 100), (4_180, 100), (3_950, 75), (3_840, 60), (3_750, 40), (3_300, 0), (0, 0)):
        assert lipo.percent(mv) == percent, mv
    levels = [lipo.percent(mv) for mv in range(3_200, 4_300)]
    assert levels == sorted(levels)


def test_a_button_held_at_start_is_no_press() -> None:
    """Somebody who leans on it while the device restarts withdraws nothing."""
    down = [True]
    pressed = button.Button(lambda: down[0])
    assert [pressed.read(now) for now in range(0, 7_000, 10)].count(0) == 700
    down[0] = False
    assert not any(pressed.read(now) for now in range(7_000, 8_000, 10))
    down[0] = True
    pressed.read(8_000)
    pressed.read(8_100)
    down[0] = False
    pressed.read(8_110)
    assert pressed.read(8_200) == button.SHORT


def test_a_release_just_before_five_seconds_is_short() -> None:
    """The long press erases: its limit is exact."""
    for held, expected in ((4_990, button.SHORT), (5_000, button.LONG)):
        down = [False]
        pressed = button.Button(lambda: down[0])  # noqa: B023 - used within this turn
        pressed.read(0)
        seen = []
        for now in range(10, 6_000, 10):
            down[0] = 10 <= now <= 10 + held
            seen.append(pressed.read(now))
        assert [report for report in seen if report] == [expected], held
