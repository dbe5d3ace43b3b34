"""TOML files and their bases, merged, and one table of them checked key by key. Knows nothing of policies.

Refuses with one line: a file that is too long, is no TOML, nests too deep, names no base or itself; a key that is unknown or
missing, and a value of another kind.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from simulator.fields import Refusal, hint
from tools.errors import Problem

Raw = dict[str, object]
Reader = Callable[[object], object]
MAX_FILE = 262_144  # bytes
MAX_BASES = 4  # files one above the other
MAX_DEPTH = 8  # tables and lists one in another
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")


def merged(folder: Path, name: str) -> Raw:
    """`name`.toml over its bases: tables merge key by key, the rest is replaced."""
    whole: Raw = {}
    for _ in range(MAX_BASES):
        if not _NAME.fullmatch(name):
            raise Problem(f"{name[:40]!r} is no name of a policy", "policies", "Lower-case letters, digits, - and _")
        raw = _read(folder / f"{name}.toml")
        base = raw.pop("base", None)
        whole = _over(raw, whole)
        if base is None:
            return whole
        if not isinstance(base, str):
            raise Problem("base is no name in quotes", f"{name}.toml", "Name the file it builds on, without .toml")
        name = base
    raise Problem(f"more than {MAX_BASES} files one above the other", f"{name}.toml", "Let no policy be its own base")


def _read(path: Path) -> Raw:
    try:
        data = path.read_bytes()
        if len(data) > MAX_FILE:
            raise Problem(f"it has more than {MAX_FILE} bytes", path.name, "Split it, or shorten its texts")
        raw: Raw = tomllib.loads(data.decode())
    except OSError as error:
        known = ", ".join(sorted(other.stem for other in path.parent.glob("*.toml"))) or "none"
        raise Problem(f"there is no such policy: {error.strerror}", path.name, f"There are: {known}") from error
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError and TOMLDecodeError are ValueErrors
        raise Problem(f"it is no TOML: {str(error)[:120]}", path.name, "Mend that place") from error
    if _too_deep(raw, MAX_DEPTH):
        raise Problem(f"it nests deeper than {MAX_DEPTH}", path.name, "Policies are flat: compare with amace.toml")
    return raw


def _too_deep(value: object, left: int) -> bool:
    if isinstance(value, dict | list):
        inner = cast("dict[str, object]", value).values() if isinstance(value, dict) else cast("list[object]", value)
        return left == 0 or any(_too_deep(one, left - 1) for one in inner)
    return False


def _over(base: Raw, overlay: Raw) -> Raw:
    whole = dict(base)
    for key, value in overlay.items():
        old = whole.get(key)
        if isinstance(old, dict) and isinstance(value, dict):
            whole[key] = _over(cast(Raw, old), cast(Raw, value))
        else:
            whole[key] = value
    return whole


class Table:
    """A table whose values are taken one by one; `end` refuses what nobody took."""

    def __init__(self, raw: object, where: str) -> None:
        if not isinstance(raw, dict):
            raise Problem("this is no table", where, "Write [section] and keys below it")
        self.where = where
        self._raw = dict(cast(Raw, raw))
        self._known: list[str] = []

    def take(self, key: str, read: Reader, default: object = None) -> object:
        """The value of `key`, as `read` returns it; `default` where it is absent, if there is one."""
        self._known.append(key)
        if key not in self._raw:
            if default is None:
                raise Problem(f"{key} is missing", self.where, "Add it")
            return default
        try:
            return read(self._raw.pop(key))
        except Refusal as refusal:
            raise Problem(refusal.what, f"{self.where}.{key}", refusal.mend) from refusal

    def tables(self, key: str) -> "Mapping[str, Table]":
        """The tables below `key`, by name; none where it is absent."""
        self._known.append(key)
        where = f"{self.where}.{key}" if self.where else key
        whole = Table(self._raw.pop(key, {}), where)
        return {name: Table(raw, f"{where}.{name}") for name, raw in whole._raw.items()}

    def rows(self, key: str) -> "list[Table]":
        """The inline tables of a list; none where it is absent."""
        self._known.append(key)
        raw = self._raw.pop(key, [])
        if not isinstance(raw, list):
            raise Problem("this is no list", f"{self.where}.{key}", "Write [ { … }, { … } ]")
        return [Table(one, f"{self.where}.{key}[{at}]") for at, one in enumerate(cast("list[object]", raw))]

    def end(self) -> None:
        for key in self._raw:
            raise Problem(f"{key[:40]!r} is not known here", self.where or "policy", hint(key, self._known))
