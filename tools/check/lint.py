"""ruff: one format for all, and its lint rules; device folders are read as Python 3.8 (pyproject.toml)."""

import json
import subprocess
import sys
from pathlib import Path

from tools.check.finding import Finding


def formatting(tree: Path) -> list[Finding]:
    return _ruff(tree, "run: .venv/bin/ruff format", "format", "--check")


def rules(tree: Path) -> list[Finding]:
    return _ruff(tree, ".venv/bin/ruff check --fix mends many", "check")


def _ruff(tree: Path, mend: str, *arguments: str) -> list[Finding]:
    command = [sys.executable, "-m", "ruff", *arguments, "--quiet", "--output-format", "json", "."]
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1) or not done.stdout.strip():
        return [Finding("pyproject.toml", 1, f"ruff cannot run: {done.stderr.strip()[:300]}", "mend what it names")]
    return [
        Finding(
            Path(item["filename"]).relative_to(tree.resolve()).as_posix(),
            item["location"]["row"],
            f"{item['code'] or 'syntax'}: {item['message']}",
            mend,
        )
        for item in json.loads(done.stdout)
    ]
