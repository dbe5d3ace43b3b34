"""BLE adverts that mean something to the owner's phone alone (provisioning.md §7.1): a 128-bit UUID that changes every day.

Flags + one complete UUID list, 21 of 31 bytes, no name, no brand, no id. Refuses to carry anything else.
"""

import struct

from micropython import const

from ..crypto.mac import Hmac

_DAY = const(86_400)
_FLAGS = b"\x02\x01\x06"  # LE general discoverable, no BR/EDR (CSS part A §1.3)
_UUIDS = b"\x11\x07"  # length 17, complete list of 128-bit UUIDs (CSS part A §1.1)


def payload(pairing: bytes, use: bytes, seconds: int) -> bytes:
    """The advert of `use` (b"alarm" or b"control") on the day of `seconds` (day 0 while time is unknown), as on the air.

    K_adv, what phone and device share for adverts, is derived from the pairing key and apart from it.
    """
    day = max(0, seconds) // _DAY
    key = Hmac(Hmac(pairing).tag(b"adv"))
    return _FLAGS + _UUIDS + key.tag(b"\x01", use, struct.pack(">I", day))[:16]
