"""The grants as bytes that survive a restart, MACed: generation, policy, switches, sequence, newest `iat`, head, and each purpose's row.

Refuses what does not verify: everything is off, for good (I6). Consent to another policy keeps the chain and grants nothing.
"""

import struct

from micropython import const

from ..crypto.mac import Hmac, equal
from . import grants as g
from . import purposes as p

_LABEL = b"CONSENT-STORE3"
_START = ">I16sBIi16s"
_ROW = ">B8i"  # a purpose and its columns (grants.py)
_TAG = const(32)


def pack(grants: "g.Grants", policy: bytes, mac: Hmac, aad: bytes) -> bytes:
    """`policy` is the hash of the one this build keeps to."""
    body = struct.pack(_START, grants.generation, policy, grants.switches, grants.seq, grants.issued, grants.head)
    for purpose in range(p.COUNT):
        row = [grants.get(purpose, column) for column in range(g.KEPT)]
        if any(row):
            body += struct.pack(_ROW, purpose, *row)
    return body + mac.tag(_LABEL, aad, body)


def unpack(blob: bytes, grants: "g.Grants", policy: bytes, mac: Hmac, aad: bytes) -> None:
    """Takes a snapshot back."""
    body = blob[:-_TAG]
    start = struct.calcsize(_START)
    size = struct.calcsize(_ROW)
    rows = len(body) - start
    if rows < 0 or rows % size or not equal(mac.tag(_LABEL, aad, body), blob[-_TAG:]):
        grants.damaged = True
        return
    grants.generation, under, grants.switches, grants.seq, grants.issued, head = struct.unpack(_START, body[:start])
    grants.head[:] = head
    if under != policy:
        return
    for at in range(start, len(body), size):
        row = struct.unpack(_ROW, body[at : at + size])
        for column in range(g.KEPT):
            grants.put(row[0], column, row[1 + column])
