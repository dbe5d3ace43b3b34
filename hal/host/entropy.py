"""The system's random numbers. Every draw is independent, so one purpose's draws say nothing of another's."""

import os


class HostEntropy:
    def fill(self, purpose: int, buf: bytearray) -> None:
        buf[:] = os.urandom(len(buf))
