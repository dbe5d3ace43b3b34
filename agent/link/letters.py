"""What the device says seldom, under `control`: hello, receipts, incidents, sealing keys, and what is withheld and why. Bodies as in docs/messages.cddl."""

from micropython import const

from ..base import cbor
from ..privacy import grants as g
from ..privacy import purposes as p
from . import kinds

_TYPING = const(False)
if _TYPING:
    from ..core import Core
    from ..store.outbox import Slot


def body(core: "Core", slot: "Slot", buf: bytearray) -> int:
    """Writes the body of `slot` and returns its length."""
    if slot.kind == kinds.HELLO:
        return _hello(core, slot, buf)
    if slot.kind == kinds.RECEIPT:
        return _signed(core.receipt, core.receipt_size, slot, buf)
    if slot.kind == kinds.INCIDENT:
        return _signed(core.watch.signed, len(core.watch.signed), slot, buf)
    if slot.kind == kinds.RIGHTS:
        return _piece(core, slot, buf)
    if slot.kind == kinds.SEAL:
        return _seal(core, slot, buf)
    return _withheld(core, slot, buf)


def _hello(core: "Core", slot: "Slot", buf: bytearray) -> int:
    """{1 seq, 2 boot nonce, 3 consent seq, 4 consent head, 5 epoch, 6 the device's public key}"""
    i = cbor.put_head(buf, 0, cbor.MAP, 6)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    i = cbor.put_bytes(buf, cbor.put_int(buf, i, 2), core.nonce)
    i = cbor.put_pair(buf, i, 3, core.grants.seq)
    i = cbor.put_bytes(buf, cbor.put_int(buf, i, 4), core.grants.head)
    i = cbor.put_pair(buf, i, 5, core.epoch)
    key = core.ports.secrets.get("device_key") or b""
    return cbor.put_bytes(buf, cbor.put_int(buf, i, 6), key[32:])


def _signed(said: "bytes | bytearray", size: int, slot: "Slot", buf: bytearray) -> int:
    """{1 seq, 2 COSE_Sign1}: the newest receipt (privacy/desk.py) or incident (diagnostics/incidents.py), signed by the device."""
    i = cbor.put_head(buf, 0, cbor.MAP, 2)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    i = cbor.put_head(buf, cbor.put_int(buf, i, 2), cbor.BYTES, size)
    for k in range(size):
        buf[i + k] = said[k]
    return i + size


def _withheld(core: "Core", slot: "Slot", buf: bytearray) -> int:
    """{1 seq, 2 [[purpose, reason, since]…]} for every purpose of this build that is not live; since 0 = from the start."""
    grants = core.grants
    live = grants.live(core.calendar.seconds)
    shown = p.GRANTABLE & ~live
    i = cbor.put_head(buf, 0, cbor.MAP, 2)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    i = cbor.put_head(buf, cbor.put_int(buf, i, 2), cbor.ARRAY, g.bits(shown))
    for purpose in range(p.COUNT):
        if shown >> purpose & 1:
            i = cbor.put_head(buf, i, cbor.ARRAY, 3)
            i = cbor.put_int(buf, i, purpose)
            i = cbor.put_int(buf, i, grants.refusal(purpose, p.OWNER, core.calendar.seconds))
            i = cbor.put_int(buf, i, max(0, grants.since(purpose)))
    return i


def _piece(core: "Core", slot: "Slot", buf: bytearray) -> int:
    """{1 seq, 2 order, 3 what, 4 piece, 5 pieces, 6 bytes}; facts: order, what, piece. 0 pieces: it was erased meanwhile."""
    rights = core.rights
    size, pieces = (0, 0) if rights is None else rights.piece(slot.facts[2])
    i = cbor.put_head(buf, 0, cbor.MAP, 6)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    for k in range(3):
        i = cbor.put_pair(buf, i, 2 + k, slot.facts[k])
    i = cbor.put_pair(buf, i, 5, pieces)
    i = cbor.put_head(buf, cbor.put_int(buf, i, 6), cbor.BYTES, size)
    if rights is not None and size:
        rights.copy(slot.facts[2] * core.profile.chunk, size, buf, i)
    return i + size


def _seal(core: "Core", slot: "Slot", buf: bytearray) -> int:
    """{1 seq, 2 mask of purposes, 3 recipient, 4 number, 5 public half, 6 1 when a rider's} of the key in force."""
    seal = core.seal
    ridden = core.outbox.ridden & seal.held
    i = cbor.put_head(buf, 0, cbor.MAP, 6 if ridden else 5)
    i = cbor.put_pair(buf, i, 1, slot.seq)
    i = cbor.put_pair(buf, i, 2, seal.held)
    i = cbor.put_pair(buf, i, 3, p.OWNER)
    i = cbor.put_pair(buf, i, 4, seal.number)
    i = cbor.put_bytes(buf, cbor.put_int(buf, i, 5), seal.public)
    return cbor.put_pair(buf, i, 6, g.RIDER) if ridden else i
