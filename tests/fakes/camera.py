"""`camera` of cnadler86/micropython-camera-API on the invented chip, with its habits: constructing it captures a frame, the
buffer is filled again as soon as it is given back, views are of signed bytes, and nothing is ever zeroed."""

from array import array

from tests.fakes.chip import chip

_FRAME_MS = 40
_SIZE = 8192


class PixelFormat:
    JPEG = 4


class FrameSize:
    QVGA = 6
    VGA = 10
    SVGA = 11


class GrabMode:
    WHEN_EMPTY = 0
    LATEST = 1


class Camera:
    def __init__(
        self,
        *,
        data_pins: list,
        pclk_pin: int,
        vsync_pin: int,
        href_pin: int,
        sda_pin: int,
        scl_pin: int,
        xclk_pin: int,
        xclk_freq: int = 20_000_000,
        powerdown_pin: int = -1,
        reset_pin: int = -1,
        pixel_format: int = 0,
        frame_size: int = 6,
        jpeg_quality: int = 85,
        fb_count: int = 1,
        grab_mode: int = 0,
        init: bool = True,
    ) -> None:
        assert len(data_pins) == 8
        assert type(data_pins) is list
        assert pixel_format == PixelFormat.JPEG
        if chip.sensor_broken or chip.sensor_open:
            raise OSError("Failed to capture initial frame.")
        if chip.psram is None:
            chip.psram = array("b", bytes(_SIZE))
        chip.sensor_open = True
        self._n = 0
        self._held = True
        self._fill()

    def _fill(self) -> None:
        self._ready_ms = chip.now_ms + _FRAME_MS
        self._n = len(chip.scene)
        for i in range(self._n):
            byte = chip.scene[i]
            chip.psram[i] = byte - 256 if byte > 127 else byte

    def frame_available(self) -> bool:
        return not chip.sensor_broken and chip.now_ms >= self._ready_ms

    def capture(self):
        if self._held:
            self.free_buffer()
        if chip.sensor_broken:
            return None
        self._held = True
        return memoryview(chip.psram)[: self._n]

    def free_buffer(self) -> None:
        self._held = False
        self._fill()

    def deinit(self) -> None:
        chip.sensor_open = False
