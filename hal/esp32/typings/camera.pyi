"""The `camera` module of cnadler86/micropython-camera-API, as far as we use it. It is in firmware built with it only.

Facts from its src/modcamera_api.c: every argument is keyword-only; the constructor itself captures one frame; `capture`
waits for a frame, gives the former one back, and returns a read-only view of signed bytes in PSRAM.
"""

from typing import Final

class PixelFormat:
    JPEG: Final[int]

class FrameSize:
    QVGA: Final[int]
    VGA: Final[int]
    SVGA: Final[int]

class GrabMode:
    WHEN_EMPTY: Final[int]

class Camera:
    def __init__(
        self,
        *,
        data_pins: list[int],
        pclk_pin: int,
        vsync_pin: int,
        href_pin: int,
        sda_pin: int,
        scl_pin: int,
        xclk_pin: int,
        xclk_freq: int = 20_000_000,
        powerdown_pin: int = -1,
        reset_pin: int = -1,
        pixel_format: int = ...,
        frame_size: int = ...,
        jpeg_quality: int = 85,
        fb_count: int = 1,
        grab_mode: int = ...,
        init: bool = True,
    ) -> None: ...
    def capture(self) -> memoryview | None: ...
    def frame_available(self) -> bool: ...
    def free_buffer(self) -> None: ...
    def deinit(self) -> None: ...
