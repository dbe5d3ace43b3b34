"""mosquitto, the broker our own is compared with."""

import os
import shutil
import subprocess
from pathlib import Path

from tools.errors import Problem
from tools.fetch import archive
from tools.fetch.store import locked, tell, write_program

_USUAL = f"{os.defpath}:/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"


def mosquitto() -> Path:
    """$MOSQUITTO, else the installed one, else the machine's own suite unpacked in the cache."""
    given = os.environ.get("MOSQUITTO")
    if given:
        if not _runs(Path(given)):
            raise Problem("the program of $MOSQUITTO does not run", given, "Name mosquitto's path, or unset MOSQUITTO")
        return Path(given)
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":" + _USUAL)
    if found:
        return Path(found)
    with locked("mosquitto") as home:
        ready = home / "mosquitto"
        if ready.is_file() and _runs(ready):
            return ready
        return _fetch(home, ready)


def _runs(program: Path) -> bool:
    try:
        done = subprocess.run([program, "-h"], capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.SubprocessError):
        return False
    return "mosquitto version" in done.stdout


def _fetch(home: Path, ready: Path) -> Path:
    mend = "Install mosquitto, or set MOSQUITTO to its path"
    try:
        root = archive.unpack("mosquitto", "", archive.architecture(), home)
        write_program(ready, archive.start_line(root, "usr/sbin/mosquitto"))
    except (archive.Unavailable, Problem) as why:
        raise Problem(f"there is no mosquitto: {why}", "tools/fetch", mend) from why
    if not _runs(ready):
        raise Problem("the fetched mosquitto does not run", str(ready), mend)
    tell("mosquitto is ready")
    return ready
