"""Composes the machines: one `pump(now)` serves every port in a fixed order, `deadline(now)` says when to come back.

A new machine is one new line in `__init__`, in `pump` and in `deadline`. Rooms that are seldom needed are loaded here and
nowhere else. Reads no clock and waits for nothing.
"""

import struct

from micropython import const

from .base import rooms, ticks
from .base.calendar import Calendar
from .base.errors import BUSY, NOT_GRANTED, RemoteError
from .base.journal import Journal
from .crypto.ccm import blank
from .diagnostics.status import Status
from .diagnostics.watch import Watch
from .link import kinds
from .link.messages import Writer
from .link.uplink import Uplink
from .position.receiver import Receiver
from .privacy import purposes as p
from .privacy.clerk import Clerk
from .privacy.consequences import Consequences
from .privacy.gate import Gate
from .privacy.grants import Grants
from .privacy.notary import Notary
from .privacy.seal import Seal
from .store.outbox import Outbox

_BUILD_FLOOR = const(216_000_000)  # 2026-11-05: no trusted source is believed to speak from before this build
_NONCE = const(8)
_ID = const(16)
_KEY = const(32)
_OWNER_KEYS = (40, 75)  # COSE_Key of Ed25519, of P-256 (crypto/keys.py)
_RECEIPT = const(192)
_ED25519 = const(6)  # crypto/keys.py
_TOUCH = const(8)  # bytes by which a rig is noticed
_LONG = const(2)  # a press of the button, hal.ports.Button

_TYPING = const(False)
if _TYPING:
    from array import array
    from collections.abc import Callable
    from typing import Any

    from hal.ports import Console as Port
    from hal.ports import Readable

    from .alarm.guard import Guard
    from .link.console import Console
    from .link.dial import Dial
    from .link.errands import Desk as Errands
    from .link.nearby import Nearby
    from .media.capture import Capture
    from .position.tracker import Tracker
    from .privacy.desk import Desk
    from .privacy.grants import Rider
    from .privacy.rights import Rights
    from .privacy.sealing import Sealing
    from .store.outbox import Slot
    from .wiring import Ports, Profile, Ways


class Core:
    def __init__(self, ports: "Ports", ways: "Ways", profile: "Profile", now: int) -> None:
        self.ports = ports
        self.profile = profile
        self.now = now
        self.rooms = rooms.Rooms(profile.keep_rooms)
        for room in rooms.WARM:
            self.rooms.warm(room)
        secrets = ports.secrets
        if secrets.get("erasing"):  # power went in the middle: it is completed before anything is read or sent
            self.rooms.load(rooms.RIGHTS).sweep(ports)
        self.device_id = secrets.get("device_id") or b""
        self.epoch = struct.unpack(">I", secrets.get("epoch") or bytes(4))[0]
        draw = bytearray(_NONCE)
        ports.entropy.fill(p.CONTROL, draw)
        self.nonce = bytes(draw)  # of this boot: requests made for another one are refused
        self.topic = kinds.topic_of(self.device_id, self.epoch)
        self.refused = self.request_seq = self._photos = self._episodes = self.receipt_size = 0  # refused: of any kind

        self.journal = Journal(profile.journal_rows)
        self.calendar = Calendar(_BUILD_FLOOR)
        self.grants = Grants()
        self.grants.bound = (
            len(self.device_id) == _ID
            and len(secrets.get("pairing_key") or b"") == _KEY
            and len(secrets.get("owner_key") or b"") in _OWNER_KEYS
        )
        self.grants.parts = (p.GNSS if ports.gnss else 0) | (p.CAMERA if ports.camera else 0)
        self.grants.minor = (secrets.get("minor") or b"\0") != b"\0"
        self.grants.region = secrets.get("region") or b""
        self.grants.keys = len(secrets.get("owner_seal") or b"") == _KEY  # bit 0: the owner
        self.seal = Seal()
        self.outbox = Outbox(profile.slots, self.epoch)
        topics = [self.topic + name for name in kinds.NAMES]
        writer = Writer(ports.camera, self._letter)
        self.gate = Gate(ways, self.grants, self.calendar, writer, self.seal, topics, self.epoch, profile.chunk)
        self.outbox.on_lost = self.gate.lost
        self.status = Status(self)
        self.receiver = Receiver(self)
        self.uplink = Uplink(self)
        ports.link.on_message = self._on_message
        self.guard: "Guard | None" = None  # while armed
        self.capture: "Capture | None" = None  # while a photo is taken or sent
        self.nearby: "Nearby | None" = None  # for two minutes after a press
        self.console: "Console | None" = None  # from a rig's first byte until it is silent for long
        self.rights: "Rights | None" = None  # from an order on until its answer was taken
        self.restart = False  # asked for by a rig, or the end of an account; the runtime does it
        self._touch = bytearray(_TOUCH)
        self.receipt = bytearray(_RECEIPT)  # the newest, signed
        self.keep_on = -1  # mask of the permissions a request leaves on
        self._desk: "Desk | None" = None  # where records are heard, and
        self._errands: "Errands | None" = None  # where requests are, for the rest of the tick
        self.notary = Notary(self)
        self.clerk = Clerk(self, ports.events) if ports.events is not None else None
        self.watch = Watch(self, now)
        self.consequences = Consequences(self, now)
        if self.grants.bound:
            self._restore()

    def _restore(self) -> None:
        """What was before this start: consent, and the ledger of what left under it."""
        try:
            self.hear().restore()
            self._leave()
            self.notary.own_key()
        except RemoteError:  # the owner's key is none: nobody's device, so that it can be enrolled again
            self.grants.bound = False
        if self.grants.bound and self.clerk is not None:
            self.clerk.begin()

    def pump(self, now: int) -> None:
        """One tick: time, owner, sensors, radios, consequences, and only then whatever may leave."""
        self.now = now
        self.calendar.on_time(now)
        self._people(now)
        self._leave()  # before positions need the memory
        self.watch.on_time(now)
        self.notary.on_time(now)
        if not self.receiver.on or not self.notary.busy():
            self.receiver.on_time(now)
        self._motion(now)
        self.uplink.on_time(now)
        self.consequences.on_time(now)
        self.receiver.lease(now)
        if self.capture is not None:
            self.capture.on_time(now)
            if self.capture.state == 0:
                self.capture = None
                self.rooms.drop(rooms.PHOTO)
        if self.rights is not None:
            self.rights.on_time(now)
            if self.rights.over():
                self.rights = None
                self.rooms.drop(rooms.RIGHTS)
                self.drop_curves()
        self.status.on_time(now)
        self.consequences.sweep(now)
        self.gate.check()
        self._keys(now)
        if self.clerk is not None:
            self._leave()
            self.clerk.on_time(now)
        self.uplink.flush(now)
        self._leave()

    def deadline(self, now: int) -> int:
        """Milliseconds until `pump` wants to run again even if no port has anything, at most a day."""
        if self.notary.busy():
            return 0
        at = ticks.sooner(ticks.add(now, ticks.FAR), self.receiver.deadline(), now)
        at = ticks.sooner(at, self.uplink.deadline(now), now)
        at = ticks.sooner(at, self.status.deadline(), now)
        at = ticks.sooner(at, self.watch.at, now)
        if self.guard is not None:
            at = ticks.sooner(at, self.guard.deadline(now), now)
        if self.capture is not None:
            at = ticks.sooner(at, self.capture.deadline(), now)
        if self.nearby is not None:
            at = ticks.sooner(at, self.nearby.until, now)
        if self.rights is not None:
            at = ticks.sooner(at, self.rights.deadline(), now)
        at = ticks.sooner(at, self.consequences.deadline(now), now)
        if self.clerk is not None:
            at = ticks.sooner(at, self.clerk.deadline(), now)
        return max(0, ticks.diff(at, now))

    def _people(self, now: int) -> None:
        """Who stands beside the device: a press, a phone nearby, a rig."""
        ports = self.ports
        press = ports.button.read(now) if ports.button is not None else 0
        if not self.grants.bound:
            press = 0  # nobody's device: there is nothing to withdraw, and nobody to listen to
        if press == _LONG:
            self.hear().withdraw(now)
        elif press and ports.ble is not None:
            nearby = self.nearby
            if nearby is None:
                nearby = self.nearby = self.rooms.load(rooms.NEARBY).Nearby(self, ports.ble)
            nearby.stay(now)
        if self.nearby is not None:
            self.nearby.on_time(now)
            if self.nearby.over(now):
                self.nearby = None
                self.rooms.drop(rooms.NEARBY)
        elif ports.ble is not None:
            ports.ble.poll(now)
        if ports.console is not None:
            self._rig(ports.console, now)

    def _rig(self, port: "Port", now: int) -> None:
        console = self.console
        if console is None:
            n = port.readinto(self._touch)
            if n == 0:
                return
            console = self.console = self.rooms.load(rooms.CONSOLE).Console(self, port)
            console.feed(self._touch, n)
        console.on_time(now)
        if console.over(now):
            self.console = None
            self.rooms.drop(rooms.CONSOLE)

    def _motion(self, now: int) -> None:
        motion = self.ports.motion
        mg = motion.read() if motion is not None else 0
        guard = self.guard
        if guard is not None:
            guard.alarm.on_motion(mg, now)
            guard.on_time(now)
            self.receiver.alarmed = guard.wants_position()

    def _on_message(self, topic: bytes, payload: "Readable", n: int) -> None:
        """A publish below our own topic. Anything else is counted and dropped."""
        if topic == self.topic + kinds.RECORD:
            self.record(payload, n, self.now)
        elif topic == self.topic + kinds.REQUEST:
            self.request(payload, n, self.now)
        elif topic == self.topic + kinds.ORDER:
            self.order(payload, n, self.now)
        else:
            self.refused += 1

    def order(self, buf: "Readable", n: int, now: int, cable: bool = False) -> int:
        """Takes one order about what the device holds; 0 or an error code. One that came by `cable` is answered there alone."""
        if not self.grants.bound:
            return NOT_GRANTED
        rights = self.rights
        if rights is None:
            self.receiver.step_out()
            rights = self.rights = self.rooms.load(rooms.RIGHTS).Rights(self)
        return rights.order(buf, n, now, cable)

    def record(self, buf: "Readable", n: int, now: int, done: "Callable[[int], object]" = bool) -> None:
        """Takes one consent record, from wherever it came; `done` gets 0 or an error code, now or in a later tick."""
        if not self.grants.bound:
            done(NOT_GRANTED)
            return
        try:
            self.hear().record(buf, n, now, done)
        except MemoryError:
            done(BUSY)  # to be sent again; the tick is lost to the supervisor
            raise

    def request(self, buf: "Readable", n: int, now: int) -> int:
        """Takes one request of the owner; returns 0 or an error code."""
        if not self.grants.bound:
            return NOT_GRANTED
        errands = self._errands
        if errands is None:
            self.receiver.step_out()
            self._leave()
            errands = self._errands = self.rooms.load(rooms.REQUEST).Desk(self)
        code: int = errands.request(buf, n, now)
        if self.keep_on >= 0:
            self.hear().narrow(self.keep_on, now)
            self.keep_on = -1
        return code

    def hear(self) -> "Desk":
        """The room in which records are heard. No positions beside it, since a small heap holds one, and no requests if it is new."""
        desk = self._desk
        if desk is None:
            self.receiver.step_out()
            self._leave()
            desk = self._desk = self.rooms.load(rooms.RECORD).Desk(self)
        return desk

    def _leave(self) -> None:
        """Rooms that have heard what there was go."""
        if self._errands is not None:
            self._errands = None
            self.rooms.drop(rooms.REQUEST)
        if self._desk is not None:
            self._desk = None
            self.rooms.drop(rooms.RECORD)

    def load_curve(self, curve: int) -> "Any":
        """The room that checks signatures by Ed25519 or P-256 keys; the first also signs. Only the notary asks for it."""
        return self.rooms.load(rooms.ED25519 if curve == _ED25519 else rooms.P256)

    def drop_curves(self) -> None:
        self.rooms.drop(rooms.ED25519)
        self.rooms.drop(rooms.P256)

    def wrap(self, to: bytes, salt: bytes, info: bytes, buf: bytearray, start: int, stop: int) -> int:
        """Seals buf[start:stop] to one key for once (privacy/sealing.py); returns its end, 0 when `to` is no key."""
        keys: "Sealing" = self.rooms.load(rooms.SEAL).Sealing(self)
        end, grave = keys.wrap(to, salt, info, buf, start, stop)
        self.rooms.drop(rooms.SEAL)
        if end:
            self.rooms.overwrite(grave, blank)
        return end

    def load_book(self) -> "Any":
        """The room that writes the egress ledger. Only the clerk asks for it."""
        return self.rooms.load(rooms.LEDGER)

    def drop_book(self) -> None:
        self.rooms.drop(rooms.LEDGER)

    def incidents(self, task: "Callable[[Any], object]") -> None:
        """Has the room that writes incidents for as long as `task(room)` takes. Only the watch asks for it."""
        task(self.rooms.load(rooms.INCIDENT))
        self.rooms.drop(rooms.INCIDENT)

    def count(self, rider: "Rider", now: int) -> None:
        """An hour of a lend is over."""
        self.rooms.load(rooms.LEND).count(self, rider, now)
        self.rooms.drop(rooms.LEND)

    def load_tracker(self, reported: "array[int]") -> "Tracker":
        """The room that reads positions. Only the receiver asks for it."""
        return self.rooms.load(rooms.POSITION).Tracker(self, reported)

    def load_dial(self) -> "Dial":
        """The room that makes connections. Only the uplink asks for it."""
        return self.rooms.load(rooms.DIAL).Dial(self)

    def drop_dial(self) -> None:
        self.rooms.drop(rooms.DIAL)

    def drop_tracker(self) -> None:
        self.rooms.drop(rooms.POSITION)

    def arm(self, now: int) -> None:
        guard = self.guard
        if guard is None:
            guard = self.guard = self.rooms.load(rooms.ALARM).Guard(self, self._episodes)
        guard.alarm.arm(now)

    def disarm(self, now: int) -> None:
        guard = self.guard
        if guard is not None:
            guard.alarm.disarm(now)
            guard.on_time(now)  # siren and advert end with it
            self._episodes = guard.alarm.episode
            self.guard = None
            self.receiver.alarmed = False
            self.rooms.drop(rooms.ALARM)

    def _letter(self, slot: "Slot", buf: bytearray) -> int:
        """What is said seldom is written by a room of its own."""
        size: int = self.rooms.load(rooms.LETTER).body(self, slot, buf)
        self.rooms.drop(rooms.LETTER)
        return size

    def advert(self, use: bytes) -> bytes:
        """Today's BLE advert for `use`, which only the owner's phone can read."""
        key = self.ports.secrets.get("pairing_key") or b""
        payload: bytes = self.rooms.load(rooms.ADVERT).payload(key, use, self.calendar.seconds)
        self.rooms.drop(rooms.ADVERT)
        return payload

    def photograph(self, now: int) -> bool:
        """Begins one photo; False while another one runs or without a camera."""
        camera = self.ports.camera
        if camera is None or self.capture is not None:
            return False
        self._photos += 1
        capture = self.capture = self.rooms.load(rooms.PHOTO).Capture(self, camera, self._photos)
        return capture.take(now)

    def _keys(self, now: int) -> None:
        """Agrees on a key when the one there is, is not for all that is sealed now; moves on the one that has served."""
        keyless = self.seal.keyless()
        if keyless or self.seal.worn(now):
            self._leave()
            keys: "Sealing" = self.rooms.load(rooms.SEAL).Sealing(self)
            if keyless:
                keys.agree(self.seal.wanted, now)
            else:
                keys.step(now)
            self.rooms.drop(rooms.SEAL)
        if self.seal.grave:
            self.rooms.overwrite(self.seal.grave, blank)
            self.seal.grave = 0
