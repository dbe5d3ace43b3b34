"""Erasing, store by store, and the sweep that finishes a whole erasure which a power cut interrupted.

Law: the mark is durable before anything is dropped and goes last, so that whatever happens in between, the next start ends
in the same state before a radio is on. The pairing key goes first: from then on nobody's record counts. The device id stays;
the epoch is one higher, so that no record, order or topic of the former owner means anything to this device again.
"""

import struct

from micropython import const

from ..base import ticks
from ..store.anchor import Anchor
from ..store.outbox import Slot
from . import grants as g
from . import purposes as p

MARK = "erasing"  # name of the secret that says so; its value is the next epoch
# Every secret that a former owner gave or caused.
_OWNED = "pairing_key consent owner_key owner_seal guardian_key riders minor device_key console_key wifi_pass wifi_ssid broker ca region name"
_ALL = const((1 << 24) - 1)  # purposes
_PLACES = const(0xFC0)  # location_report … location_alarm
_SIGHTS = const(3 << 15)  # photo, qr

# Stores, as bits of a certificate.
MESSAGES = 1
GRANTS = 2
RECEIVER = 4
FRAME = 8
COUNTERS = 16
SECRETS = 32
_SENT = const(2)  # as Outbox.look says it
# What an erasure could not reach.
IN_HAND = 1  # one message was with the link already
RETAINED = 2  # the broker may still keep `online`: no connection to clear it
DEAF = 4  # the receiver did not obey; it is told again in every tick
FLASH = 8  # flash failed; the next start goes on

_TYPING = const(False)
if _TYPING:
    from ..core import Core
    from ..wiring import Ports


def purposes(core: "Core", mask: int, before: int, now: int) -> "tuple[int, int, int]":
    """Erases what is kept for these purposes, from before second `before` or, with 0, all of it: then the consent ends, too.

    A rider's items are not the owner's to erase, nor to count: of those the owner's own consent alone ends.
    Returns (stores, exceptions, messages erased).
    """
    consent = mask
    mask &= ~core.outbox.ridden
    if before:
        return _older(core, mask, before, now)
    stores, exceptions, had = _forget(core, consent, mask, now)
    if core.clerk is not None and not core.clerk.erase(mask):
        exceptions |= FLASH
    return stores, exceptions, had


def _forget(core: "Core", consent: int, mask: int, now: int) -> "tuple[int, int, int]":
    """`consent` is the purposes whose consent ends, `mask` those whose items go."""
    had, in_hand = held(core, mask)
    grants = core.grants
    for purpose in range(p.COUNT):
        if consent >> purpose & 1:
            for column in range(g.PIN):  # a pin is no data: it keeps a grant that is under way from undoing this
                grants.put(purpose, column, 0)
        if mask >> purpose & 1:
            _uncount(core, purpose)
    core.consequences.settle(mask, now)
    deaf = not core.receiver.lease(now)
    stores = MESSAGES | GRANTS | COUNTERS | _parts(core, mask)
    return stores, (IN_HAND if in_hand else 0) | (DEAF if deaf else 0), had


def _older(core: "Core", mask: int, before: int, now: int) -> "tuple[int, int, int]":
    had = held(core, mask)[0]
    age = max(0, core.calendar.seconds - before)
    stores = MESSAGES
    capture = core.capture
    if capture is not None and mask >> p.PHOTO & 1 and _is_older(capture.taken, age, now):
        capture.stop(now)
        stores |= FRAME
    outbox = core.outbox
    slot = Slot()
    exceptions = 0
    for row in range(core.profile.slots):
        state = outbox.look(row, slot)
        if mask >> slot.purpose & 1 and _is_older(slot.captured, age, now):  # a free row reads as `control`
            if state == _SENT:
                exceptions = IN_HAND
                outbox.done(slot.id)
            else:
                outbox.refuse(slot)
    if exceptions:
        core.uplink.close(False)  # the link's client may repeat it
    outbox.erase(0)  # nothing but what the views still show
    core.receiver.withdrawn(mask)
    core.gate.forget(False)
    return stores | _parts(core, mask) & RECEIVER, exceptions, had - held(core, mask)[0]


def _is_older(captured: int, age: int, now: int) -> bool:
    """An age that reads as negative is one past 6.2 days, where ticks wrap."""
    return not 0 <= ticks.diff(now, captured) // 1000 < age


def _parts(core: "Core", mask: int) -> int:
    """Stores of the board's parts that these purposes fill."""
    parts = core.grants.parts
    stores = RECEIVER if mask & _PLACES and parts & p.GNSS else 0
    return stores | (FRAME if mask & _SIGHTS and parts & p.CAMERA else 0)


def _uncount(core: "Core", purpose: int) -> None:
    core.gate.uncount(1 << purpose)
    core.outbox.dropped[purpose] = 0


def held(core: "Core", mask: int) -> "tuple[int, bool]":
    """How many messages of these purposes are stored, and whether the link has one of them in hand.

    `control` is not among them: nobody orders its erasure (order.py), and a free row reads as one of its.
    """
    slot = Slot()
    count = 0
    in_hand = False
    for row in range(core.profile.slots):
        state = core.outbox.look(row, slot)
        if mask >> slot.purpose & 1:
            count += 1
            in_hand = in_hand or state == _SENT
    return count, in_hand


def whole(core: "Core", now: int) -> "tuple[int, int, int]":
    """The account ends (policy 5.5). Raises OSError, and has changed nothing, when the mark cannot be written."""
    core.ports.secrets.put(MARK, struct.pack(">I", core.epoch + 1 & 0xFFFFFFFF))
    grants = core.grants
    core.disarm(now)
    if core.nearby is not None:
        core.nearby.until = now
    core.notary.stop()
    if grants.rider is not None:  # the ride ends with the account, and its things first
        grants.rider.close(now)
        core.consequences.settle(p.PERSONAL, now)
        grants.rider = None
        core.outbox.ridden = 0
    everything = _ALL & ~(1 << p.CONTROL)
    stores, exceptions, messages = _forget(core, everything, everything, now)
    for purpose in range(p.COUNT):
        grants.put(purpose, g.PIN, 0)
        grants.put(purpose, g.SUSPENDED, 0)
    grants.bound = False
    grants.leaving = True  # the connection that stands may say goodbye
    grants.seq = 0
    grants.issued = -1
    for k in range(len(grants.head)):
        grants.head[k] = 0
    try:
        sweep(core.ports)
    except OSError:
        exceptions |= FLASH
    return stores | SECRETS, exceptions, messages


def sweep(ports: "Ports") -> None:
    """Drops whatever an owner left; run again from wherever it was cut off. Raises OSError with the mark still there."""
    secrets = ports.secrets
    epoch = secrets.get(MARK)
    if epoch is None:
        return
    for name in _OWNED.split():
        if secrets.get(name) is not None:
            secrets.drop(name)
    secrets.put("epoch", epoch)
    events = ports.events
    if events is not None:
        for block in range(events.size // events.block):
            events.erase(block)
    if ports.anchor is not None:
        Anchor(ports.anchor).part()  # should an image of the secrets be put back, it is known as an older one
    secrets.drop(MARK)
