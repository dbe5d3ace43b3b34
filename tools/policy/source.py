"""Reads a policy: the merged TOML into the model, every name held against the agent's closed vocabulary.

Refuses with one line: an unknown purpose, item, recipient, switch, sensor or precision; a text that lacks a language.
Whether the policy is whole (every field with its clause, every purpose with its test) is for rules.py.
"""

import json
import re
from collections.abc import Collection
from pathlib import Path
from typing import cast

from agent.base import errors
from agent.privacy.names import ADVICE, INCIDENTS, MEASURES, PRECISIONS, PURPOSES, REASONS, RECIPIENTS
from simulator import fields
from simulator.fields import Refusal, choice, flag, number, several
from tools.errors import Problem
from tools.places import ROOT
from tools.policy import model as m
from tools.policy.toml import Raw, Reader, Table, merged

FOLDER = ROOT / "agent" / "privacy" / "policies"
MAX_TEXT = 600  # characters of a text for people
MAX_RETENTION_H = 65_535  # 7 years; two bytes on the device
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_TEST = re.compile(r"tests/[\w/]+\.py::test_\w+")
_BINDS = ("policy", "items", "purposes", "switches", "recipients", "precisions")
_SHOWN = ("tests", "title", "intro", "outro", "why", "name", "languages")
_CODES = {name.lower(): code for name, code in vars(errors).items() if type(code) is int and name.isupper()}
ERRORS = ("done", *sorted(_CODES, key=lambda name: _CODES[name]))
"""Names of agent/base/errors.py in the order of their numbers."""


def known(folder: Path = FOLDER) -> list[str]:
    """Names of all policies. A file without a [policy] table is a base of others."""
    return sorted(path.stem for path in folder.glob("*.toml") if "\n[policy]\n" in path.read_text(encoding="utf-8"))


def load(name: str, folder: Path = FOLDER) -> m.Policy:
    """The policy of that name. Raises Problem with the place and how to mend it."""
    raw = merged(folder, name)
    canonical = _canonical(raw)
    try:
        return _policy(name, Table(raw, ""), canonical)
    except Problem as problem:
        raise Problem(problem.what, f"{name}.toml: {problem.where}", problem.mend) from problem


def _canonical(raw: Raw) -> bytes:
    """Deterministic JSON of what binds. Wording has a hash of its own (the notice), a test's name binds nobody."""
    bound = {key: _without(raw.get(key)) for key in _BINDS}
    return json.dumps(bound, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str).encode()


def _without(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {key: _without(inner) for key, inner in cast(Raw, value).items() if key not in _SHOWN}


def _policy(name: str, top: Table, canonical: bytes) -> m.Policy:
    table = Table(top.take("policy", _as_is), "policy")
    languages = cast("tuple[str, ...]", table.take("languages", _languages))
    text = _text(languages)
    items = {key: _item(row, text) for key, row in top.tables("items").items()}
    policy = m.Policy(
        name,
        cast(int, table.take("id", number(0, 0xFFFF))),
        cast(int, table.take("version", number(0, 99_999_999))),
        cast(int, table.take("minor_retention_h", number(0, 0xFFFF))),
        languages,
        cast(m.Text, table.take("title", text)),
        cast(m.Text, table.take("intro", text)),
        cast(m.Text, table.take("outro", text)),
        items,
        _purposes(top, items, text),
        _names(top, text),
        {key: _message(row, items) for key, row in top.tables("messages").items()},
        {key: _rule(row, items, True) for key, row in top.tables("rules").items()},
        {key: _rule(row, (), True) for key, row in top.tables("types").items()},
        {key: _clause(row, items) for key, row in top.tables("clauses").items()},
        canonical,
    )
    table.end()
    top.end()
    return policy


def _names(top: Table, text: Reader) -> dict[str, dict[str, m.Text]]:
    """Texts of every closed list, complete and in the list's order."""
    names: dict[str, dict[str, m.Text]] = {}
    for key, listed in (("switches", m.SWITCHES), ("recipients", RECIPIENTS), ("precisions", PRECISIONS)):
        rows = top.tables(key)
        _complete(key, rows, listed)
        names[key] = {one: cast(m.Text, rows[one].take("name", text)) for one in listed}
        for row in rows.values():
            row.end()
    for key, listed in (
        ("reasons", REASONS),
        ("errors", ERRORS),
        ("incidents", INCIDENTS),
        ("measures", MEASURES),
        ("advice", ADVICE),
    ):
        table = Table(top.take(key, _as_is), key)
        names[key] = {one: cast(m.Text, table.take(one, text)) for one in listed}
        table.end()
    return names


def _complete(key: str, found: Collection[str], listed: Collection[str]) -> None:
    for one in found:
        if one not in listed:
            raise Problem(f"{one[:40]!r} is not known here", key, fields.hint(one, listed))
    for one in listed:
        if one not in found:
            raise Problem(f"{one} is missing", key, "The list is closed: name all of it")


def _item(row: Table, text: Reader) -> m.Item:
    item = m.Item(row.take("class", choice(("asset", "person"))) == "person", cast(m.Text, row.take("name", text)))
    row.end()
    return item


def _purposes(top: Table, items: Collection[str], text: Reader) -> dict[str, m.Purpose]:
    rows = top.tables("purposes")
    for name in rows:
        if name not in PURPOSES:
            raise Problem(f"no purpose is called {name[:40]!r}", "purposes", fields.hint(name, PURPOSES))
    # In the order of their numbers, whatever the file's.
    return {name: _purpose(rows[name], items, text) for name in PURPOSES if name in rows}


def _purpose(row: Table, items: Collection[str], text: Reader) -> m.Purpose:
    purpose = m.Purpose(
        cast(bool, row.take("active", flag, False)),
        cast(str, row.take("basis", choice(m.BASES))),
        cast(bool, row.take("objection", flag, False)),
        _list(row.take("clauses", _words)),
        _list(row.take("switches", several(m.SWITCHES), ())),
        cast(str, row.take("sensor", choice(m.SENSORS), "")),
        _list(row.take("precisions", several(PRECISIONS), ())),
        _list(row.take("items", several(items))),
        _list(row.take("recipients", several(RECIPIENTS))),
        cast(int, row.take("retention_h", number(0, MAX_RETENTION_H))),
        cast(str, row.take("minor", choice(m.MINOR_RULES))),
        _list(row.take("tests", _tests, ())),
        cast(m.Text, row.take("title", text)),
        cast(m.Text, row.take("why", text)),
    )
    row.end()
    return purpose


def _message(row: Table, items: Collection[str]) -> m.Message:
    message = m.Message(
        _rule(row, items, False),
        cast(str, row.take("section", fields.text, "")),
        cast(str, row.take("topic", fields.text, "")),
        cast(str, row.take("port", fields.text, "")),
        cast(str, row.take("way", choice(("out", "in")), "out")),
        cast(str, row.take("purpose", choice(PURPOSES))),
        cast(str, row.take("recipient", choice((*RECIPIENTS, "device")), "owner")),
        cast(int, row.take("qos", number(0, 1), 1)),
        cast(bool, row.take("retain", flag, False)),
        cast(int, row.take("max", number(0, 4_096))),
        cast(str, row.take("form", choice(("cbor", "raw")), "cbor")),
    )
    row.end()
    if bool(message.topic) == bool(message.port):
        raise Problem("it needs a topic or a port, and not both", row.where, "Keep the one it travels by")
    return message


def _rule(row: Table, items: Collection[str], alone: bool) -> m.Rule:
    entries = tuple(_entry(one, items) for one in row.rows("fields"))
    rule = m.Rule(
        entries,
        cast(str, row.take("type", fields.text, "")),
        cast(str, row.take("item", choice(items), "")),
        cast(str, row.take("note", fields.text, "")),
        cast(str, row.take("after", fields.text, "")),
    )
    if bool(entries) == bool(rule.type):
        raise Problem("it needs fields or a type, and not both", row.where, "Write one of them")
    if alone:
        row.end()
    return rule


def _entry(row: Table, items: Collection[str]) -> m.Entry:
    entry = m.Entry(
        cast(int, row.take("key", number(-(1 << 30), 1 << 30))),
        cast(str, row.take("type", fields.text)),
        cast(str, row.take("item", choice(items), "")),
        cast(bool, row.take("optional", flag, False)),
        cast(str, row.take("note", fields.text, "")),
    )
    row.end()
    return entry


def _clause(row: Table, items: Collection[str]) -> m.Clause:
    clause = m.Clause(
        cast(bool, row.take("refused", flag, False)),
        cast(str, row.take("says", _long, "")),
        cast(str, row.take("does", _long, "")),
        _list(row.take("items", several(items), ())),
        _list(row.take("tests", _tests, ())),
    )
    row.end()
    return clause


def _as_is(value: object) -> object:
    return value


def _list(value: object) -> tuple[str, ...]:
    return cast("tuple[str, ...]", value)


def _long(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT or "|" in value or "\n" in value:
        raise Refusal(f"this is no line of at most {MAX_TEXT} characters without a |", "Write one in quotes")
    return value


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in cast("list[object]", value)):
        raise Refusal("this is no list of texts", 'Write ["one", "two"]')
    return tuple(_long(one) for one in cast("list[str]", value))


def _tests(value: object) -> tuple[str, ...]:
    for test in _words(value):
        if not _TEST.fullmatch(test):
            raise Refusal(f"{test[:60]!r} names no test", "Write it as tests/…/test_x.py::test_name")
    return _words(value)


def _languages(value: object) -> tuple[str, ...]:
    languages = _words(value)
    if not languages or not all(_LANGUAGE.fullmatch(one) for one in languages):
        raise Refusal("these are no languages", 'Write them like ["en", "zh"]')
    return languages


def _text(languages: tuple[str, ...]) -> Reader:
    """A text in every language, and in no other."""

    def read(value: object) -> m.Text:
        if not isinstance(value, dict):
            raise Refusal("this is no text in languages", 'Write { en = "…", zh = "…" }')
        table = cast(Raw, value)
        for language in languages:
            if not table.get(language):
                raise Refusal(f"its translation {language} is missing", "Translate it")
        return {language: _long(table[language]) for language in languages}

    return read
