"""The policies of this tree, read once, and small changes to a policy for tests that need a wrong one."""

import shutil
from pathlib import Path

from tools.policy import model as m
from tools.policy import source

POLICY = source.load("amace")
MINIMAL = source.load("minimal")


def changed(folder: Path, *changes: tuple[str, str], name: str = "amace", file: str = "") -> m.Policy:
    """The policy `name` with text replaced in `file` (its own where none is given): each old text must be there."""
    copy = folder / "policies"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source.FOLDER, copy)
    path = copy / f"{file or name}.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return source.load(name, copy)
