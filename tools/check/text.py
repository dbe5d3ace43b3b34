"""What must not stand in any tracked file, and how long a file and a function may be.

Patterns carry a bracket so that this file does not match itself.
"""

import ast
import re
from pathlib import Path

from tools.check.finding import Finding, files, parse

WORDS = (
    (
        r"p[y]pi\.org|pythonhos[t]ed|deb[i]an\.org|npmj[s]\.|crat[e]s\.io",
        "it names a package registry's host",
        "name the package only",
    ),
    (
        r"(?<![\w.~$}/-])/(?:tmp|work|root|home)/[\w.]",
        "it holds a path of one machine",
        "use a relative path or tmp_path",
    ),
    (
        r"(?i)\b(?:cl[a]ude|anthr[o]pic|open[a]i|chatg[p]t|copil[o]t|l[l]m)\b",
        "it speaks of how it was written",
        "write about the project",
    ),
    (r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b|NotImplemented[E]rror", "it is unfinished", "finish it or delete it"),
)
"""(pattern, what, how to mend)."""

REASONED = r"#\s*(?:no[q]a|type: [i]gnore|pyright: [i]gnore|pragma: no [c]over)[^#\n]*"
"""A suppression; it needs its reason on the same line, after ` - `."""

MAX_FILE = 400  # lines; 200 is the habit
MAX_FUNCTION = 60  # lines; 30 is the habit
TEXT = (
    ".py",
    ".pyi",
    ".md",
    ".toml",
    ".txt",
    ".sh",
    ".csv",
    ".cddl",
    ".json",
    ".yml",
    ".yaml",
    ".cfg",
    ".ini",
    "run",
    "Makefile",
)
NOT_OURS = ("LICENSE",)


def words(tree: Path) -> list[Finding]:
    found: list[Finding] = []
    for name in files(tree):
        if not name.endswith(TEXT) or name in NOT_OURS:
            continue
        for number, line in enumerate((tree / name).read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            found += [Finding(name, number, what, mend) for pattern, what, mend in WORDS if re.search(pattern, line)]
            if name.endswith(".py") and _lacks_reason(line):
                found.append(Finding(name, number, "this suppression gives no reason", "append ` - why`"))
    return found


def _lacks_reason(line: str) -> bool:
    match = re.search(REASONED, line)
    return match is not None and " - " not in match[0]


def lengths(tree: Path) -> list[Finding]:
    found: list[Finding] = []
    for name in files(tree, ".py"):
        count = len((tree / name).read_text(encoding="utf-8").splitlines())
        if count > MAX_FILE:
            found.append(Finding(name, count, f"{count} lines, at most {MAX_FILE}", "split by decision"))
        for node in ast.walk(parse(tree, name)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                size = (node.end_lineno or node.lineno) - node.lineno + 1
                if size > MAX_FUNCTION:
                    found.append(
                        Finding(name, node.lineno, f"{node.name} has {size} lines, at most {MAX_FUNCTION}", "split it")
                    )
    return found
