"""Light and buzzer as lines on a terminal, one at each change. Without a stream it only remembers."""

from typing import TextIO


class HostIndicator:
    def __init__(self, stream: TextIO | None = None) -> None:
        self.lit = False
        self.sounding = False
        self._stream = stream

    def light(self, on: bool) -> None:
        if on != self.lit:
            self.lit = on
            self._say(f"[light {'on' if on else 'off'}]")

    def buzzer(self, on: bool) -> None:
        if on != self.sounding:
            self.sounding = on
            bell = "\a" if on and self._stream is not None and self._stream.isatty() else ""
            self._say(f"{bell}[buzzer {'on' if on else 'off'}]")

    def _say(self, line: str) -> None:
        if self._stream is not None:
            print(line, file=self._stream, flush=True)
