"""docs/messages.cddl as a judge: reads its annotations and rules, and checks every message that passes a tap.

A message is an MQTT publish at the link port, a last will in an introduction, an advert, an answer or a parcel over BLE. What no rule
describes is a fault, and so is a wrong QoS, retain flag or size.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agent.privacy.names import PURPOSES, RECIPIENTS
from simulator import cddl, remote, tap
from simulator.cloud import hello_of, inbound_of, post_of
from simulator.conform import Mismatch, check, decode

SOURCE = Path(__file__).resolve().parent.parent / "docs" / "messages.cddl"
_KEYS = ("topic", "port", "way", "purpose", "recipient", "qos", "retain", "max", "form")
_TOPIC = re.compile(rb"d/[0-9a-f]{16}/(.+)")
_LAST = 0x80  # of a BLE piece's head (agent/link/fragments.py)
_MAX_PARCEL = 1_025


class Message(NamedTuple):
    """One described message. `qos` is -1 and `topic` empty where MQTT does not carry it."""

    rule: str
    topic: str
    port: str
    way: str
    purpose: str
    recipient: str
    qos: int
    retain: bool
    max: int
    form: str


@dataclass(frozen=True)
class Fault:
    """A message that is not as described."""

    t: int
    what: str


class Schema:
    def __init__(self, source: str) -> None:
        self.rules = cddl.read(source)
        self.messages = _messages(source)
        for message in self.messages:
            if message.rule not in self.rules:
                raise cddl.CddlError(f"no rule is called {message.rule!r}", 1)

    def judge(self, place: str, way: str, body: bytes, qos: int = -1, retain: bool = False) -> str:
        """What is wrong with a message at `place` (a topic's last part, or a port), "" when it is as described."""
        known = [m for m in self.messages if place in (m.topic, m.port) and m.way == way]
        if not known:
            return f"no message is called {place!r} on its way {way}"
        reasons = [self._against(message, body, qos, retain) for message in known]
        return "" if "" in reasons else "; or ".join(reasons)

    def _against(self, message: Message, body: bytes, qos: int, retain: bool) -> str:
        if len(body) > message.max:
            return f"{message.rule}: {len(body)} bytes, at most {message.max}"
        if (qos, retain) != (message.qos, message.retain):
            return f"{message.rule}: QoS {qos}, retain {retain}, not {message.qos}, {message.retain}"
        try:
            value = decode(body, message.rule) if message.form == "cbor" else body
            check(self.rules, self.rules[message.rule], value, message.rule)
        except Mismatch as reason:
            return str(reason)
        return ""


def load() -> Schema:
    return Schema(SOURCE.read_text(encoding="utf-8"))


def _messages(source: str) -> list[Message]:
    """Each `;@` line belongs to the rule that begins on the next line."""
    found: list[Message] = []
    lines = source.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.startswith(";@"):
            continue
        pairs = dict(pair.split("=", 1) for pair in line[2:].split() if "=" in pair)
        rule = re.match(r"[A-Za-z_][A-Za-z0-9_-]*", lines[number] if number < len(lines) else "")
        wrong = [key for key in pairs if key not in _KEYS]
        if rule is None or wrong:
            raise cddl.CddlError(f"an annotation has keys {', '.join(_KEYS)} and its rule below it", number)
        if pairs.get("purpose") not in PURPOSES or pairs.get("recipient") not in (*RECIPIENTS, "device"):
            raise cddl.CddlError("an annotation names a purpose and a recipient", number)
        found.append(
            Message(
                rule[0],
                pairs.get("topic", ""),
                pairs.get("port", ""),
                pairs.get("way", ""),
                pairs["purpose"],
                pairs["recipient"],
                int(pairs.get("qos", "-1")),
                pairs.get("retain") == "yes",
                int(pairs["max"]),
                pairs.get("form", ""),
            )
        )
    return found


class Judge:
    """Checks a tap's exchanges in their order; `faults` grows."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self.checked = 0
        self.faults: list[Fault] = []
        self._parcel = bytearray()

    def see(self, seen: tap.Seen) -> None:
        data, out = seen.data, seen.way == tap.OUT
        kind = data[:1]
        if seen.port == remote.LINK and kind == b"P" and out:
            post = post_of(data)
            self._publish(seen.t, "out", post.topic, post.body, post.qos, post.retain)
        elif seen.port == remote.LINK and kind == b"O" and out:
            hello = hello_of(data)
            if hello.will_topic:
                self._publish(seen.t, "out", hello.will_topic, hello.will, 1, True)
        elif seen.port == remote.LINK and kind == b"M" and not out:
            self._publish(seen.t, "in", *inbound_of(data), 1, False)
        elif seen.port == remote.BLE:
            self._air(seen.t, kind, data[1:])

    def _publish(self, t: int, way: str, topic: bytes, body: bytes, qos: int, retain: bool) -> None:
        match = _TOPIC.fullmatch(topic)
        if match is None:
            self._note(t, "a topic that is not d/<16 hex digits>/<name>")
        else:
            self._note(t, self.schema.judge(match[1].decode(errors="replace"), way, body, qos, retain))

    def _air(self, t: int, kind: bytes, data: bytes) -> None:
        if kind == b"A":
            advert = data[3 : 3 + data[2]]
            response = data[4 + data[2] :]
            self._note(t, self.schema.judge("ble-advert", "out", advert) or ("a scan response" if response else ""))
        elif kind == b"N":
            self._note(t, self.schema.judge("ble-answer", "out", data))
        elif kind == b"W":
            if data[0] & ~_LAST == 0:
                self._parcel.clear()
            self._parcel += data[1:]
            if data[0] & _LAST or len(self._parcel) > _MAX_PARCEL:
                self._note(t, self.schema.judge("ble-parcel", "in", bytes(self._parcel)))
                self._parcel.clear()

    def _note(self, t: int, what: str) -> None:
        self.checked += 1
        if what:
            self.faults.append(Fault(t, what))
