"""The system's random numbers. Streams of different purposes are apart because nothing is shared between draws."""

import os


class Entropy:
    def fill(self, purpose: int, buf: bytearray) -> None:
        buf[:] = os.urandom(len(buf))
