"""Every message the device can publish, as a table: kind → purpose, topic name, retain. docs/messages.cddl is its twin.

One message serves one purpose. Kinds are listed in the order in which waiting messages leave: control first, photos last.
"""

from ..privacy import purposes as p

HELLO = 0
RECEIPT = 1
WITHHELD = 2
RESULT = 3
WAKE = 4
ONLINE = 5
ALARM_LOCATION = 6
STATUS = 7
LOCATION = 8
PHOTO = 9
CLEAR = 10  # an empty retained message that erases `online` at the broker, when presence is withdrawn
RIGHTS = 11  # a certificate or an export, in pieces (privacy/rights.py)
COUNT = 12

PURPOSE = bytes(
    (
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
    )
)
NAMES = (
    b"hello",
    b"receipt",
    b"withheld",
    b"result",
    b"wake",
    b"online",
    b"alarm-location",
    b"status",
    b"location",
    b"photo",
    b"online",
    b"rights",
)
RETAINED = 1 << ONLINE | 1 << CLEAR
WHOLE = 1 << PHOTO | 1 << RIGHTS  # pieces of one whole: none gives its place to another kind
# Slots one kind may hold in the outbox (a purpose's store quota); the oldest of its kind makes room and is counted.
QUOTA = bytes((1, 1, 1, 4, 8, 1, 8, 8, 24, 2, 1, 1))

RECORD = b"in/record"  # what the device listens to, below its own topic
REQUEST = b"in/request"
ORDER = b"in/order"
INBOX = b"in/+"
