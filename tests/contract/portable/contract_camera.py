"""What every `Camera` promises.

world.until(port, done), world.run(port, ms)  time goes on, the port is polled
world.show(frame)     the next capture gives these bytes
world.break_down()    captures fail from now on
world.powered()       whether the sensor has power
world.remains(bytes)  whether these bytes still lie in the camera's memory
"""

from tests.contract.portable.suite import refuses

_OFF, _WORKING, _READY, _FAILED = 0, 1, 2, 3
_FRAME = b"\xff\xd8" + bytes(i * 7 & 255 for i in range(3_000)) + b"\xff\xd9"


def _copied(camera, step: int) -> bytes:
    out = b""
    buf = bytearray(step + 2)
    size = camera.size()
    for start in range(0, size, step):
        n = min(step, size - start)
        camera.copy(start, buf, 1, n)
        out += bytes(buf[1 : 1 + n])
    assert buf[0] == 0
    assert buf[step + 1] == 0
    return out


def _ready(make):
    camera, world = make()
    world.show(_FRAME)
    camera.power(True)
    camera.capture()
    assert world.until(camera, lambda: camera.state == _READY), camera.state
    return camera, world


def check_a_camera_starts_without_power_and_frame(make) -> None:
    """Invariant I4: a lens without a purpose is dark."""
    camera, world = make()
    world.run(camera, 200)
    assert camera.state == _OFF
    assert camera.size() == 0
    assert not world.powered()


def check_a_frame_is_copied_piece_by_piece(make) -> None:
    """A photo leaves in chunks; the whole never fits a message."""
    camera, _ = _ready(make)
    assert camera.size() == len(_FRAME)
    for step in (512, 1_000, 4_096):
        assert _copied(camera, step) == _FRAME, step


def check_capturing_waits_for_nobody(make) -> None:
    """A frame takes up to a second."""
    camera, world = make()
    world.show(_FRAME)
    camera.power(True)
    camera.capture()
    assert camera.state == _WORKING
    assert camera.size() == 0


def check_a_frame_is_forgotten_for_good(make) -> None:
    """Consent withdrawn between capture and upload: PSRAM must not keep the picture."""
    camera, world = _ready(make)
    assert world.remains(_FRAME[100:200])
    camera.forget()
    assert camera.size() == 0
    assert camera.state == _OFF
    assert not world.remains(_FRAME[100:200])


def check_switching_off_forgets_too(make) -> None:
    """The agent may only have time for one call."""
    camera, world = _ready(make)
    camera.power(False)
    assert camera.state == _OFF
    assert camera.size() == 0
    assert not world.powered()
    assert not world.remains(_FRAME[100:200])


def check_a_second_photo_is_another_one(make) -> None:
    """The first frame of a stale buffer is the moment before the consent."""
    camera, world = _ready(make)
    camera.forget()
    world.show(b"\xff\xd8second\xff\xd9")
    camera.capture()
    assert world.until(camera, lambda: camera.state == _READY)
    assert _copied(camera, 64) == b"\xff\xd8second\xff\xd9"


def check_a_broken_camera_fails_and_may_be_switched_off(make) -> None:
    """3 is "failed": the agent reports it and goes on."""
    camera, world = make()
    world.break_down()
    camera.power(True)
    camera.capture()
    assert world.until(camera, lambda: camera.state == _FAILED)
    assert camera.size() == 0
    camera.power(False)
    assert camera.state == _OFF


def check_a_capture_without_power_fails(make) -> None:
    """It must not switch the sensor on by itself."""
    camera, world = make()
    world.show(_FRAME)
    camera.capture()
    world.run(camera, 500)
    assert camera.state == _FAILED
    assert not world.powered()


def check_copying_stays_within_the_frame(make) -> None:
    """Past its end lies another picture's memory."""
    camera, _ = _ready(make)
    buf = bytearray(16)
    assert refuses(camera.copy, len(_FRAME) - 8, buf, 0, 9)
    assert refuses(camera.copy, -1, buf, 0, 4)
    assert buf == bytes(16)
    camera.forget()
    assert refuses(camera.copy, 0, buf, 0, 1)
