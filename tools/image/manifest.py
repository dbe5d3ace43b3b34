"""A board's manifest.py, read the way MicroPython's firmware build reads it, but only to see what it would freeze.

Knows the functions of MicroPython's "Manifest files" page that a board of ours may use. Refuses any other, a file that is
not there, host files, and a manifest that leaves out what the board loads.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from tools.device import is_device
from tools.errors import Problem

PORTS = ("$(PORT_DIR)/boards/manifest.py", "$(PORT_DIR)/variants/manifest.py")
"""The port's own manifest (asyncio, umqtt), of ESP32 and unix: it is in the firmware's tree, not in ours."""

_PACKAGES = ("umqtt.simple", "umqtt.robust", "aioble", "asyncio")  # of micropython-lib


class Frozen(NamedTuple):
    files: dict[str, str]  # name it is imported by, as a path → file, relative to the tree
    required: tuple[str, ...]
    has_port: bool
    version: str


def read(board: Path, tree: Path) -> Frozen:
    """Runs `board`/manifest.py: our own code, so it is trusted to run, not trusted to be right."""
    path = board / "manifest.py"
    where = path.relative_to(tree).as_posix()
    frozen: dict[str, str] = {}
    required: list[str] = []
    facts = {"version": ""}
    included: list[str] = []

    def add(base: str, name: str) -> None:
        file = board / base / name
        if not file.is_file():
            raise Problem(f"it freezes {name}, which is not there", where)
        frozen[name] = file.resolve().relative_to(tree.resolve()).as_posix()

    def metadata(version: str = "", description: str = "", license: str = "", author: str = "") -> None:
        facts["version"] = version

    def include(manifest_path: str) -> None:
        if manifest_path not in PORTS:
            raise Problem(f"it includes {manifest_path}", where, f"Include only {' or '.join(PORTS)}")
        included.append(manifest_path)

    def require(name: str, version: str = "") -> None:
        if name not in _PACKAGES:
            raise Problem(f"it requires {name!r}", where, f"Known are: {', '.join(_PACKAGES)}")
        required.append(name)

    def package(
        package_path: str, files: Iterable[str] | None = None, base_path: str = ".", opt: int | None = None
    ) -> None:
        base = board / base_path
        found = [path.relative_to(base).as_posix() for path in sorted((base / package_path).rglob("*.py"))]
        for name in [f"{package_path}/{file}" for file in files] if files is not None else found:
            add(base_path, name)

    def module(module_path: str, base_path: str = ".", opt: int | None = None) -> None:
        add(base_path, module_path)

    known: Sequence[Callable[..., None]] = (metadata, include, require, package, module)
    try:
        exec(compile(path.read_text(encoding="utf-8"), where, "exec"), {item.__name__: item for item in known})
    except FileNotFoundError as error:
        raise Problem("the manifest is missing", where, "Copy another board's") from error
    except (NameError, TypeError, SyntaxError) as error:
        names = ", ".join(item.__name__ for item in known)
        raise Problem(f"it cannot be run: {error}", where, f"It may call: {names}") from error
    return Frozen(frozen, tuple(required), bool(included), facts["version"])


def check(board: Path, tree: Path, sources: Sequence[str]) -> None:
    """`sources` is what the board loads; all of it must be frozen, and nothing that is for the host."""
    frozen = read(board, tree)
    where = (board / "manifest.py").relative_to(tree).as_posix()
    if not frozen.has_port:
        raise Problem("the port's own modules are left out", where, f'Begin with include("{PORTS[0]}")')
    for name, file in frozen.files.items():
        if not is_device(file):
            raise Problem(f"it freezes {file}, which is no device file", where, "List the package's files")
        if name != file:
            raise Problem(f"it freezes {file} as {name}", where, "Nothing of ours imports it by that name")
    missing = sorted(set(sources) - set(frozen.files))
    if missing:
        raise Problem(f"it leaves out {', '.join(missing)}", where, "Freeze what the board imports")
