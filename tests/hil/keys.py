"""What the rig knows of a device it cannot have fresh: its keys, and where its consent chain stands. Kept between runs.

Keys lie under the port's name and the device's fingerprint, since boards come and go behind one port. Refuses to guess: a
device whose keys or chain are not known is left alone, with the reason.
"""

import json
import re

from simulator.owner import Owner, Record
from tools import enrolment as e
from tools.rig.target import log_folder


def _stem(port: str) -> str:
    return re.sub(r"[^A-Za-z0-9]+", "-", port).strip("-")


def stored(port: str) -> list[e.Enrolment]:
    """The keys of every device the rig enrolled behind this port, the latest first."""
    files = (log_folder() / "keys").glob(f"{_stem(port)}.*.json")
    return [e.load(path) for path in sorted(files, key=lambda path: path.stat().st_mtime, reverse=True)]


def remember(port: str, keys: e.Enrolment) -> None:
    folder = log_folder() / "keys"
    folder.mkdir(parents=True, exist_ok=True)
    e.save(folder / f"{_stem(port)}.{e.fingerprint(keys)}.json", e.content(keys))


class Chain:
    """The records a device took, as far as the next one needs them: their number, and the head."""

    def __init__(self, keys: e.Enrolment) -> None:
        self._path = log_folder() / "keys" / f"chain-{e.fingerprint(keys)}.json"

    def recall(self, owner: Owner) -> None:
        if self._path.exists():
            seq, head = json.loads(self._path.read_text())
            owner.records = [Record(k + 1, b"", bytes.fromhex(head), (), 0, 0) for k in range(seq)]

    def note(self, owner: Owner) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._path.write_text(json.dumps([len(owner.records), owner.head.hex()]))
