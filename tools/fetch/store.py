"""The cache's side of fetching: one fetcher at a time, and nothing half-made is ever seen."""

import fcntl
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tools.places import cache


@contextmanager
def locked(name: str) -> Generator[Path]:
    """Holds the fetch lock called `name`; a second process waits here and then finds the first one's result."""
    folder = cache()
    with open(folder / f".{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def tell(text: str) -> None:
    """One line of progress."""
    print(f"fetch: {text}", file=sys.stderr, flush=True)


def write_program(path: Path, script: str) -> Path:
    """A shell script that starts a fetched program; it appears whole or not at all."""
    draft = path.with_suffix(".draft")
    draft.write_text("#!/bin/sh\n" + script + "\n")
    draft.chmod(0o755)
    return draft.rename(path)
