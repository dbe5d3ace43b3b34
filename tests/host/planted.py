"""A small tree with one fault in it, to see that a check turns red."""

from collections.abc import Callable
from pathlib import Path

from tools.check.finding import Finding

Check = Callable[[Path], list[Finding]]


def plant(tree: Path, name: str, text: str) -> Path:
    """Writes `text` to `name` below `tree`; the tree."""
    path = tree / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return tree


def found(check: Check, tree: Path, name: str, text: str) -> list[str]:
    """What `check` says about one file of that content, alone in a tree: `line what`."""
    plant(tree, name, text)
    try:
        return [f"{finding.line} {finding.what}" for finding in check(tree)]
    finally:
        (tree / name).unlink()
