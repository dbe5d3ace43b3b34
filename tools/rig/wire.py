"""What the rig needs of a way to a device, and the three ways in which a device can fail it.

A wire carries bytes and time, nothing else: with a board or a pty time is the clock's, with a stepped device it is the
simulator's and passes only when someone waits.
"""

from typing import Protocol, runtime_checkable


class WireGone(Exception):
    """The way to the device ended: unplugged, closed, or the process died. The text says how, in one line."""


class NoAnswer(Exception):
    """The device is there and did not answer in time."""


class Refused(Exception):
    """The device answered with an error code where the caller expected none."""

    def __init__(self, what: str, code: int, name: str) -> None:
        super().__init__(f"the device refused {what}: {code} ({name})")
        self.code = code


class Wire(Protocol):
    """`name` is what the person wrote after --dut. `features` are what this way to a device can do beside bytes:
    `step` (the world is ours: ports, outputs, virtual time), `factory` (it is a `FactoryWire`), `reset`."""

    name: str
    features: frozenset[str]

    def write(self, data: bytes) -> None:
        """All of `data`, in order. Raises WireGone."""
        ...

    def read(self, wait_ms: int) -> bytes:
        """What came, as soon as something came; b"" when nothing did within `wait_ms`. Raises WireGone."""
        ...

    def now_ms(self) -> int:
        """This wire's time; only differences mean something."""
        ...

    def reset(self) -> None:
        """Restarts the device without asking it. Raises tools.errors.Problem where this wire cannot."""
        ...

    def reopen(self) -> None:
        """After it went away: a board whose USB is its own disappears for a second. Raises WireGone when it stays away."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class FactoryWire(Wire, Protocol):
    """A wire to a device that can be had as it leaves the factory."""

    def factory(self) -> None:
        """Forgets all the device was ever told, and starts it."""
        ...
