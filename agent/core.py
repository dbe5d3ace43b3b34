"""Composes the machines: one `pump(now)` serves every port in a fixed order, `deadline(now)` says when to come back.

A new machine is one new line in `__init__`, in `pump` and in `deadline`. Reads no clock and waits for nothing.
"""

import hashlib
import struct
from binascii import hexlify

from micropython import const

from .alarm import advert
from .alarm.guard import Guard
from .base import journal as j
from .base import ticks
from .base.calendar import Calendar
from .base.journal import Journal
from .diagnostics.status import Status
from .link import kinds
from .link.console import Console
from .link.messages import Writer
from .link.nearby import Nearby
from .link.requests import Requests
from .link.uplink import Uplink
from .media.capture import Capture
from .position.tracker import Tracker
from .privacy import purposes as p
from .privacy.desk import SNAPSHOT, Desk
from .privacy.gate import Gate
from .privacy.ledger import Ledger
from .store.outbox import Outbox

_BUILD_FLOOR = const(216_000_000)  # 2026-11-05: no trusted source is believed to speak from before this build
_JOURNAL_ROWS = const(64)
_NONCE = const(8)
_SWEEP_MS = const(60_000)
_ID = const(16)
_KEY = const(32)

_TYPING = const(False)
if _TYPING:
    from .wiring import Ports, Profile, Ways


def topic_of(device_id: bytes, epoch: int) -> bytes:
    """d/<id>/ with 16 hex digits that change with the owner, so that topics of two owners cannot be joined."""
    digest = hashlib.sha256(b"topic" + device_id + struct.pack(">I", epoch)).digest()
    return b"d/" + hexlify(digest[:8]) + b"/"


class Core:
    def __init__(self, ports: "Ports", ways: "Ways", profile: "Profile", now: int) -> None:
        self.ports = ports
        self.profile = profile
        self.now = now
        secrets = ports.secrets
        device_id = secrets.get("device_id") or b""
        key = secrets.get("pairing_key") or b""
        epoch = struct.unpack(">I", secrets.get("epoch") or bytes(4))[0]
        bound = len(device_id) == _ID and len(key) == _KEY
        if not bound:
            device_id = bytes(_ID)
            key = self._random(_KEY)  # a key nobody has: every record fails
        nonce = self._random(_NONCE)

        self.journal = Journal(_JOURNAL_ROWS)
        self.calendar = Calendar(_BUILD_FLOOR)
        self.ledger = Ledger(device_id, key, epoch)
        grants = self.ledger.grants
        grants.bound = bound
        grants.parts = (p.GNSS if ports.gnss else 0) | (p.CAMERA if ports.camera else 0)
        stored = secrets.get(SNAPSHOT)
        if bound and stored is not None:
            self.ledger.restore(stored)
        self.topic = topic_of(device_id, epoch)
        self.outbox = Outbox(profile.slots, epoch)
        self._writer = Writer(self.ledger, nonce, epoch, ports.camera)
        topics = [self.topic + name for name in kinds.NAMES]
        self.gate = Gate(ways, grants, self.calendar, self._writer, topics, epoch, profile.chunk)
        adverts = advert.key(key)

        ssid = secrets.get("wifi_ssid")
        wifi = (ssid, secrets.get("wifi_pass") or b"") if ssid else None
        self.desk = Desk(self, Requests(device_id, key, epoch, nonce))
        self.nearby = Nearby(ports, self.gate, self.calendar, adverts, self.desk)
        self.console = Console(self, secrets.get("console_key"), profile.name)
        self.tracker = Tracker(ports, self.gate, grants, self.outbox, self.calendar, self.journal, profile.uart_bytes)
        self.guard = Guard(ports, self.gate, self.outbox, self.calendar, self.journal, adverts)
        self.capture = None
        if ports.camera is not None:
            self.capture = Capture(ports.camera, ports.indicator, self.gate, self.outbox, self.journal, profile.chunk)
        self.status = Status(ports, self.gate, grants, self.outbox, self.calendar, self.guard.alarm)
        self.uplink = Uplink(ports, self.gate, self.outbox, self.journal, self.topic, wifi)
        self._live = 0
        self._checked = -2  # the second for which `_live` was worked out
        self._swept = now

    def _random(self, size: int) -> bytes:
        draw = bytearray(size)
        self.ports.entropy.fill(p.CONTROL, draw)
        return bytes(draw)

    def pump(self, now: int) -> None:
        """One tick: time, owner, sensors, radios, consequences, and only then whatever may leave."""
        self.now = now
        self.calendar.on_time(now)
        self.nearby.on_time(now)
        self.console.on_time(now)
        self.tracker.on_time(now)
        self.guard.on_time(now)
        self.uplink.on_time(now)
        self._consequences(now)
        self.tracker.lease(now)
        if self.capture is not None:
            self.capture.on_time(now)
        self.status.on_time(now)
        self._sweep(now)
        self.gate.check()
        self.uplink.flush(now)

    def deadline(self, now: int) -> int:
        """Milliseconds until `pump` wants to run again even if no port has anything, at most a day."""
        at = ticks.add(now, ticks.FAR)
        for due in (
            self.nearby.deadline(),
            self.tracker.deadline(now),
            self.guard.deadline(now),
            self.uplink.deadline(now),
            self.capture.deadline() if self.capture is not None else -1,
            self.status.deadline(),
        ):
            at = ticks.sooner(at, due, now)
        left = self.ledger.grants.next_expiry(self.calendar.seconds)
        if 0 <= left < ticks.FAR // 1000:
            at = ticks.sooner(at, ticks.add(now, left * 1000), now)
        return max(0, ticks.diff(at, now))

    def _consequences(self, now: int) -> None:
        """Finds out, once a second, which grants ended by themselves; anything that changed is told to the owner."""
        seconds = self.calendar.seconds
        self._writer.seconds = seconds
        if seconds == self._checked:
            return
        self._checked = seconds
        live = self.ledger.grants.live(seconds)
        ended = self._live & ~live
        if ended:
            self.withdrawn(ended, now)
        elif live != self._live:
            self._changed(live, now)

    def withdrawn(self, purposes: int, now: int) -> None:
        """These purposes ended, by a record, the button or their expiry: from this moment nothing of them is left to send."""
        self._writer.seconds = self.calendar.seconds
        live = self.ledger.grants.live(self.calendar.seconds)
        dead = purposes & ~live
        if self.outbox.erase(dead):
            self.uplink.close(False)  # the link's client may repeat it: the connection goes, and its session with it
        self.tracker.withdrawn(dead, now)
        if dead >> p.PHOTO & 1 and self.capture is not None:
            self.capture.stop(now)
        if self._live & dead & 1 << p.PRESENCE:
            self.uplink.close(True)
            self.outbox.put(self.outbox.draft(kinds.CLEAR, now))
        self.gate.check()
        self.journal.note(now, j.WITHDRAWN, dead)
        self._changed(live, now)

    def granted(self, now: int) -> None:
        """A record was applied: the rows may say something else from now on."""
        self._writer.seconds = self.calendar.seconds
        self._changed(self.ledger.grants.live(self.calendar.seconds), now)

    def _changed(self, live: int, now: int) -> None:
        if live != self._live:
            self._live = live
            self.outbox.put(self.outbox.draft(kinds.WITHHELD, now))

    def _sweep(self, now: int) -> None:
        """Once a minute: what was kept longer than its grant's retention is erased, sent or not (policy clause 3)."""
        if ticks.diff(now, self._swept) < _SWEEP_MS:
            return
        self._swept = now
        for purpose in range(1, p.COUNT):
            if self._live >> purpose & 1:
                self.outbox.expire(purpose, self.ledger.grants.retention(purpose), now)

    def usable(self) -> int:
        """Mask of the purposes that this build and this board could serve if they were granted."""
        mask = 0
        for purpose in range(p.COUNT):
            if p.ACTIVE >> purpose & 1 and not p.needs(purpose) & ~self.ledger.grants.parts:
                mask |= 1 << purpose
        return mask

    def sensors(self) -> int:
        """Mask of the sensors that have power now."""
        return (p.GNSS if self.tracker.on else 0) | (p.CAMERA if self.capture is not None and self.capture.on else 0)
