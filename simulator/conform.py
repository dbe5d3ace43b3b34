"""Holds values against CDDL rules (cddl.py). Refuses with the path to the first thing that does not fit, and why.

The reason quotes numbers and lengths, never the content of a string: it ends up in logs.
"""

from collections.abc import Mapping, Sequence
from typing import cast

import cbor2

from simulator.cddl import MAX_DEPTH, Array, Choice, Entry, Literal, Map, Name, Sized, Span, Tagged, Type, Wrapped


class Mismatch(Exception):
    """A value that its rule does not describe."""


def check(rules: Mapping[str, Type], kind: Type, value: object, where: str, depth: int = 0) -> None:
    """Raises Mismatch when `kind` does not describe `value`."""
    if depth > MAX_DEPTH:
        raise Mismatch(f"{where}: nests deeper than {MAX_DEPTH}")
    match kind:
        case Literal(expected):
            if type(value) is not type(expected) or value != expected:
                raise Mismatch(f"{where}: it is not {expected!r}")
        case Span(low, high):
            if type(value) is not int or not low <= value <= high:
                raise Mismatch(f"{where}: {_shown(value)} is not a number in {low}..{high}")
        case Name(name):
            if name in rules:
                check(rules, rules[name], value, where, depth + 1)
            else:
                _check_prelude(name, value, where)
        case Choice(types):
            _check_choice(rules, types, value, where, depth)
        case Sized(inner, low, high):
            check(rules, inner, value, where, depth + 1)
            size = len(value.encode()) if isinstance(value, str) else len(value) if isinstance(value, bytes) else -1
            if not low <= size <= high:
                raise Mismatch(f"{where}: {size} bytes, not {low}..{high}")
        case Wrapped(inner):
            if type(value) is not bytes:
                raise Mismatch(f"{where}: {_shown(value)} is not a byte string")
            check(rules, inner, decode(value, where), where, depth + 1)
        case Tagged(tag, inner):
            if not isinstance(value, cbor2.CBORTag) or value.tag != tag:
                raise Mismatch(f"{where}: tag {tag} is missing")
            check(rules, inner, cast("object", value.value), where, depth + 1)
        case Map(entries):
            _check_map(rules, entries, value, where, depth)
        case Array(entries):
            _check_array(rules, entries, value, where, depth)


def _check_prelude(name: str, value: object, where: str) -> None:
    good = {
        "bytes": type(value) is bytes,
        "bstr": type(value) is bytes,
        "text": type(value) is str,
        "tstr": type(value) is str,
        "uint": type(value) is int and value >= 0,
        "nint": type(value) is int and value < 0,
        "int": type(value) is int,
        "bool": type(value) is bool,
        "true": value is True,
        "false": value is False,
    }[name]
    if not good:
        raise Mismatch(f"{where}: {_shown(value)} is not {name}")


def _check_choice(rules: Mapping[str, Type], types: tuple[Type, ...], value: object, where: str, depth: int) -> None:
    reasons: list[str] = []
    for kind in types:
        try:
            check(rules, kind, value, where, depth + 1)
        except Mismatch as reason:
            reasons.append(str(reason))
        else:
            return
    raise Mismatch(" and ".join(reasons))


def _check_map(rules: Mapping[str, Type], entries: tuple[Entry, ...], value: object, where: str, depth: int) -> None:
    if not isinstance(value, Mapping):
        raise Mismatch(f"{where}: {_shown(value)} is not a map")
    pairs = cast("Mapping[object, object]", value)
    for entry in entries:
        if entry.key in pairs:
            check(rules, entry.type, pairs[entry.key], f"{where}.{entry.key}", depth + 1)
        elif entry.low:
            raise Mismatch(f"{where}: key {entry.key} is missing")
    known = {entry.key for entry in entries}
    for key in pairs:
        if type(key) is not int or key not in known:
            raise Mismatch(f"{where}: key {_shown(key)} is not described")


def _check_array(rules: Mapping[str, Type], entries: tuple[Entry, ...], value: object, where: str, depth: int) -> None:
    """Greedy, as a parsing expression (RFC 8610 appendix A)."""
    if not isinstance(value, list | tuple):  # inside a tag cbor2 makes tuples
        raise Mismatch(f"{where}: {_shown(value)} is not an array")
    items = list(cast("Sequence[object]", value))
    at = 0
    for entry in entries:
        taken = 0
        while at < len(items) and (entry.high < 0 or taken < entry.high):
            try:
                check(rules, entry.type, items[at], f"{where}[{at}]", depth + 1)
            except Mismatch:
                if taken < entry.low or entry is entries[-1]:
                    raise
                break
            at += 1
            taken += 1
        if taken < entry.low:
            raise Mismatch(f"{where}: {len(items)} items, too few")
    if at < len(items):
        raise Mismatch(f"{where}: {len(items)} items, {len(items) - at} too many")


def _shown(value: object) -> str:
    """Numbers as they are; of everything else only the kind."""
    if type(value) is int:
        return str(value)
    return f"a {type(value).__name__}"


def decode(data: bytes, where: str) -> object:
    """One item, deterministically encoded (RFC 8949 §4.2.1), nothing after it."""
    try:
        value: object = cbor2.loads(data)
        again = cbor2.dumps(value, canonical=True)
    except (cbor2.CBORDecodeError, cbor2.CBOREncodeError, ValueError, TypeError, RecursionError) as error:
        raise Mismatch(f"{where}: no CBOR ({type(error).__name__})") from error
    if again != data:
        raise Mismatch(f"{where}: not the deterministic encoding, or bytes after it")
    return value
