"""A policy as read: named tuples, every name in them known to the closed vocabulary of agent/privacy. Holds no rule."""

from typing import NamedTuple

Text = dict[str, str]
"""By language."""

BASES = ("consent", "contract", "interest")
SENSORS = ("", "gnss", "camera")
MINOR_RULES = ("as adult", "coarse", "never")
SWITCHES = ("location", "camera", "bluetooth", "wlan", "notifications", "storage", "microphone")
"""By their number on the device: the position in these lists, or the bit of a mask."""


class Item(NamedTuple):
    """One kind of datum; `personal` by its nature, not by a policy's wish."""

    personal: bool
    name: Text


class Purpose(NamedTuple):
    active: bool
    basis: str
    objection: bool
    clauses: tuple[str, ...]
    switches: tuple[str, ...]
    sensor: str
    precisions: tuple[str, ...]  # finest first; empty where nothing is located
    items: tuple[str, ...]  # the position is the bit in a record's data bits
    recipients: tuple[str, ...]
    retention_h: int  # most hours a grant may allow; 0: nothing is kept
    minor: str
    tests: tuple[str, ...]
    title: Text
    why: Text


class Entry(NamedTuple):
    """One key of a CBOR map."""

    key: int
    type: str
    item: str
    optional: bool
    note: str


class Rule(NamedTuple):
    """A rule of the message schema: `fields`, or a type in CDDL. `after` names the message it is printed behind."""

    fields: tuple[Entry, ...]
    type: str
    item: str
    note: str
    after: str


class Message(NamedTuple):
    """A rule that travels by itself. `topic` is empty where a port carries it, `port` where MQTT does."""

    rule: Rule
    section: str
    topic: str
    port: str
    way: str
    purpose: str
    recipient: str
    qos: int
    retain: bool
    max: int
    form: str


class Clause(NamedTuple):
    """A demand and what the device does about it. `refused`: its room does not exist, and nothing can bring it to life."""

    refused: bool
    says: str
    does: str
    items: tuple[str, ...]
    tests: tuple[str, ...]


class Policy(NamedTuple):
    name: str
    id: int
    version: int
    minor_retention_h: int  # what concerns a person under age is kept no longer
    languages: tuple[str, ...]
    title: Text
    intro: Text
    outro: Text
    items: dict[str, Item]
    purposes: dict[str, Purpose]
    names: dict[
        str, dict[str, Text]
    ]  # of switches, recipients, precisions, reasons, errors, incidents, measures and advice
    messages: dict[str, Message]
    rules: dict[str, Rule]
    types: dict[str, Rule]
    clauses: dict[str, Clause]
    canonical: bytes  # what a consent is given to: all of the above that binds, nothing of how it is shown or tested

    def personal(self, purpose: str) -> bool:
        """Policy 1: what is combined with a personal item is personal as a whole."""
        return any(self.items[item].personal for item in self.purposes[purpose].items)
