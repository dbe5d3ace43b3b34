"""What the owner asks for is done here: a photo, arm, disarm, acknowledge, permissions off. From BLE, MQTT and console alike.

What is not authentic gets no answer, only a count. Refuses a photo without a grant: asking for it grants nothing.
"""

from micropython import const

from ..base import journal as j
from ..base.errors import BUSY, NOT_GRANTED, OUT_OF_RANGE, REPLAYED, RemoteError
from ..privacy import grants as g
from ..privacy import purposes as p
from . import kinds
from . import requests as r

_TYPING = const(False)
if _TYPING:
    from hal.ports import Readable

    from ..core import Core


class Desk:
    """Works for one core: it calls the core's machines, never a way out."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        key = core.ports.secrets.get("pairing_key") or b""
        self._requests = r.Requests(core.device_id, key, core.epoch, core.nonce, core.request_seq)

    def request(self, buf: "Readable", n: int, now: int) -> int:
        """Takes one request; returns 0 or the error code."""
        core = self._core
        requests = self._requests
        try:
            requests.feed(buf, n)
        except RemoteError as error:
            core.refused += 1
            core.journal.note(now, j.REQUEST_REFUSED, error.code)
            return error.code
        core.request_seq = requests.seq
        code = self._act(now)
        core.journal.note(now, j.REQUEST_DONE, requests.code, code)
        slot = core.outbox.draft(kinds.RESULT, now)
        slot.facts[0] = requests.seq
        slot.facts[1] = code
        core.outbox.put(slot)
        return code

    def _act(self, now: int) -> int:
        core = self._core
        requests = self._requests
        if requests.code == r.PHOTO:
            if not core.gate.allows(p.PHOTO):
                return NOT_GRANTED
            return 0 if core.photograph(now) else BUSY
        if requests.code == r.SWITCHES:
            if requests.argument > g.SWITCHES:
                return OUT_OF_RANGE
            core.keep_on = requests.argument  # once this room is gone: its heap is the record's
            return 0
        if requests.code == r.ARM:
            core.arm(now)
        elif requests.code == r.DISARM:
            core.disarm(now)
        elif core.guard is None or not core.guard.alarm.acknowledge(requests.argument, now):
            return REPLAYED
        if requests.code != r.ARM:
            core.outbox.erase(
                1 << p.WAKE_ABNORMAL
            )  # the owner has the phone in hand: what waits would only wake it again
        core.status.soon()
        return 0
