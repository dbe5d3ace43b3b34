"""An incident as the owner gets it: {2 code, 3 count, 4 since, 5 what the device did, 6 advice} in a COSE_Sign1 by the device.

Loaded to begin or end one, dropped after; the notary signs it in between. Holds numbers alone: no purpose, no peer, no item is
named, so that nothing of a person is in it whoever reads it on its way. `since` is absent while the device knows no time.
Refuses to let anybody make the device sign for ever: each code once an hour and eight times a day at most; what happens
meanwhile is counted into the next record.
"""

import struct
from array import array

from micropython import const

from ..base import cbor, ticks
from ..crypto.keys import ED25519, encoded_key, kid_of
from ..crypto.sign1 import give, header, put_sign1
from ..link import kinds
from .watch import LIMIT

# What an incident is (privacy/names.py has the words).
CONSENT = 1  # the consent store is damaged, or an older one was put back
EGRESS = 2  # many messages were held back by the gate
PEERS = 3  # many records, requests and orders were refused
FAULTS = 4  # the program failed in a way listed as grave (base/journal.py)
CODES = 4
_LIMITS = bytes((0, 1, LIMIT, LIMIT, 1))  # by code

PAUSE_MS = 3_600_000  # between two records of one code
DAILY = 8  # records of one code in a day
_DAY_MS = const(86_400_000)
_AGAIN_MS = const(10_000)
_BASE = const(0)  # columns for each code: the total from which is counted
_SINCE = const(1)  # second of that, -1 unknown
_TOLD = const(2)  # tick of the last record
_DAY = const(3)  # tick at which the day began
_LEFT = const(4)  # records left in it, -1 before the first
_OPEN = const(5)  # 1 while there is something to tell
_WIDTH = const(6)
_ASKED = const(0)  # in the row of no code: which is being signed,
_COUNT = const(1)  # how many incidents it tells of,
_UNSENT = const(2)  # and whether the signed one still has no place in the outbox
_SEED = const(32)  # of the device's key; its public half follows
_MAX = const(32)  # bytes of the payload
_ROOM = const(144)  # bytes of the whole
_TYP = b"incident1"
# By code. What the device did: 1 all off, 2 held back, 3 refused, 4 gave up that step and went on.
_MEASURES = b"\0\1\2\3\4"
# What the owner may do: 1 end the account and bind anew, 2 have the program updated, 3 ask who runs the broker.
_ADVICE = b"\0\1\2\3\2"

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..core import Core
    from .watch import Watch


class _Text:
    """Collects what is to be signed: the curve's machine comes when this room has gone."""

    done = False

    def __init__(self) -> None:
        self.text = bytearray()

    def feed(self, part: "Readable") -> None:
        self.text.extend(part)

    def step(self) -> None:
        """None here."""


def tell(core: "Core", watch: "Watch", now: int) -> None:
    """Begins the record of the first code that may be told, or says when to ask again. What is being signed goes first."""
    rows = watch.rows
    if rows is None:
        rows = watch.rows = array("i", bytes(4 * _WIDTH * (CODES + 1)))
        for code in range(1, CODES + 1):
            rows[code * _WIDTH + _LEFT] = -1
    outbox = core.outbox
    if rows[_UNSENT]:  # there was no room
        rows[_UNSENT] = not outbox.put(outbox.draft(kinds.INCIDENT, now))
    free = not (rows[_UNSENT] or outbox.holds(kinds.INCIDENT) or core.notary.busy() or core.rights is not None)
    watch.at = -1
    for code in range(1, CODES + 1):
        count = _count(core, watch, rows, code)
        if count:
            wait = _wait(rows, code * _WIDTH, now)
            if wait == 0 and free and _ask(core, rows, code, count):
                core.notary.author = watch.issue
                free = False
            watch.at = ticks.sooner(watch.at, ticks.add(now, max(wait, _AGAIN_MS)), now)
    if rows[_UNSENT]:
        watch.at = ticks.add(now, _AGAIN_MS)


def _count(core: "Core", watch: "Watch", rows: "array[int]", code: int) -> int:
    """How many there are to tell of, 0 while they are too few within one window."""
    at = code * _WIDTH
    total = _total(core, code)
    if not rows[at + _OPEN]:
        base = watch.held if code == EGRESS else watch.refused if code == PEERS else 0
        rows[at + _BASE] = min(total, max(rows[at + _BASE], base))  # min: an erasure takes its counts along
        rows[at + _SINCE] = watch.since
        rows[at + _OPEN] = total - rows[at + _BASE] >= _LIMITS[code]
    return max(1, total - rows[at + _BASE]) if rows[at + _OPEN] else 0


def _total(core: "Core", code: int) -> int:
    """How often it happened in this boot."""
    if code == CONSENT:
        return 1 if core.grants.damaged else 0
    if code == EGRESS:
        return sum(core.gate.held)
    return core.refused if code == PEERS else core.journal.faults


def _wait(rows: "array[int]", at: int, now: int) -> int:
    """Milliseconds until a record may be signed. An age that reads as negative is one past 6.2 days, where ticks wrap."""
    if rows[at + _LEFT] < 0:
        return 0
    day = ticks.diff(now, rows[at + _DAY])
    if not 0 <= day < _DAY_MS:
        rows[at + _DAY] = now
        rows[at + _LEFT] = DAILY
    told = ticks.diff(now, rows[at + _TOLD])
    pause = PAUSE_MS - told if 0 <= told < PAUSE_MS else 0
    return pause if rows[at + _LEFT] else max(pause, _DAY_MS - day)


def _ask(core: "Core", rows: "array[int]", code: int, count: int) -> bool:
    """Hands a record to the notary. False when flash kept no key to sign with: then `withheld` alone tells."""
    rows[_ASKED] = code
    rows[_COUNT] = count
    key = core.ports.secrets.get("device_key")
    if key is None:
        _told(rows, code, count)
        return False
    since = rows[code * _WIDTH + _SINCE]
    buf = bytearray(_MAX)
    i = cbor.put_head(buf, 0, cbor.MAP, 5 if since >= 0 else 4)
    i = cbor.put_pair(buf, cbor.put_pair(buf, i, 2, code), 3, count)
    if since >= 0:
        i = cbor.put_pair(buf, i, 4, since)
    i = cbor.put_pair(buf, cbor.put_pair(buf, i, 5, _MEASURES[code]), 6, _ADVICE[code])
    payload = bytes(buf[:i])
    text = _Text()
    give(text, _header(key), b"INCIDENT1" + core.device_id + struct.pack(">I", core.epoch), payload)
    core.notary.paper = payload
    core.notary.ask = (ED25519, key[:_SEED], b"", bytes(text.text))
    return True


def _told(rows: "array[int]", code: int, count: int) -> None:
    """Counts anew, from what was told."""
    rows[code * _WIDTH + _BASE] += count
    rows[code * _WIDTH + _OPEN] = 0


def issue(core: "Core", watch: "Watch", signature: bytes, now: int) -> None:
    """The record that the notary holds is signed."""
    rows = watch.rows
    if rows is None:
        return
    key = core.ports.secrets.get("device_key") or b""
    buf = bytearray(_ROOM)
    watch.signed = bytes(buf[: put_sign1(buf, 0, _header(key), core.notary.paper, signature)])
    rows[_UNSENT] = not core.outbox.put(core.outbox.draft(kinds.INCIDENT, now))
    at = rows[_ASKED] * _WIDTH
    if rows[at + _LEFT] < 0:
        rows[at + _DAY] = now
        rows[at + _LEFT] = DAILY
    rows[at + _LEFT] -= 1
    rows[at + _TOLD] = now
    _told(rows, rows[_ASKED], rows[_COUNT])


def _header(key: bytes) -> bytes:
    return header(kid_of(encoded_key(key[_SEED:])), _TYP)
