"""Faults a scenario may ask of the broker, as rules that fire on the packets they name. No time, no chance: they count.

Refuses a rule that could never fire.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from simulator.mqtt.packets import NAMES, Packet

ACTIONS = ("lose", "duplicate", "delay", "drop", "swallow", "refuse", "forget")
"""
lose       the packet vanishes, the connection lives on
duplicate  the packet is handled (in) or sent (out, then with DUP) twice
delay      the packet leaves the broker `ms` later, and nothing overtakes it; lost when the connection ends before
drop       the connection ends instead: without handling the packet (in), without sending it (out)
swallow    the link is half open from here on: nothing passes in either direction, nobody is told
refuse     a CONNECT is answered with `code`
forget     a CONNECT finds that the broker has lost this client's stored session
"""
_ONLY_CONNECT = ("refuse", "forget")


@dataclass(frozen=True, slots=True)
class Fault:
    """One rule. It lets `skip` fitting packets pass, then fires on the next `times` of them (0: on all)."""

    action: str
    packet: str = ""  # "PUBACK", …; "" fits all
    client: str = ""  # client identifier; "" fits all
    way: str = "out"  # "out": the broker sends it, "in": the broker receives it
    skip: int = 0
    times: int = 1
    ms: int = 0  # delay
    code: int = 0  # refuse: 1 to 5 (table 3.1)

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            raise ValueError(f"no fault is called {self.action!r}; there are: {', '.join(ACTIONS)}")
        if self.packet not in ("", *NAMES):
            raise ValueError(f"no packet is called {self.packet!r}; there are: {', '.join(NAMES)}")
        if self.way not in ("in", "out"):
            raise ValueError(f"way is 'in' or 'out', not {self.way!r}")
        if self.action == "delay" and (self.way == "in" or self.ms <= 0):
            raise ValueError("delay takes a positive ms and delays what the broker sends")
        if self.action == "refuse" and not 1 <= self.code <= 5:
            raise ValueError(f"a CONNECT is refused with code 1 to 5, not {self.code}")
        if min(self.skip, self.times) < 0:
            raise ValueError("skip and times count packets from 0")


@dataclass(frozen=True, slots=True)
class Fired:
    """A fault that took place."""

    now: int
    fault: Fault
    packet: str
    client: str


class Faults:
    """The rules in force, in the order in which they were added; the first that fires decides about a packet."""

    def __init__(self, rules: Iterable[Fault] = ()) -> None:
        self.fired: list[Fired] = []
        self._rules: list[tuple[Fault, list[int]]] = []  # with the count of fitting packets so far
        for rule in rules:
            self.add(rule)

    def add(self, rule: Fault) -> None:
        self._rules.append((rule, [0]))

    def clear(self) -> None:
        """No rule is left; what has fired stays on record."""
        self._rules.clear()

    def judge(self, packet: Packet, client: str, way: str, now: int) -> Fault | None:
        """The rule that fires on this packet."""
        for rule, seen in self._rules:
            if not _fits(rule, packet, client, way):
                continue
            seen[0] += 1
            turn = seen[0] - rule.skip
            if turn > 0 and (rule.times == 0 or turn <= rule.times):
                self.fired.append(Fired(now, rule, packet.name, client))
                return rule
        return None


def _fits(rule: Fault, packet: Packet, client: str, way: str) -> bool:
    if rule.action in _ONLY_CONNECT:
        if way != "in" or packet.name != "CONNECT":
            return False
    elif way != rule.way or rule.packet not in ("", packet.name):
        return False
    return rule.client in ("", client)
