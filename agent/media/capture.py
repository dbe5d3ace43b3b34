"""One consented photo at a time: asked for, taken, cut into chunks, forgotten. Holds no frame: the camera port does.

The light is on exactly while the camera has power (policy clause 1.3.1). Refuses power without a live `photo` grant, a second
request while one runs, a frame past its limit, and a camera that does not answer in 10 s.
"""

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..link import kinds
from ..privacy import purposes as p

IDLE = 0
TAKING = 1
SENDING = 2

_FAILED = const(3)  # camera states, hal.ports.Camera
_READY = const(2)
_TIMEOUT_MS = const(10_000)
_MAX_BYTES = const(262_144)  # a VGA JPEG is a tenth of this

_TYPING = const(False)
if _TYPING:
    from hal.ports import Camera

    from ..core import Core


class Capture:
    """Loaded for one photo."""

    def __init__(self, core: "Core", camera: "Camera", photo: int) -> None:
        self._camera = camera
        self._indicator = core.ports.indicator
        self._gate = core.gate
        self._grants = core.grants
        self._outbox = core.outbox
        self._journal = core.journal
        self._chunk = core.profile.chunk
        self._until = -1
        self.taken = 0  # tick of the press of the shutter: every chunk is as old as the picture
        self._photo = photo
        self._next = 0  # chunk to queue next
        self.size = 0
        self.state = IDLE
        self.on = False

    def take(self, now: int) -> bool:
        """Begins one photo. False without a grant, or while another one runs."""
        if self.state != IDLE or not self._gate.lease(p.CAMERA, 1 << p.PHOTO):
            return False
        self._power(True, now)
        self.taken = now
        self._until = ticks.add(now, _TIMEOUT_MS)
        self._camera.capture()
        self._go(TAKING, now)
        return True

    def on_time(self, now: int) -> None:
        if self.state == IDLE:
            return
        self._camera.poll(now)
        if not self._gate.lease(p.CAMERA, 1 << p.PHOTO) or self._grants.outlived(p.PHOTO, self.taken, now):
            self.stop(now)
        elif self.state == TAKING:
            self._await(now)
        elif self._next * self._chunk >= self.size and not self._outbox.holds(kinds.PHOTO):
            self.stop(now)  # the last chunk was acknowledged
        if self.state == SENDING and self._next * self._chunk < self.size and not self._outbox.holds(kinds.PHOTO):
            self._queue()

    def _await(self, now: int) -> None:
        if self._camera.state == _READY:
            self.size = self._camera.size()
            self._next = 0
            if 0 < self.size <= _MAX_BYTES:
                self._go(SENDING, now)
                return
        elif self._camera.state != _FAILED and not ticks.due(self._until, now):
            return
        self.stop(now)

    def _queue(self) -> None:
        """Stores the place of the next chunk: the bytes stay in the camera until the gate writes the message."""
        slot = self._outbox.draft(kinds.PHOTO, self.taken)
        facts = slot.facts
        start = self._next * self._chunk
        facts[0] = self._photo
        facts[1] = self._next
        facts[2] = (self.size + self._chunk - 1) // self._chunk
        facts[3] = start
        facts[4] = min(self._chunk, self.size - start)
        if self._outbox.put(slot):  # without room it is tried again: a picture has all its chunks or is none
            self._next += 1

    def stop(self, now: int) -> None:
        """Ends whatever runs: the frame is overwritten in the camera's memory, power and light go off."""
        if self.state != IDLE:
            self._camera.forget()
            self.size = 0
            self._go(IDLE, now)
        self._power(False, now)

    def _power(self, on: bool, now: int) -> None:
        if on == self.on:
            return
        self.on = on
        self._journal.note(now, j.LEASES, p.CAMERA if on else 0)
        if self._indicator is not None:
            self._indicator.light(on)
        self._camera.power(on)

    def _go(self, state: int, now: int) -> None:
        self.state = state
        self._journal.note(now, j.CAMERA, state)

    def deadline(self) -> int:
        return self._until if self.state == TAKING else -1
