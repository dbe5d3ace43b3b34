"""Everything that is generated from a policy, as path → text, and which of it is out of date."""

from pathlib import Path

from tools.places import ROOT
from tools.policy import cddl, clauses, sheet, table
from tools.policy import model as m

DEFAULT = "amace"
"""The policy whose files are committed. Another one is built into a copy of the tree."""


def device(policy: m.Policy) -> dict[str, str]:
    """What a device holds."""
    return {table.PATH: table.table(policy), table.NOTICE_PATH: table.notice(policy, sheet.sheets(policy))}


def everything(policy: m.Policy) -> dict[str, str]:
    texts = sheet.sheets(policy)
    pages = {sheet.path(policy, language): text for language, text in texts.items()}
    return {**device(policy), **pages, clauses.PATH: clauses.page(policy), cddl.PATH: cddl.schema(policy)}


def stale(policy: m.Policy, tree: Path = ROOT) -> list[str]:
    """Paths whose file differs from what the policy says."""
    made = everything(policy)
    return [path for path, text in made.items() if _read(tree / path) != text]


def write(policy: m.Policy, tree: Path = ROOT) -> list[str]:
    """Writes what is out of date; its paths."""
    made = everything(policy)
    old = stale(policy, tree)
    for path in old:
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(made[path], encoding="utf-8", newline="\n")
    return old


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
