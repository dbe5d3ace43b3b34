"""Bytes counted three times: by the device's gate, by the tap at its link port, by the broker. They must agree.

The broker may have taken less than the tap saw (a message lost on a broken connection) and never more; the tap and the gate agree
exactly, repeats counted apart; what an order erased is counted by the tap alone.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from agent.core import Core
from agent.link import kinds
from agent.privacy import purposes as p
from agent.privacy.names import PURPOSES
from simulator.cloud import VirtualCloud
from simulator.evidence import Release, Span


class Account(NamedTuple):
    """One purpose's counts. -1 where a source cannot say."""

    purpose: str
    tap_messages: int
    tap_bytes: int
    repeats: int
    repeat_bytes: int
    gate_messages: int
    gate_bytes: int
    gate_held: int
    broker_messages: int
    broker_bytes: int
    erased_messages: int = 0  # of the tap's, which the device has counted and forgotten with the purpose's data
    erased_bytes: int = 0

    @property
    def differs(self) -> bool:
        known = self.tap_messages - self.erased_messages, self.tap_bytes - self.erased_bytes
        gate = self.gate_messages >= 0 and (self.gate_messages, self.gate_bytes) != known
        sent = self.tap_messages + self.repeats, self.tap_bytes + self.repeat_bytes
        broker = self.broker_messages > sent[0] or self.broker_bytes > sent[1]
        return gate or broker


def settle(
    releases: Sequence[Release],
    cores: Sequence[Core],
    cloud: object,
    topic: str,
    erased: Mapping[int, Sequence[Span]],
) -> list[Account]:
    """`cores` are the device's lives, one a boot; empty when it ran elsewhere. `erased`: by purpose, what it no longer counts."""
    accounts: list[Account] = []
    for purpose in range(p.COUNT):
        mine = [r for r in releases if r.purpose == purpose]
        first, again = [r for r in mine if not r.again], [r for r in mine if r.again]
        broker = _arrived(cloud, purpose, topic) if isinstance(cloud, VirtualCloud) else (-1, -1)
        gate = _gates(cores, purpose) if cores else (-1, -1, -1)
        if mine or broker[0] > 0 or gate[2] > 0:
            tap_counts = len(first), sum(r.size for r in first), len(again), sum(r.size for r in again)
            gone = [r for r in first if any(s.start <= r.t < s.end for s in erased.get(purpose, ()))]
            forgotten = len(gone), sum(r.size for r in gone)
            accounts.append(Account(PURPOSES[purpose], *tap_counts, *gate, *broker, *forgotten))
    return accounts


def _gates(cores: Sequence[Core], purpose: int) -> tuple[int, int, int]:
    gates = [core.gate for core in cores]
    return (
        sum(gate.sent[purpose] for gate in gates),
        sum(gate.bytes[purpose] for gate in gates),
        sum(gate.held[purpose] for gate in gates),
    )


def _arrived(cloud: VirtualCloud, purpose: int, topic: str) -> tuple[int, int]:
    """What the broker took of this purpose: by topic, and empty messages apart, since they serve another purpose."""
    messages = size = 0
    for kind in range(kinds.COUNT):
        if kinds.PURPOSE[kind] == purpose:
            count, total = cloud.arrived.get((topic + kinds.NAMES[kind].decode(), kind == kinds.CLEAR), (0, 0))
            messages, size = messages + count, size + total
    return messages, size
