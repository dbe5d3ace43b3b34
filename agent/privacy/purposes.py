"""The closed list of purposes and recipients, as small numbers. What is not here can never be asked for.

Refuses by construction: microphone (policy 5.6.1 names a permission and no use), phone-side identifiers (1.3.6) and
promotion (1.6.2) have no number. Names for people are in `names.py`, which no device imports; what a policy says of each
purpose is in `table.py`, which is generated.
"""

from micropython import const

from . import table as t

ACTIVE = t.ACTIVE
GRANTABLE = t.GRANTABLE
PERSONAL = t.PERSONAL  # purposes whose items are a person's: the rider's, while the device is lent

CONTROL = 0
PRESENCE = 1
STATUS = 2
IDENTITY = 3
NET_IDENTITY = 4
SIM = 5
LOCATION_REPORT = 6
LOCATION_FENCE = 7
LOCATION_SEARCH = 8
LOCATION_NAVIGATION = 9
LOCATION_AFTERSALES = 10
LOCATION_ALARM = 11
WAKE_ABNORMAL = 12
WAKE_LOW_POWER = 13
WAKE_SHARING = 14
PHOTO = 15
QR = 16
USAGE = 17
CRASH = 18
PERFORMANCE = 19
UPDATE = 20
REPAIR = 21
GUESTS = 22
NOTICES = 23
COUNT = 24

# Recipients, as bits of a mask. Authority and successor are names that can never be granted.
OWNER = 0
GUEST = 1
SERVICE = 2
MANUFACTURER = 3
PROVIDER = 4
AFFILIATE = 5
RECIPIENTS = const(0x3F)

# Sensors, as bits of a lease mask.
GNSS = 1
CAMERA = 2

# Why something is withheld. These numbers travel in `withheld` messages (docs/messages.cddl).
GRANTED = 0
NEVER_ASKED = 1
REFUSED = 2
WITHDRAWN = 3
EXPIRED = 4
TIME_UNKNOWN = 5
INACTIVE = 6
WRONG_RECIPIENT = 7
WRONG_EPOCH = 8
UNBOUND = 9
NO_PART = 10
DAMAGED = 11
SWITCHED_OFF = 12
NO_KEY = 13
LENT = 14  # a rider has the device, and what the rider decided is not said here
OTHER_REGION = 15  # the broker is not of the device's region
