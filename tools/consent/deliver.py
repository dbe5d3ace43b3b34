"""Brings the device's chain of consent to the end of the owner's: pure, over any way to a device.

Law: what a receipt says counts only when the device signed it. A chain that went on elsewhere is never written over: it is refused.
"""

from typing import NamedTuple, Protocol

from agent.base.errors import BUSY
from simulator.owner import Record
from tools.consent.wallet import Receipt, Wallet, now
from tools.errors import Problem
from tools.rig.client import Standing

NO_ANSWER = -1
_STALE_S = 5  # a device that was restarted learns the time from the record: it is signed anew when it waited
_MOST = 4_096  # deliveries in one run
_MOST_BUSY = 5


class Answer(NamedTuple):
    """`code` is 0, an error code of agent/base/errors.py, or NO_ANSWER; `receipt` a COSE_Sign1 or b""."""

    code: int
    receipt: bytes


class Way(Protocol):
    name: str
    keeps: bool  # whether there is the same device at its end the next time

    def ask(self) -> Standing | None:
        """None where a device speaks only when it wants to."""
        ...

    def deliver(self, record: Record) -> Answer: ...

    def pause(self) -> None:
        """Until a device that was busy may be asked again."""
        ...


class Outcome(NamedTuple):
    code: int
    told: Receipt | None  # the last receipt, when it is proven
    unproven: bool  # a receipt came that nothing proves
    delivered: int


def meet(wallet: Wallet, way: Way) -> int:
    """Where the device's chain ends, and ours adapted to it, before anything new is signed."""
    standing = way.ask()
    if standing is None:
        last = wallet.last(wallet.device_key)
        return last.seq if last is not None else 0
    wallet.trust(standing.key, way.keeps)
    agree(wallet, standing.seq, standing.head)
    wallet.save()
    return standing.seq


def agree(wallet: Wallet, seq: int, head: bytes) -> bool:
    """Goes on from where the device is; True when something was signed anew. Raises Problem where it is not ours."""
    owner = wallet.owner
    changed = owner.adopt(seq, head, now())
    if seq and (seq > len(owner.records) or owner.records[seq - 1].head != head):
        raise Problem(
            f"the device's chain ends with record {seq}, which this file does not hold",
            str(wallet.path),
            "Use the newest copy of it: another phone or computer has signed since",
        )
    return changed


def bring(wallet: Wallet, way: Way, at: int) -> Outcome:
    """Delivers every record after number `at`, one by one, as far as the device takes them."""
    owner = wallet.owner
    told: Receipt | None = None
    code = delivered = busy = 0
    unproven = False
    for _ in range(_MOST):
        if at >= len(owner.records):
            break
        record = _fresh(wallet, at)
        code, receipt = way.deliver(record)
        if code == BUSY and busy < _MOST_BUSY:
            busy += 1
            way.pause()
            continue
        told = wallet.take(receipt)
        unproven = bool(receipt) and told is None
        if code:
            if told is None or not _learnt(wallet, told, at):
                break
            at = told.seq
            continue
        at = record.seq
        delivered += 1
    wallet.save()
    return Outcome(code, told, unproven, delivered)


def _learnt(wallet: Wallet, told: Receipt, at: int) -> bool:
    """Whether the receipt of a refusal says something we did not know."""
    changed = agree(wallet, told.seq, told.head)
    return changed or told.seq != at


def _fresh(wallet: Wallet, at: int) -> Record:
    owner = wallet.owner
    record = owner.records[at]
    if not record.bare or now() > record.issued + _STALE_S:
        owner.renew(at, now())
    wallet.save()
    return owner.records[at]
