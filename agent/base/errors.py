"""The two ways to fail. Everything a peer or a part may do wrong is a RemoteError; LocalError is our own bug."""


class LocalError(Exception):
    """The agent misused itself. Never caught below the supervisor."""


class RemoteError(Exception):
    """Bytes from outside were refused. `code` is one of the constants below and the only detail kept."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


TRUNCATED = 1  # input ended inside an item
NOT_SHORTEST = 2  # RFC 8949 §4.2.1: a longer encoding than needed
WRONG_TYPE = 3  # another major type than the schema asks for
# 4 is free: how deep an input may nest is asked for, never refused.
TOO_LONG = 5  # a length past its named limit
OUT_OF_RANGE = 6  # a number outside its declared range
UNSORTED = 7  # map keys not in bytewise order, or twice
TRAILING = 8  # bytes after the end
UNKNOWN = 9  # a key, code or algorithm outside the closed list
BAD_MAC = 10
WRONG_DEVICE = 11
REPLAYED = 12
GAP = 13
FORKED = 14  # prev does not match our head
UNTIMELY = 15  # outside nbf..exp, or too far from our clock
UNKNOWN_NOTICE = 16
NOT_GRANTED = 17
BUSY = 18
LENT = 19  # the device is lent: only the rider ends that, or time
OTHER_REGION = 20  # a record made for another region than the device's
