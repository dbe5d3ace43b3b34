"""Every message the device can publish, as a table: kind → purpose, topic name, retain. docs/messages.cddl is its twin.

One message serves one purpose. Kinds are listed in the order in which waiting messages leave: control first, photos last.
"""

import hashlib
import struct
from binascii import hexlify

from ..privacy import purposes as p

HELLO = 0
RECEIPT = 1
WITHHELD = 2
RESULT = 3
SEAL = 4  # before everything that is sealed
WAKE = 5
ONLINE = 6
ALARM_LOCATION = 7
STATUS = 8
LOCATION = 9
PHOTO = 10
CLEAR = 11  # an empty retained message that erases `online` at the broker, when presence is withdrawn
RIGHTS = 12  # a certificate or an export, in pieces (privacy/rights.py)
INCIDENT = 13
COUNT = 14

PURPOSE = bytes(
    (
        p.CONTROL,
        p.CONTROL,
        p.CONTROL,
        p.CONTROL,
        p.CONTROL,
        p.WAKE_ABNORMAL,
        p.PRESENCE,
        p.LOCATION_ALARM,
        p.STATUS,
        p.LOCATION_REPORT,
        p.PHOTO,
        p.CONTROL,
        p.CONTROL,
        p.CONTROL,
    )
)
NAMES = (
    b"hello",
    b"receipt",
    b"withheld",
    b"result",
    b"seal",
    b"wake",
    b"online",
    b"alarm-location",
    b"status",
    b"location",
    b"photo",
    b"online",
    b"rights",
    b"incident",
)
RETAINED = 1 << ONLINE | 1 << CLEAR
WHOLE = 1 << PHOTO | 1 << RIGHTS | 1 << INCIDENT  # pieces of one whole, put again: none gives its place to another kind
# Slots one kind may hold in the outbox (a purpose's store quota); the oldest of its kind makes room and is counted.
QUOTA = bytes((1, 1, 1, 4, 1, 8, 1, 8, 8, 24, 2, 1, 1, 1))

RECORD = b"in/record"  # what the device listens to, below its own topic
REQUEST = b"in/request"
ORDER = b"in/order"
INBOX = b"in/+"


def topic_of(device_id: bytes, epoch: int) -> bytes:
    """d/<id>/ with 16 hex digits that change with the owner, so that topics of two owners cannot be joined."""
    digest = hashlib.sha256(b"topic" + device_id + struct.pack(">I", epoch)).digest()
    return b"d/" + hexlify(digest[:8]) + b"/"
