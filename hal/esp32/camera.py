"""A still camera over the `camera` module of cnadler86/micropython-camera-API. One frame at a time, in PSRAM.

Its driver waits for a frame in `capture` and captures one by being constructed; so it exists only between the agent's
`capture` and `forget`, and its first frames, older than the request, are thrown away. Whatever a frame lay in is zeroed.
Opening the sensor takes up to a second in the driver's own C code: the only call here that waits.
"""

import errno

import uctypes
from camera import Camera as Sensor
from camera import FrameSize, GrabMode, PixelFormat
from micropython import const

_TYPING = const(False)
if _TYPING:
    from ..ports import Buffer, Switch

OFF = 0
WORKING = 1
READY = 2
FAILED = 3

_STALE = const(3)  # frames until exposure has settled; the first is older than the request
_QUALITY = const(80)  # VGA: 20 to 40 kB
_PATIENCE_MS = const(5_000)
_HALF = const(1 << 29)  # ticks wrap at 2**30
_MASK = const(0x3FFFFFFF)


class Pins:
    """How the sensor is wired. `data` is D0 to D7."""

    def __init__(
        self, data: "list[int]", pclk: int, vsync: int, href: int, sda: int, scl: int, xclk: int, reset: int = -1
    ) -> None:
        self.data = data
        self.pclk = pclk
        self.vsync = vsync
        self.href = href
        self.sda = sda
        self.scl = scl
        self.xclk = xclk
        self.reset = reset


class Camera:
    """`supply` switches the sensor's power (its PWDN pin); None where the board has no such pin."""

    def __init__(self, pins: Pins, supply: "Switch | None" = None) -> None:
        self.state = OFF
        self._pins = pins
        self._supply = supply
        self._on = False
        self._sensor: "Sensor | None" = None
        self._frame: "memoryview | None" = None
        self._seen = 0
        self._until = -1
        self._switch(False)

    def power(self, on: bool) -> None:
        if not on:
            self.forget()
        self._on = on
        self._switch(on)

    def capture(self) -> None:
        self.forget()
        self._seen = 0
        self._until = -1
        self.state = WORKING if self._on else FAILED

    def poll(self, now: int) -> None:
        if self.state != WORKING:
            return
        if self._until < 0:
            self._until = (now + _PATIENCE_MS) & _MASK
        try:
            if self._sensor is None:
                self._sensor = self._open()
            elif self._sensor.frame_available():
                self._take(self._sensor)
            elif (now - self._until) & _MASK < _HALF:
                self._fail()
        except (OSError, RuntimeError):
            self._fail()  # no sensor answers, or no memory for its frame

    def size(self) -> int:
        return len(self._frame) if self.state == READY and self._frame is not None else 0

    def copy(self, start: int, buf: "Buffer", at: int, n: int) -> None:
        if self._frame is None or start < 0 or start + n > len(self._frame) or at + n > len(buf):
            raise OSError(errno.EINVAL)
        buf[at : at + n] = self._frame[start : start + n]

    def forget(self) -> None:
        sensor = self._sensor
        self.state = OFF
        if sensor is None:
            return
        self._switch(False)  # so that no new frame is written over the one that is zeroed
        self._wipe()
        self._sensor = None
        try:
            sensor.deinit()
        except OSError:
            pass  # it had failed before
        self._switch(self._on)

    def _open(self) -> Sensor:
        pins = self._pins
        sensor = Sensor(
            data_pins=pins.data,
            pclk_pin=pins.pclk,
            vsync_pin=pins.vsync,
            href_pin=pins.href,
            sda_pin=pins.sda,
            scl_pin=pins.scl,
            xclk_pin=pins.xclk,
            powerdown_pin=-1,  # ours: the driver would leave it on
            reset_pin=pins.reset,
            pixel_format=PixelFormat.JPEG,
            frame_size=FrameSize.VGA,
            jpeg_quality=_QUALITY,
            fb_count=1,  # the one frame we hold is the only one there is
            grab_mode=GrabMode.WHEN_EMPTY,
        )
        sensor.free_buffer()
        return sensor

    def _take(self, sensor: Sensor) -> None:
        self._frame = sensor.capture()
        self._seen += 1
        if self._frame is None:
            return
        if self._seen <= _STALE:
            self._wipe()
            sensor.free_buffer()
        else:
            self.state = READY

    def _wipe(self) -> None:
        """The driver's view is read-only, its memory is not."""
        if self._frame is not None:
            memory = uctypes.bytearray_at(uctypes.addressof(self._frame), len(self._frame))
            self._frame = None
            for i in range(len(memory)):
                memory[i] = 0

    def _fail(self) -> None:
        self.forget()
        self.state = FAILED

    def _switch(self, on: bool) -> None:
        if self._supply is not None:
            self._supply.set(on)
