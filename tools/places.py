"""Where things lie: the tree this code runs from, the cache, and the modules that stand in for the device's own."""

import os
import sys
from pathlib import Path

from tools.errors import Problem

ROOT = Path(__file__).resolve().parent.parent
SHIMS = ROOT / "hal" / "host" / "shims"


def cache() -> Path:
    """The folder for everything fetched or compiled; deleting it costs time and nothing else."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = Path(home) / "amace-edge"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"the cache folder cannot be made: {error.strerror}", str(folder), "Set XDG_CACHE_HOME to a folder of yours"
        ) from error
    return folder


def add_shims() -> None:
    """Lets CPython import `micropython` and `cryptolib`. Only `amace` and the tests' configuration call this."""
    if str(SHIMS) not in sys.path:
        sys.path.insert(0, str(SHIMS))
