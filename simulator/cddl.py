"""A small reader of CDDL (RFC 8610): source in, a tree of rules out. conform.py holds values against it.

The subset: rules, choices `/`, integer and text literals, ranges `a..b`, maps with integer keys, arrays, `#6.n(…)`, occurrences
`?`, `*`, `+`, `n*m`, parentheses, `.size`, `.cbor`, and of the prelude `bytes bstr text tstr uint nint int bool true false`.
Refuses everything else with the line it stands in, and an unknown name before any value is looked at.
"""

import re
from dataclasses import dataclass
from typing import NoReturn

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r]+|;[^\n]*)|(?P<line>\n)
    |(?P<number>-?[0-9]+)|(?P<text>"[^"\\\n]*")|(?P<tag>\#6\.[0-9]+)
    |(?P<control>\.(?:size|cbor)\b)|(?P<name>[A-Za-z_][A-Za-z0-9_-]*)
    |(?P<mark>\.\.|[=/{}\[\]():,?*+])""",
    re.VERBOSE,
)
PRELUDE = ("bytes", "bstr", "text", "tstr", "uint", "nint", "int", "bool", "true", "false")
MAX_DEPTH = 24  # of a value, and of the rules that describe it
MAX_SOURCE = 65_536  # characters


class CddlError(Exception):
    """What is wrong with the description itself, and in which line."""

    def __init__(self, what: str, line: int) -> None:
        super().__init__(f"line {line}: {what}")
        self.what = what
        self.line = line


@dataclass(frozen=True)
class Literal:
    value: int | str


@dataclass(frozen=True)
class Span:
    low: int
    high: int


@dataclass(frozen=True)
class Name:
    name: str
    line: int


@dataclass(frozen=True)
class Choice:
    types: tuple["Type", ...]


@dataclass(frozen=True)
class Sized:
    """A string of bytes or text whose length in bytes lies in a range (RFC 8610 §3.8.1)."""

    type: "Type"
    low: int
    high: int


@dataclass(frozen=True)
class Wrapped:
    """A byte string that holds one encoded item (RFC 8610 §3.8.4)."""

    type: "Type"


@dataclass(frozen=True)
class Tagged:
    tag: int
    type: "Type"


@dataclass(frozen=True)
class Entry:
    """One member of a map or array. `high` -1 is without limit; `key` is None in an array."""

    low: int
    high: int
    key: int | None
    type: "Type"


@dataclass(frozen=True)
class Map:
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Array:
    entries: tuple[Entry, ...]


Type = Literal | Span | Name | Choice | Sized | Wrapped | Tagged | Map | Array


def read(source: str) -> dict[str, Type]:
    """The rules of one source by name, in its order. Raises CddlError."""
    if len(source) > MAX_SOURCE:
        raise CddlError(f"{len(source)} characters, at most {MAX_SOURCE}", 1)
    parser = _Parser(source)
    rules = parser.rules()
    for name in parser.used:
        if name.name not in rules and name.name not in PRELUDE:
            raise CddlError(f"no rule is called {name.name!r}", name.line)
    return rules


class _Parser:
    """Recursive descent; depth is limited by MAX_DEPTH."""

    def __init__(self, source: str) -> None:
        self.used: list[Name] = []
        self._tokens: list[tuple[str, str, int]] = []
        self._at = 0
        self._depth = 0
        at, line = 0, 1
        while at < len(source):
            match = _TOKEN.match(source, at)
            if match is None:
                raise CddlError(f"{source[at]!r} has no meaning here", line)
            kind = match.lastgroup or ""
            if kind not in ("blank", "line"):
                self._tokens.append((kind, match[0], line))
            line += kind == "line"
            at = match.end()
        self._tokens.append(("end", "the end", line))

    def rules(self) -> dict[str, Type]:
        found: dict[str, Type] = {}
        while self._peek() != "the end":
            kind, name, line = self._next()
            if kind != "name":
                raise CddlError(f"a rule's name is missing before {name!r}", line)
            if name in found or name in PRELUDE:
                raise CddlError(f"{name!r} is described twice", line)
            self._want("=")
            found[name] = self._type()
        return found

    def _peek(self) -> str:
        return self._tokens[self._at][1]

    def _next(self) -> tuple[str, str, int]:
        token = self._tokens[self._at]
        self._at = min(self._at + 1, len(self._tokens) - 1)
        return token

    def _want(self, text: str) -> None:
        _, got, line = self._next()
        if got != text:
            raise CddlError(f"{text!r} is missing before {got!r}", line)

    def _fail(self, what: str) -> NoReturn:
        raise CddlError(what, self._tokens[self._at][2])

    def _type(self) -> Type:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            self._fail(f"it nests deeper than {MAX_DEPTH}")
        types = [self._controlled()]
        while self._peek() == "/":
            self._next()
            types.append(self._controlled())
        self._depth -= 1
        return types[0] if len(types) == 1 else Choice(tuple(types))

    def _controlled(self) -> Type:
        inner = self._plain()
        if self._peek() == "..":
            self._next()
            high = self._plain()
            if not isinstance(inner, Literal) or not isinstance(high, Literal):
                self._fail("a range has two numbers")
            return Span(_number(inner, self), _number(high, self))
        if self._peek() == ".size":
            self._next()
            return self._sized(inner)
        if self._peek() == ".cbor":
            self._next()
            return Wrapped(self._plain())
        return inner

    def _sized(self, inner: Type) -> Type:
        bounds = self._plain()
        if isinstance(bounds, Literal):
            return Sized(inner, _number(bounds, self), _number(bounds, self))
        if isinstance(bounds, Span):
            return Sized(inner, bounds.low, bounds.high)
        return self._fail(".size takes a number or a range in parentheses")

    def _plain(self) -> Type:
        kind, text, line = self._next()
        if kind == "number":
            return Literal(int(text))
        if kind == "text":
            return Literal(text[1:-1])
        if kind == "name":
            name = Name(text, line)
            self.used.append(name)
            return name
        if kind == "tag":
            self._want("(")
            inner = self._type()
            self._want(")")
            return Tagged(int(text[3:]), inner)
        if text == "(":
            inner = self._type()
            self._want(")")
            return inner
        if text == "{":
            return Map(self._group("}"))
        if text == "[":
            return Array(self._group("]"))
        raise CddlError(f"a type is missing before {text!r}", line)

    def _group(self, end: str) -> tuple[Entry, ...]:
        entries: list[Entry] = []
        while self._peek() != end:
            entries.append(self._entry(end == "}"))
            if self._peek() != end:
                self._want(",")
        self._next()
        return tuple(entries)

    def _entry(self, keyed: bool) -> Entry:
        low, high = self._occurrence()
        if not keyed:
            return Entry(low, high, None, self._type())
        kind, text, line = self._next()
        if kind != "number" or high != 1:
            raise CddlError("a map's member is `1: type` or `? 1: type` here", line)
        self._want(":")
        return Entry(low, high, int(text), self._type())

    def _occurrence(self) -> tuple[int, int]:
        """`?`, `*`, `+`, `n*`, `*m`, `n*m` (RFC 8610 §3.2)."""
        low, high = 1, 1
        if self._peek() in ("?", "+"):
            return (0, 1) if self._next()[1] == "?" else (1, -1)
        counted = (
            self._tokens[self._at][0] == "number" and self._tokens[min(self._at + 1, len(self._tokens) - 1)][1] == "*"
        )
        if counted:
            low = int(self._next()[1])
        if self._peek() == "*":
            self._next()
            low = low if counted else 0
            high = int(self._next()[1]) if self._tokens[self._at][0] == "number" else -1
        return low, high


def _number(literal: Literal, parser: _Parser) -> int:
    if not isinstance(literal.value, int):
        parser._fail("a number is missing here")  # pyright: ignore[reportPrivateUsage] - one module, one parser
    return literal.value
