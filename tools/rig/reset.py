"""How a device is restarted when it does not listen. A strategy, because a pty, a socket and a board each need another.

Refuses by name where a way does not exist: a pty has no RTS line (ENOTTY).
"""

import time
from typing import Any, Protocol

from tools.errors import Problem

PULSE_S = 0.1


class Reset(Protocol):
    def pulse(self, port: Any, name: str) -> None:  # Any: pyserial's classes differ by platform and carry no types
        """Restarts the device behind an open port. Raises Problem where it cannot."""
        ...


class NoReset:
    """Nobody can: the person presses the button."""

    def pulse(self, port: Any, name: str) -> None:  # Any: as in Reset
        raise Problem(
            "this device cannot be reset from here", name, "Press its reset button, or choose --dut-reset lines"
        )


class LinesReset:
    """RTS pulls EN low and DTR leaves the boot pin alone: the circuit of Espressif's development boards."""

    def pulse(self, port: Any, name: str) -> None:  # Any: as in Reset
        try:
            port.dtr = False
            port.rts = True
            time.sleep(PULSE_S)
            port.rts = False
        except OSError as error:  # ENOTTY or EINVAL: a pty, or a bridge without these lines
            raise Problem("the port has no RTS and DTR lines", name, "Choose --dut-reset none") from error


STRATEGIES: dict[str, type[Reset]] = {"none": NoReset, "lines": LinesReset}
