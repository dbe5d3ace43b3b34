"""The rig's console on stdin and stdout: a pty of the unix port, UART0 or the USB line of an ESP32.

Byte 0x03 is data here, not an interrupt. What does not fit the line is lost: the rig asks again.
"""

import sys

import micropython

from .line import Line

_TYPING = micropython.const(False)
if _TYPING:
    from ..ports import Buffer


def console() -> "Console":
    """The machine's own: `.buffer` passes bytes as they are, the text stream turns 0x0A into two."""
    micropython.kbd_intr(-1)
    return Console(sys.stdin.buffer, sys.stdout.buffer)  # pyright: ignore[reportArgumentType] - the stub lacks readinto


class Console(Line):
    def write(self, buf: "Buffer", n: int) -> None:
        self.put(buf, n)
