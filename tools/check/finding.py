"""What a check reports, and which files it looks at."""

import ast
import shutil
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple

_IGNORED = {".venv", ".git", "__pycache__", ".cache", ".hypothesis", ".pytest_cache", ".ruff_cache"}
_PARSER = threading.Lock()  # before Python 3.11.8, parsing in two threads may raise SystemError (CPython issue 106905)


class Finding(NamedTuple):
    path: str  # relative to the tree
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what} ({self.mend})"


def files(tree: Path, suffix: str = "") -> list[str]:
    """Sorted relative paths of what git tracks or would add; of everything but caches where git cannot tell."""
    names = _known_to_git(tree) or [path.relative_to(tree).as_posix() for path in tree.rglob("*" + suffix)]
    kept = [name for name in set(names) if name.endswith(suffix) and not _IGNORED & set(name.split("/"))]
    return sorted(name for name in kept if (tree / name).is_file())


def _known_to_git(tree: Path) -> list[str]:
    """Empty without a repository, without git (a minimal system that got the tree as an archive), or in another's folder."""
    git = shutil.which("git")
    if not (tree / ".git").exists() or git is None:
        return []
    command = [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False).stdout
    return [name for name in listed.split("\0") if name]


def parse(tree: Path, name: str) -> ast.Module:
    """An empty module for a file that is no Python: the format check reports it, with its line."""
    try:
        with _PARSER:
            return ast.parse((tree / name).read_text(encoding="utf-8"), name)
    except (SyntaxError, UnicodeDecodeError):
        return ast.Module(body=[], type_ignores=[])
