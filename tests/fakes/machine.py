"""`machine` of an ESP32, on the invented chip."""

from tests.fakes.chip import chip

# Assigned together: a lone constant would be folded away, and hal/esp32 asks this module for it by name.
PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = 1, 2, 3, 4, 5


class Restarted(BaseException):
    """What `reset` does here: nothing comes after it."""


def reset_cause() -> int:
    chip.note("reset_cause")
    return chip.cause


def reset() -> None:
    chip.note("reset")
    raise Restarted


class Pin:
    IN = 1
    OUT = 3
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(self, id: int, mode: int = -1, pull: int = -1, *, value=None) -> None:
        assert 0 <= id < 49, id
        chip.note(f"pin {id}")
        self.id = id
        if mode == Pin.OUT:
            chip.outputs.add(id)
            chip.levels[id] = value if value is not None else chip.levels.get(id, 0)
        elif mode == Pin.IN:
            chip.outputs.discard(id)
            chip.levels[id] = 1 if pull == Pin.PULL_UP else 0
        chip.edges.pop(id, None)

    def value(self, x=None):
        if x is None:
            return chip.levels[self.id]
        assert self.id in chip.outputs, "an input was driven"
        chip.levels[self.id] = x
        return None

    def irq(self, handler=None, trigger: int = 3) -> None:
        if trigger == Pin.IRQ_FALLING | Pin.IRQ_RISING:
            chip.edges[self.id] = handler


class UART:
    def __init__(self, id: int, baudrate: int = 9600, *, tx=None, rx=None, rxbuf=None, timeout=None, timeout_char=None):
        chip.note(f"uart {id}")
        self.received = bytearray()
        self.written = bytearray()
        self.busy = False
        chip.uarts[id] = self
        self.init(baudrate, tx=tx, rx=rx, rxbuf=rxbuf, timeout=timeout, timeout_char=timeout_char)

    def init(self, baudrate: int = 9600, *, tx=None, rx=None, rxbuf=None, timeout=None, timeout_char=None) -> None:
        assert timeout == 0, "it would wait"
        assert not self.busy, "the bytes under way would be lost"
        self.baudrate = baudrate
        self.rxbuf = rxbuf

    def any(self) -> int:
        return len(self.received)

    def txdone(self) -> bool:
        return not self.busy

    def readinto(self, buf):
        n = min(len(buf), len(self.received))
        if not n:
            return None
        buf[:n] = self.received[:n]
        self.received = self.received[n:]
        return n

    def write(self, buf) -> int:
        self.written += bytes(buf)
        return len(buf)


class ADC:
    ATTN_11DB = 3

    def __init__(self, pin: Pin) -> None:
        self._pin = pin.id
        self._wide = False

    def atten(self, value: int) -> None:
        self._wide = value == ADC.ATTN_11DB

    def read_uv(self) -> int:
        assert self._wide, "it would clip at 1 V"
        return min(3_100_000, chip.microvolts.get(self._pin, 0))


class PWM:
    def __init__(self, dest: Pin, *, freq: int = 1000, duty_u16: int = 32768) -> None:
        assert 1 <= freq <= 40_000_000
        self._pin = dest.id
        chip.tones[self._pin] = duty_u16

    def duty_u16(self, value: int) -> None:
        assert 0 <= value <= 65_535
        chip.tones[self._pin] = value


class WDT:
    def __init__(self, *, id: int = 0, timeout: int = 5000) -> None:
        chip.note("wdt")
        chip.watchdog = (timeout, chip.now_ms)

    def feed(self) -> None:
        chip.watchdog = (chip.watchdog[0], chip.now_ms)


class RTC:
    def datetime(self, datetimetuple) -> None:
        from tests.fakes import time

        year, month, day, _, hour, minute, second, _ = datetimetuple
        seconds = time.mktime((year, month, day, hour, minute, second, 0, 0))
        chip.rtc_ms = seconds * 1000 - chip.now_ms


class I2C:
    def __init__(self, id: int, *, scl: Pin, sda: Pin, freq: int = 400_000) -> None:
        chip.note(f"i2c {id}")

    def readfrom_mem_into(self, addr: int, memaddr: int, buf) -> None:
        registers = _device(addr)
        for i in range(len(buf)):
            buf[i] = registers.get((memaddr & 0x7F) + i, 0)

    def writeto_mem(self, addr: int, memaddr: int, buf) -> None:
        _device(addr)[memaddr] = buf[0]


def _device(addr: int) -> dict:
    if addr not in chip.bus:
        raise OSError(19)  # ENODEV
    return chip.bus[addr]
