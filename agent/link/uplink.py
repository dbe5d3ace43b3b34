"""The broker connection in steady state: moves the radios on, and releases what waits when there is room.

Everything that happens while it is not steady (joining, dialling, backing off, changing between `control` and `presence`) is in
a room of its own, dial.py, which leaves memory once a connection has lasted a minute.
"""

from micropython import const

from ..privacy import purposes as p
from . import kinds

_UP = const(2)  # state of Link and Wifi, hal.ports

_TYPING = const(False)
if _TYPING:
    from ..core import Core
    from .dial import Dial


class Uplink:
    def __init__(self, core: "Core") -> None:
        self._core = core
        self._wifi = core.ports.wifi
        self._link = core.ports.link
        self._gate = core.gate
        self._outbox = core.outbox
        self._slot = core.outbox.spare()
        self._dial: "Dial | None" = None
        self.cleared = False  # in this boot, the broker was told to forget `online`
        self.mode = -1  # the purpose of the connection that is open or opening
        self.up = False
        core.ports.link.on_sent = core.outbox.done

    def on_time(self, now: int) -> None:
        """Moves the radios on: call once a tick, before `flush`."""
        self._wifi.poll(now)
        self._link.poll(now)
        dial = self._dial
        if dial is None:
            if self.up and self.mode == self.wanted() and self._link.state == _UP and self._wifi.state == _UP:
                return
            dial = self._dial = self._core.load_dial()
        dial.on_time(now)
        if dial.settled(now):
            self._dial = None
            self._core.drop_dial()

    def wanted(self) -> int:
        """The purpose under which to be connected: `presence` if it is granted, else the nameless `control`; -1 for neither."""
        if self._gate.allows(p.PRESENCE):
            return p.PRESENCE
        return p.CONTROL if self._gate.allows(p.CONTROL) else -1

    def close(self, polite: bool) -> None:
        """Ends the connection now; the next one is made as soon as it is wanted."""
        self._gate.disconnect(polite)
        self.gone()

    def gone(self) -> None:
        """There is no connection any more: what the link held waits again."""
        self.mode = -1
        self.up = False
        self._outbox.again()

    def flush(self, now: int) -> None:
        """Releases waiting messages while the link has room. The last act of a tick, after every withdrawal took effect."""
        slot = self._slot
        while (
            self._outbox.waiting
            and self.up
            and self._link.room()
            and self._gate.ready()
            and self._outbox.pick(slot, self._core.seal.keyless())
        ):
            self._outbox.name(slot)
            if slot.kind == kinds.CLEAR and self.mode == p.PRESENCE:
                self._outbox.refuse(slot)  # presence is back: its birth message must stay
            elif self._gate.release(slot.purpose, slot.recipient, slot.epoch, slot, now):
                self._outbox.sent(slot)
            else:
                self._outbox.refuse(slot)

    def deadline(self, now: int) -> int:
        if self._dial is not None:
            return self._dial.deadline(now)
        return -1 if self.up else now
