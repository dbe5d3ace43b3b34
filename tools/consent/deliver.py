"""Brings the device's chain of consent to the end of the owner's: pure, over any way to a device.

Law: what a receipt says counts only when the device signed it. A chain that went on elsewhere is never written over: it is refused.
"""

from typing import NamedTuple, Protocol

from agent.base.errors import BUSY, FORKED, GAP, REPLAYED
from agent.privacy.order import WHOLE
from simulator.orders import Order
from simulator.owner import Record
from tools.consent.wallet import Receipt, Wallet, claimed, now
from tools.errors import Problem
from tools.rig.client import Standing

NO_ANSWER = -1
_STALE_S = 5  # a device that was restarted learns the time from the record: it is signed anew when it waited
_MOST = 4_096  # deliveries in one run
_MOST_BUSY = 5
_TRIES = 3  # of an order, each where the device said its chain ends


class Answer(NamedTuple):
    """`code` is 0, an error code of agent/base/errors.py, or NO_ANSWER; `receipt` a COSE_Sign1 or b""; `body` answers an order."""

    code: int
    receipt: bytes
    body: bytes = b""


class Way(Protocol):
    name: str
    keeps: bool  # whether there is the same device at its end the next time

    def ask(self) -> Standing | None:
        """None where a device speaks only when it wants to."""
        ...

    def deliver(self, record: Record) -> Answer: ...

    def clear(self) -> None:
        """Erases what is retained on the way of a device whose account has ended."""
        ...

    def pause(self) -> None:
        """Until a device that was busy may be asked again."""
        ...


class Outcome(NamedTuple):
    code: int
    told: Receipt | None  # the last receipt, when it is proven
    unproven: bool  # a receipt came that nothing proves
    delivered: int
    body: bytes = b""  # of the answer to an order


def meet(wallet: Wallet, way: Way) -> int:
    """Where the device's chain ends, and ours adapted to it, before anything new is signed."""
    standing = way.ask()
    if standing is None:
        last = wallet.last(wallet.device_key)
        return max(wallet.ordered, last.seq if last is not None else 0)
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
        code, receipt, _ = way.deliver(record)
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


def give(wallet: Wallet, way: Way, order: Order) -> Outcome:
    """Delivers what the chain still holds back, then one order. The end of the account needs no chain: it is signed where the
    device says its own ends."""
    leaving = order.what == WHOLE
    seq, prev = (_standing(wallet, way, b"") or (0, b"")) if leaving else (0, b"")
    code = NO_ANSWER
    for _ in range(_TRIES):
        if not leaving:
            before = bring(wallet, way, meet(wallet, way))
            if before.code:
                return before
        made = wallet.owner.order(order, now(), seq + 1, prev)
        wallet.save()
        code, receipt, body = way.deliver(made)
        if code == 0 and way.keeps and not leaving:
            wallet.owner.adopt(made.seq, made.head, now())
            wallet.save()
        ends = _standing(wallet, way, receipt) if code in (REPLAYED, GAP, FORKED) else None
        if ends is None or ends == (made.seq - 1, prev or wallet.owner.head):
            return Outcome(code, None, False, int(code == 0), body)
        seq, prev = ends if leaving else (0, b"")
        if not leaving:
            agree(wallet, *ends)
    return Outcome(code, None, False, 0)


def _standing(wallet: Wallet, way: Way, receipt: bytes) -> tuple[int, bytes] | None:
    """Where the device says its chain ends: (number, head)."""
    standing = way.ask()
    if standing is not None:
        wallet.trust(standing.key, way.keeps)
        return standing.seq, standing.head
    told = wallet.take(receipt) or claimed(receipt)
    return (told.seq, told.head) if told is not None else None


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
