"""Wi-Fi and broker while the connection is not steady: when to join, and under which name to connect.

Two connections exist. `control` is nameless: random client id, no will. `presence`, once granted, has the stable id, a birth
message and a last will. Passing from one to the other is a polite close and a new connection. Refuses to be in a hurry:
every failure backs off, and only a minute of success lets that be forgotten.
"""

from binascii import hexlify

from micropython import const

from ..base import journal as j
from ..base import ticks
from ..privacy import purposes as p
from . import kinds
from .backoff import STABLE_MS, Backoff
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


class Dial:
    def __init__(self, core: "Core") -> None:
        ports = core.ports
        self._core = core
        self._wifi = ports.wifi
        self._link = ports.link
        self._join = Backoff(ports.entropy, p.CONTROL)
        self._call = Backoff(ports.entropy, p.CONTROL)
        self._wifi_was = _UP if core.uplink.up else _DOWN
        self._told = False  # the journal knows that the broker is foreign
        self._since = -1  # tick at which the connection was opened, later at which it was up

    def on_time(self, now: int) -> None:
        self._station(now)
        self._broker(now)

    def settled(self, now: int) -> bool:
        """Whether the connection has lasted so long that past failures are forgotten, and this room with them."""
        uplink = self._core.uplink
        steady = uplink.up and uplink.mode == uplink.wanted() and self._wifi.state == _UP
        return steady and ticks.diff(now, self._since) >= STABLE_MS

    def _station(self, now: int) -> None:
        core = self._core
        state = self._wifi.state
        if state != self._wifi_was:
            self._wifi_was = state
            if state == _UP:
                self._join.succeeded(now)
                core.journal.note(now, j.WIFI_UP)
            elif state == _DOWN:
                self._join.failed(now)
                core.journal.note(now, j.WIFI_DOWN, self._wifi.error)
        if state == _DOWN and core.gate.allows(p.CONTROL) and self._join.ready(now):
            ssid = core.ports.secrets.get("wifi_ssid")
            if ssid is None:
                self._join.failed(now)  # not told a network yet
                return
            self._wifi.join(ssid, core.ports.secrets.get("wifi_pass") or b"")
            self._wifi_was = self._wifi.state

    def _broker(self, now: int) -> None:
        uplink = self._core.uplink
        wanted = uplink.wanted()
        state = self._link.state
        if uplink.mode >= 0:
            if state == _DOWN:
                self._lost(now)
            elif uplink.mode != wanted or self._wifi.state != _UP:
                uplink.close(True)
            elif state == _UP:
                if not uplink.up:
                    self._arrived(now)
            elif ticks.diff(now, self._since) >= _OPENING_MS:
                uplink.close(False)
                self._call.failed(now)
        if self._call.ready(now) and uplink.mode < 0 and wanted >= 0 and self._wifi.state == _UP:
            self._open(wanted, now)

    def _open(self, purpose: int, now: int) -> None:
        core = self._core
        options = Options(core.topic + kinds.INBOX)
        if purpose == p.PRESENCE:
            options.client_id = core.topic[2:-1]
            options.will_topic = core.topic + kinds.NAMES[kinds.ONLINE]
            body = bytearray(8)
            options.will = bytes(body[: online(body, 0, 0)])
        else:
            draw = bytearray(8)
            core.ports.entropy.fill(p.CONTROL, draw)
            options.client_id = hexlify(draw)
        if core.gate.connect(purpose, options):
            core.uplink.mode = purpose
            self._since = now
            return
        self._call.failed(now)
        if core.gate.foreign() and not self._told:
            self._told = True
            core.journal.note(now, j.FOREIGN)

    def _arrived(self, now: int) -> None:
        core = self._core
        core.uplink.up = True
        self._since = now
        self._call.succeeded(now)
        core.journal.note(now, j.LINK_UP, core.uplink.mode)
        outbox = core.outbox
        outbox.put(outbox.draft(kinds.HELLO, now))
        outbox.put(outbox.draft(kinds.WITHHELD, now))
        if core.seal.held:
            outbox.put(outbox.draft(kinds.SEAL, now))
        if core.uplink.mode == p.PRESENCE:
            core.uplink.cleared = False
            outbox.put(outbox.draft(kinds.ONLINE, now))
        elif not core.uplink.cleared:
            # A restart, or an end while the device was off, leaves `online` at the broker: it goes, once a boot.
            reason = core.grants.refusal(p.PRESENCE, p.OWNER, core.calendar.seconds)
            if reason != p.NEVER_ASKED and reason != p.TIME_UNKNOWN:
                core.uplink.cleared = outbox.put(outbox.draft(kinds.CLEAR, now))

    def _lost(self, now: int) -> None:
        self._core.journal.note(now, j.LINK_DOWN, self._link.error)
        self._call.failed(now)
        self._core.uplink.gone()

    def deadline(self, now: int) -> int:
        uplink = self._core.uplink
        if uplink.mode >= 0 and not uplink.up:
            return ticks.add(self._since, _OPENING_MS)
        if uplink.mode < 0 and self._wifi.state == _UP:
            return self._call.at if self._call.at >= 0 else now
        if self._wifi.state == _DOWN:
            return self._join.at
        return -1
