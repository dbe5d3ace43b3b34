"""A camera: power, one still, its bytes. The picture is made up and carries a canary that no other port may ever show.

It looks like a JPEG (JFIF start and end) and is at most a kilobyte. Takes a moment; can be told to fail.
"""

import random
from collections.abc import Callable

from simulator import remote
from simulator.engine import Engine

MAX_PICTURE = 700  # bytes: a small heap holds it beside everything else; a board keeps frames in PSRAM
_PIECE = 96  # bytes in one delivery: a small heap has no long holes
_EXPOSURE_MS = (350, 900)
_PIECE_MS = 12
_START = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xfe"
_END = b"\xff\xd9"


class Camera:
    def __init__(self, engine: Engine, rng: random.Random) -> None:
        self.on = False
        self.works = True
        self.pictures: list[bytes] = []
        self.on_power: Callable[[bool], object] = bool
        self._engine = engine
        self._rng = rng
        self._shot = 0
        engine.listen(remote.CAMERA, self._said)

    def reset(self) -> None:
        """The device lost power, and the camera with it."""
        self.on = False
        self._shot += 1

    def _said(self, data: bytes) -> None:
        if data[:1] == b"P":
            self.on = data[1] == 1
            self._shot += 1
            self.on_power(self.on)
        elif data[:1] == b"T" and self.on:
            self._shot += 1
            shot = self._shot
            self._engine.after(self._rng.randrange(*_EXPOSURE_MS), lambda: self._ready(shot))

    def _ready(self, shot: int) -> None:
        if shot != self._shot or not self.on:
            return
        if not self.works:
            self._engine.give(remote.CAMERA, b"X")
            return
        picture = make_picture(self._rng, len(self.pictures) + 1)
        self.pictures.append(picture)
        self._engine.give(remote.CAMERA, b"F" + len(picture).to_bytes(4, "big"))
        for k, at in enumerate(range(0, len(picture), _PIECE)):
            piece = picture[at : at + _PIECE]
            self._engine.after(k * _PIECE_MS, lambda piece=piece: self._deliver(shot, piece))

    def _deliver(self, shot: int, piece: bytes) -> None:
        if shot == self._shot and self.on:
            self._engine.give(remote.CAMERA, b"D" + piece)


def make_picture(rng: random.Random, number: int) -> bytes:
    """JPEG markers around a comment (the canary) and noise."""
    comment = canary(number)
    size = rng.randrange(420, MAX_PICTURE - 200)
    return _START + (len(comment) + 2).to_bytes(2, "big") + comment + rng.randbytes(size) + _END


def canary(number: int) -> bytes:
    """What the n-th picture is recognised by, wherever it turns up."""
    return b"CANARY-PICTURE-%04d" % number
