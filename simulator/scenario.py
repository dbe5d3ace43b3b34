"""A scenario file (TOML): a setting, steps in time, and what must have happened in the end. Read and checked before anything runs.

Refuses unknown keys, values outside their limits and steps after the end, with file, line and remedy.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from agent.privacy.names import PRECISIONS, PURPOSES, REASONS
from simulator import fields
from simulator.clock import WRAP
from simulator.errors import ScenarioError
from simulator.fields import Field, Refusal, Value
from simulator.inbox import MESSAGES
from simulator.phone import ASKS
from simulator.town import PLACES, ROUTES
from simulator.words import ERRORS
from simulator.world import PARTS, REGIONS, Setting

MAX_FILE = 65_536  # bytes
MAX_STEPS = 500
MAX_EXPECTATIONS = 200
_DAY_S = 86_400
_GRANTABLE = PURPOSES[1:]
_VIA = ("mqtt", "ble", "none")
_PACKETS = ("PUBACK", "PUBLISH", "CONNACK", "PINGRESP", "SUBACK")

_TITLE = {"title": Field(fields.text), "about": Field(fields.text, "")}
_RUN = {
    "length": Field(fields.time),
    "start": Field(fields.instant, 217_000_000),
    "seed": Field(fields.number(0, 2**31 - 1), 1),
    "ticks": Field(fields.number(0, WRAP - 1), 1_000),
}
_DEVICE = {
    "parts": Field(fields.several(PARTS), ("gnss", "camera", "ble")),
    "place": Field(fields.choice(PLACES), "home"),
    "battery": Field(fields.number(0, 100), 83),
    "wifi": Field(fields.flag, True),
    "region": Field(fields.choice(REGIONS), REGIONS[0]),
    "broker": Field(fields.choice(REGIONS), REGIONS[0]),
}
_OWNER = {"reaction": Field(fields.time, 8_000), "answers": Field(fields.flag, True)}
_PURPOSES = {"purposes": Field(fields.several(_GRANTABLE)), "via": Field(fields.choice(_VIA), "mqtt")}

ACTIONS: dict[str, dict[str, Field]] = {
    "power on": {},
    "restart": {},
    "open app": {},
    "close app": {},
    "phone": {"near": Field(fields.flag, True), "network": Field(fields.flag, True)},
    "grant": {
        **_PURPOSES,
        "precision": Field(fields.choice(PRECISIONS), "precise"),
        "interval": Field(fields.time, 0),
        "retention": Field(fields.time, 3_600_000),
        "platform": Field(fields.flag, False),
        "for": Field(fields.time, _DAY_S * 1000),
    },
    "refuse": _PURPOSES,
    "withdraw": _PURPOSES,
    "erase": {"purposes": Field(fields.several(_GRANTABLE))},
    "export": {},
    "forge": {"purposes": Field(fields.several(_GRANTABLE))},
    "replay": {
        "record": Field(fields.number(1, 1_000)),
        "via": Field(fields.choice(("mqtt", "ble", "broker")), "mqtt"),
    },
    "ask": {"what": Field(fields.choice(tuple(ASKS)[:3]))},
    "press": {"long": Field(fields.flag, False)},
    "ride": {"route": Field(fields.choice(ROUTES)), "speed": Field(fields.number(10, 300), 100)},
    "stop": {},
    "thief": {"route": Field(fields.choice(ROUTES))},
    "jolt": {"mg": Field(fields.number(1, 16_000))},
    "charge": {"on": Field(fields.flag, True)},
    "camera": {"works": Field(fields.flag)},
    "wifi": {"on": Field(fields.flag)},
    "broker": {"on": Field(fields.flag)},
    "redirect": {"on": Field(fields.flag)},
    "fault": {
        "action": Field(fields.choice(("lose", "duplicate", "drop", "swallow"))),
        "packet": Field(fields.choice(_PACKETS)),
        "times": Field(fields.number(1, 1_000), 1),
    },
}
"""What a step may do, and the keys it takes beside `at` and `do`."""

_SPAN = {"from": Field(fields.time, 0), "to": Field(fields.time, -1)}
_COUNT = {
    "count": Field(fields.number(0, 1_000_000), -1),
    "least": Field(fields.number(0, 1_000_000), -1),
    "most": Field(fields.number(0, 1_000_000), -1),
}

EXPECTATIONS: dict[str, dict[str, Field]] = {
    "messages": {"name": Field(fields.choice(MESSAGES)), **_SPAN, **_COUNT},
    "silence": {"names": Field(fields.several(MESSAGES)), **_SPAN},
    "precision": {"is": Field(fields.choice(PRECISIONS)), **_SPAN},
    "sensor": {"sensor": Field(fields.choice(("gnss", "camera"))), "at": Field(fields.time), "on": Field(fields.flag)},
    "memory": {"at": Field(fields.time), "clear": Field(fields.flag, True)},
    "woke": {"within": Field(fields.time), "how": Field(fields.choice(("push", "BLE advert", "message")), "")},
    "asleep": _SPAN,
    "result": {
        "ask": Field(fields.choice(ASKS)),
        "result": Field(fields.choice(ERRORS)),
        "count": Field(fields.number(0, 1_000), 1),
    },
    "receipt": {"says": Field(fields.choice(ERRORS)), "least": Field(fields.number(1, 1_000), 1)},
    "nearby": {"says": Field(fields.choice((*ERRORS, "no answer"))), "count": Field(fields.number(0, 1_000), 1)},
    "withheld": {"purpose": Field(fields.choice(_GRANTABLE)), "reason": Field(fields.choice(REASONS))},
    "live": {"at": Field(fields.time), "purposes": Field(fields.several(_GRANTABLE))},
    "connection": {"at": Field(fields.time), "as": Field(fields.choice(("control", "presence", "none")))},
    "called": {**_SPAN, **_COUNT},
    "picture": {"count": Field(fields.number(0, 1_000))},
    "retained": {"count": Field(fields.number(0, 10))},
    "wills": {"count": Field(fields.number(0, 1_000))},
    "alarms": {"count": Field(fields.number(0, 1_000))},
}
"""What may be expected, and the keys it takes beside `that`."""


@dataclass(frozen=True)
class Row:
    """One step or expectation: `kind` is its `do` or `that`, `where` its place in the file."""

    kind: str
    where: str
    values: Mapping[str, Value]

    def number(self, key: str) -> int:
        value = self.values[key]
        return value if type(value) is int else 0

    def text(self, key: str) -> str:
        value = self.values[key]
        return value if isinstance(value, str) else ""

    def flag(self, key: str) -> bool:
        return self.values[key] is True

    def names(self, key: str) -> tuple[str, ...]:
        value = self.values[key]
        return value if isinstance(value, tuple) else ()


@dataclass(frozen=True)
class Scenario:
    title: str
    about: str
    length: int  # milliseconds
    start_s: int  # seconds since 2020
    ticks: int
    answers: bool  # whether the owner answers alarms
    setting: Setting
    steps: tuple[Row, ...]  # in the order of their `at`, which is a number of `values`
    expectations: tuple[Row, ...]


def load(path: Path) -> Scenario:
    """Reads a scenario file. Raises ScenarioError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise ScenarioError(
            f"the scenario cannot be read: {error.strerror}", str(path), "Name a file that can"
        ) from None
    if len(data) > MAX_FILE:
        raise ScenarioError(f"the scenario has more than {MAX_FILE} bytes", str(path), "Split it")
    try:
        source = data.decode()
    except UnicodeDecodeError:
        raise ScenarioError("the scenario is not UTF-8", str(path), "Save it as UTF-8") from None
    return parse(source, str(path))


def parse(source: str, name: str) -> Scenario:
    """`name` is the file's, for messages."""
    try:
        tree: dict[str, object] = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError(f"this is no TOML: {error}", name, "Mend that line") from None
    except RecursionError:
        raise ScenarioError("this nests too deep", name, "Write tables of plain values") from None
    return _Reader(source, name).scenario(tree)


class _Reader:
    def __init__(self, source: str, name: str) -> None:
        self._lines = source.splitlines()
        self._name = name

    def scenario(self, tree: Mapping[str, object]) -> Scenario:
        top = {**_TITLE, **_RUN}
        plain = {key: value for key, value in tree.items() if key not in ("device", "owner", "step", "expect")}
        run = self._table(plain, top, "", 0)
        device = self._table(self._sub(tree, "device"), _DEVICE, "device", 0)
        owner = self._table(self._sub(tree, "owner"), _OWNER, "owner", 0)
        head = Row("", "", {**run, **device, **owner})
        length = head.number("length")
        if length < 1000:
            raise self._error("a scenario lasts a second at least", "Make it longer", "", 0, "length")
        steps = self._rows(tree, "step", "do", ACTIONS, {"at": Field(fields.time)}, MAX_STEPS)
        for k, step in enumerate(steps):
            if step.number("at") >= length:
                raise self._error(
                    "the step is planned after the end", "Move it, or make `length` longer", "step", k, "at"
                )
        return Scenario(
            head.text("title"),
            head.text("about"),
            length,
            head.number("start"),
            head.number("ticks"),
            head.flag("answers"),
            Setting(
                head.number("seed"),
                head.names("parts"),
                head.text("place"),
                head.number("battery"),
                head.number("reaction"),
                head.flag("wifi"),
                head.text("region"),
                head.text("broker"),
            ),
            tuple(sorted(steps, key=lambda step: step.number("at"))),
            tuple(self._rows(tree, "expect", "that", EXPECTATIONS, {}, MAX_EXPECTATIONS)),
        )

    def _sub(self, tree: Mapping[str, object], key: str) -> Mapping[str, object]:
        value = tree.get(key, {})
        if not isinstance(value, Mapping):
            raise self._error(f"{key!r} is no table", f"Write [{key}] on a line of its own", key, 0, "")
        return cast("Mapping[str, object]", value)

    def _rows(
        self,
        tree: Mapping[str, object],
        name: str,
        kind_key: str,
        kinds: Mapping[str, Mapping[str, Field]],
        common: Mapping[str, Field],
        most: int,
    ) -> list[Row]:
        value = tree.get(name, [])
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in cast("list[object]", value)):
            raise self._error(f"{name!r} is no list of tables", f"Write [[{name}]] before each", name, 0, "")
        rows = cast("list[Mapping[str, object]]", value)
        if len(rows) > most:
            raise self._error(f"{len(rows)} of [[{name}]], at most {most}", "Split the scenario", name, most, "")
        found: list[Row] = []
        for k, row in enumerate(rows):
            kind = self._value(row.get(kind_key), Field(fields.choice(kinds)), name, k, kind_key)
            rest = {key: item for key, item in row.items() if key != kind_key}
            values = self._table(rest, {**common, **kinds[str(kind)]}, name, k)
            found.append(Row(str(kind), f"{self._name}:{self._line(name, k, '')}", values))
        return found

    def _table(self, table: Mapping[str, object], known: Mapping[str, Field], name: str, k: int) -> dict[str, Value]:
        for key in table:
            if key not in known:
                raise self._error(f"no key is called {key!r} here", fields.hint(key, known), name, k, key)
        return {key: self._value(table.get(key), field, name, k, key) for key, field in known.items()}

    def _value(self, value: object, field: Field, name: str, k: int, key: str) -> Value:
        if value is None:
            if field.default is None:
                raise self._error(f"{key!r} is missing", "Add it", name, k, "")
            return field.default
        try:
            return field.read(value)
        except Refusal as refusal:
            raise self._error(f"{key}: {refusal.what}", refusal.mend, name, k, key) from None

    def _error(self, what: str, mend: str, table: str, k: int, key: str) -> ScenarioError:
        return ScenarioError(what, f"{self._name}:{self._line(table, k, key)}", mend)

    def _line(self, table: str, k: int, key: str) -> int:
        """The line of `key` in the k-th [[table]] (or in [table], or before all tables); the table's own without a key."""
        start, seen = (0, k) if not table else (-1, -1)
        for number, line in enumerate(self._lines):
            bare = line.strip().replace(" ", "")
            if bare.startswith("[") and start >= 0 and seen == k and number > start:
                break
            if table and bare.startswith((f"[[{table}]]", f"[{table}]")):
                start, seen = number, seen + 1
            if start >= 0 and seen == k and key and line.split("=")[0].strip().strip("\"'") == key:
                return number + 1
        if start < 0 and table and k == 0:
            return self._line("", 0, table)  # `device = 3` instead of a table
        return max(start, 0) + 1
