"""Wi-Fi and broker: when to join, under which name to connect, and what to release when there is room.

Two connections exist. `control` is nameless: random client id, no will. `presence`, once granted, has the stable id, a birth
message and a last will. Passing from one to the other is a polite close and a new connection. Refuses to be in a hurry:
every failure backs off.
"""

from binascii import hexlify

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..privacy import purposes as p
from . import kinds
from .backoff import Backoff
from .messages import online

_DOWN = const(0)  # states of Link and Wifi, hal.ports
_UP = const(2)
_OPENING_MS = const(30_000)
_KEEPALIVE_S = const(60)

_TYPING = const(False)
if _TYPING:
    from ..core import Core


class Options:
    """How to introduce ourselves (hal.ports.LinkOptions)."""

    def __init__(self, inbox: bytes) -> None:
        self.client_id = b""
        self.clean = True  # what the device must learn is sent again after `hello`; the broker keeps nothing for it
        self.keepalive_s = _KEEPALIVE_S
        self.will_topic = b""
        self.will = b""
        self.inbox = inbox


class Uplink:
    def __init__(self, core: "Core") -> None:
        ports = core.ports
        self._wifi = ports.wifi
        self._link = ports.link
        self._entropy = ports.entropy
        self._secrets = ports.secrets
        self._gate = core.gate
        self._outbox = core.outbox
        self._journal = core.journal
        self._topic = core.topic
        self._options = Options(core.topic + kinds.INBOX)
        self._join = Backoff(ports.entropy, p.CONTROL)
        self._dial = Backoff(ports.entropy, p.CONTROL)
        self._slot = core.outbox.spare()
        self._wifi_was = _DOWN
        self._opened = -1
        self.mode = -1  # the purpose of the connection that is open or opening
        self.up = False
        ports.link.on_sent = core.outbox.done

    def on_time(self, now: int) -> None:
        """Moves the radios on: call once a tick, before `flush`."""
        self._wifi.poll(now)
        self._link.poll(now)
        self._station(now)
        self._broker(now)

    def _station(self, now: int) -> None:
        state = self._wifi.state
        if state != self._wifi_was:
            self._wifi_was = state
            if state == _UP:
                self._join.succeeded(now)
                self._journal.note(now, j.WIFI_UP)
            elif state == _DOWN:
                self._join.failed(now)
                self._journal.note(now, j.WIFI_DOWN, self._wifi.error)
        if state == _DOWN and self._gate.allows(p.CONTROL) and self._join.ready(now):
            ssid = self._secrets.get("wifi_ssid")
            if ssid is None:
                self._join.failed(now)  # not told a network yet
                return
            self._wifi.join(ssid, self._secrets.get("wifi_pass") or b"")
            self._wifi_was = self._wifi.state

    def _broker(self, now: int) -> None:
        wanted = p.PRESENCE if self._gate.allows(p.PRESENCE) else p.CONTROL if self._gate.allows(p.CONTROL) else -1
        state = self._link.state
        if self.mode >= 0:
            if state == _DOWN:
                self._lost(now)
            elif self.mode != wanted or self._wifi.state != _UP:
                self.close(True)
            elif state == _UP:
                if not self.up:
                    self._arrived(now)
            elif ticks.diff(now, self._opened) >= _OPENING_MS:
                self.close(False)
                self._dial.failed(now)
        if self._dial.ready(now) and self.mode < 0 and wanted >= 0 and self._wifi.state == _UP:
            self._open(wanted, now)

    def _open(self, purpose: int, now: int) -> None:
        options = self._options
        if purpose == p.PRESENCE:
            options.client_id = self._topic[2:-1]
            options.will_topic = self._topic + kinds.NAMES[kinds.ONLINE]
            body = bytearray(8)
            options.will = bytes(body[: online(body, 0, 0)])
        else:
            draw = bytearray(8)
            self._entropy.fill(p.CONTROL, draw)
            options.client_id = hexlify(draw)
            options.will_topic = options.will = b""
        if self._gate.connect(purpose, options):
            self.mode = purpose
            self._opened = now

    def _arrived(self, now: int) -> None:
        self.up = True
        self._dial.succeeded(now)
        self._journal.note(now, j.LINK_UP, self.mode)
        self._outbox.put(self._outbox.draft(kinds.HELLO, now))
        self._outbox.put(self._outbox.draft(kinds.WITHHELD, now))
        if self.mode == p.PRESENCE:
            self._outbox.put(self._outbox.draft(kinds.ONLINE, now))

    def _lost(self, now: int) -> None:
        self._journal.note(now, j.LINK_DOWN, self._link.error)
        self._dial.failed(now)
        self._gone()

    def close(self, polite: bool) -> None:
        """Ends the connection now; the next one is made as soon as it is wanted."""
        self._gate.disconnect(polite)
        self._gone()

    def _gone(self) -> None:
        self.mode = -1
        self.up = False
        self._outbox.again()

    def flush(self, now: int) -> None:
        """Releases waiting messages while the link has room. The last act of a tick, after every withdrawal took effect."""
        slot = self._slot
        while self._outbox.waiting and self.up and self._link.room() and self._outbox.pick(slot):
            self._outbox.name(slot)
            if self._gate.release(slot.purpose, slot.recipient, slot.epoch, slot, now):
                self._outbox.sent(slot)
            else:
                self._outbox.refuse(slot)

    def deadline(self, now: int) -> int:
        if self.mode >= 0 and not self.up:
            return ticks.add(self._opened, _OPENING_MS)
        if self.mode < 0 and self._wifi.state == _UP:
            return self._dial.at if self._dial.at >= 0 else now
        if self._wifi.state == _DOWN:
            return self._join.at
        return -1
