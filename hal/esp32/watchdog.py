"""The chip's task watchdog. Once started it cannot be stopped, and it outlives a soft reset."""

from machine import WDT


class Watchdog:
    def __init__(self) -> None:
        self._dog: "WDT | None" = None

    def start(self, timeout_ms: int) -> None:
        self._dog = WDT(timeout=timeout_ms)

    def feed(self) -> None:
        if self._dog is not None:
            self._dog.feed()
