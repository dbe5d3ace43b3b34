"""When a policy is whole: every field has its clause, every purpose its test, every clause an enforcing one that exists.

Says all that is wrong at once, one line each. Names were checked when the policy was read (source.py).
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from agent.link import kinds
from agent.privacy.names import PURPOSES
from simulator.cddl import CddlError
from simulator.schema import Schema
from tools.check.finding import parse
from tools.places import ROOT
from tools.policy import cddl
from tools.policy import model as m


def faults(policy: m.Policy, tree: Path = ROOT) -> list[str]:
    """What keeps the policy from being built; empty when it is whole."""
    return [*_purposes(policy), *_messages(policy), *_schema(policy), *_clauses(policy), *_evidence(policy, tree)]


def _purposes(policy: m.Policy) -> Iterator[str]:
    for name, purpose in policy.purposes.items():
        where = f"purpose {name}"
        if not purpose.clauses:
            yield f"{where} has no clause"
        for clause in purpose.clauses:
            if clause not in policy.clauses:
                yield f"{where} names a clause that is not there: {clause}"
        if not purpose.tests:
            yield f"{where} has no test"
        if not purpose.recipients or not purpose.items:
            yield f"{where} has no recipient or no item"
        if purpose.basis == "interest" and not purpose.objection:
            yield f"{where} rests on an interest and nobody can object"
        if "microphone" in purpose.switches:
            yield f"{where} needs a microphone, for which there is no use"
        if "position" in purpose.items and "location" not in purpose.switches:
            yield f"{where} holds a position and needs no location switch"
        if bool(purpose.precisions) != (purpose.sensor == "gnss"):
            yield f"{where} locates without precisions, or has precisions and locates nothing"
        if (purpose.basis == "contract") != (purpose.retention_h == 0) and purpose.active:
            yield f"{where} has no retention, or a contract that has one"
    control = policy.purposes.get(PURPOSES[0])
    if control is None or not control.active or control.basis != "contract" or control.recipients != ("owner",):
        yield f"purpose {PURPOSES[0]} is not active by contract towards the owner: no decision could arrive"
    for name, purpose in policy.purposes.items():
        if purpose.active and name != PURPOSES[0] and purpose.basis == "contract":
            yield f"purpose {name} is active by contract, and could not be refused"


def _messages(policy: m.Policy) -> Iterator[str]:
    rules = {**policy.rules, **policy.types}
    for name, message in policy.messages.items():
        purpose = policy.purposes.get(message.purpose)
        if purpose is None:
            continue  # a policy without the purpose is without its messages
        if message.recipient != "device" and message.recipient not in purpose.recipients:
            yield f"message {name} goes to {message.recipient}, who is no recipient of {message.purpose}"
        for item in _items(name, message.rule, rules):
            if item not in purpose.items:
                yield f"message {name} has a field whose item is not one of {message.purpose}: {item or 'none'}"
    for at, topic in enumerate(kinds.NAMES):
        purpose = PURPOSES[kinds.PURPOSE[at]]
        known = any((m_.topic.encode(), m_.purpose) == (topic, purpose) for m_ in policy.messages.values())
        if not known:
            yield f"the device can publish {topic.decode()} under {purpose}, and no message describes it"


def _items(name: str, rule: m.Rule, rules: dict[str, m.Rule]) -> list[str]:
    """Items of every field; "" for a field that has none. A rule that is another one's name has that one's fields."""
    if rule.fields:
        return [entry.item for entry in rule.fields]
    if not rule.item and rule.type in rules and rule.type != name:
        return _items(rule.type, rules[rule.type], rules)
    return [rule.item]


def _schema(policy: m.Policy) -> Iterator[str]:
    """The schema, read back as the simulator reads it: every message is there, under its own name."""
    try:
        read = Schema(cddl.schema(policy)).messages
    except (CddlError, ValueError) as error:
        yield f"the message schema cannot be read: {' '.join(str(error).split())}"
        return
    there = {(one.rule, one.topic, one.port, one.max, one.qos, one.retain) for one in read}
    for name, one in policy.messages.items():
        qos = one.qos if one.topic else -1
        facts = (name, one.topic, one.port, one.max, qos, one.retain and bool(one.topic))
        if one.purpose in policy.purposes and facts not in there:
            yield f"message {name} is not in the schema as it was written"


def _clauses(policy: m.Policy) -> Iterator[str]:
    used = {item for purpose in policy.purposes.values() for item in purpose.items}
    covered = {item for clause in policy.clauses.values() for item in clause.items}
    for item in sorted(used - covered):
        yield f"item {item} has no clause"
    for name, clause in policy.clauses.items():
        if not clause.says or not clause.does:
            yield f"clause {name} has an empty cell"
        if not clause.tests:
            yield f"clause {name} has no enforcing test"


def _evidence(policy: m.Policy, tree: Path) -> Iterator[str]:
    """Tests that are named and do not exist."""
    found: dict[str, set[str]] = {}
    rows = [(f"purpose {name}", one.tests) for name, one in policy.purposes.items()]
    rows += [(f"clause {name}", one.tests) for name, one in policy.clauses.items()]
    for where, tests in rows:
        for test in tests:
            path, name = test.split("::")
            if path not in found:
                found[path] = _functions(tree, path)
            if name not in found[path]:
                yield f"{where} names a test that does not exist: {test}"


def _functions(tree: Path, path: str) -> set[str]:
    if not (tree / path).is_file():
        return set()
    return {node.name for node in parse(tree, path).body if isinstance(node, ast.FunctionDef)}
