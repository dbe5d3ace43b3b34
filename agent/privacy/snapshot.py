"""The grants as bytes that survive a restart, MACed: generation, policy, switches, sequence, newest `iat`, head, the lend with the
rider's key and chain, and each purpose's row, the rider's behind the owner's. One write for both: no cut can part them.

Refuses what does not verify: everything is off, for good (I6). Consent to another policy keeps the chain and grants nothing.
"""

import struct

from micropython import const

from ..crypto.mac import Hmac, equal
from . import grants as g
from . import purposes as p

_LABEL = b"CONSENT-STORE3"
_START = ">I16sBIi16s"
_LEND = (
    ">BiiBIi16s"  # bytes from here to the rows, 0 for no lend: seconds left, since, minor, chain, and the rider's key
)
_ROW = ">B8i"  # a purpose and its columns (grants.py)
_RIDER = const(0x80)  # of the purpose in a row: it is the rider's
_TAG = const(32)


def pack(grants: "g.Grants", policy: bytes, mac: Hmac, aad: bytes) -> bytes:
    """`policy` is the hash of the one this build keeps to."""
    body = struct.pack(_START, grants.generation, policy, grants.switches, grants.seq, grants.issued, grants.head)
    rider = grants.rider
    if rider is None:
        body += b"\0" + _rows(grants, 0)
    else:
        size = struct.calcsize(_LEND) + len(rider.key)
        lend = (size, rider.left, rider.begun, 1 if rider.minor else 0, rider.seq, rider.issued, rider.head)
        body += struct.pack(_LEND, *lend) + rider.key + _rows(grants, 0) + _rows(rider, _RIDER)
    return body + mac.tag(_LABEL, aad, body)


def _rows(grants: "g.Grants", mark: int) -> bytes:
    rows = b""
    for purpose in range(p.COUNT):
        row = [grants.get(purpose, column) for column in range(g.KEPT)]
        if any(row):
            rows += struct.pack(_ROW, purpose | mark, *row)
    return rows


def unpack(blob: bytes, grants: "g.Grants", policy: bytes, mac: Hmac, aad: bytes, now: int) -> None:
    """Takes a snapshot back, at tick `now`."""
    body = blob[:-_TAG]
    start = struct.calcsize(_START)
    size = struct.calcsize(_ROW)
    if len(body) <= start or not equal(mac.tag(_LABEL, aad, body), blob[-_TAG:]):
        grants.damaged = True
        return
    grants.generation, under, grants.switches, grants.seq, grants.issued, head = struct.unpack(_START, body[:start])
    grants.head[:] = head
    if body[start]:
        grants.rider = _lend(body, start, now)
        start += body[start]
    else:
        start += 1
    if under != policy:
        return
    for at in range(start, len(body), size):
        row = struct.unpack(_ROW, body[at : at + size])
        asked = grants.rider if row[0] & _RIDER else grants
        for column in range(g.KEPT):
            if asked is not None:
                asked.put(row[0] & ~_RIDER, column, row[1 + column])


def _lend(body: bytes, at: int, now: int) -> "g.Rider":
    """Still lent, and of no known time: only the rider's word begins it again."""
    fixed = struct.calcsize(_LEND)
    size, left, since, minor, seq, issued, head = struct.unpack(_LEND, body[at : at + fixed])
    rider = g.Rider(body[at + fixed : at + size], minor == 1, left, since, now)
    rider.seq = seq
    rider.issued = issued
    rider.head[:] = head
    return rider
