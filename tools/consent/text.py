"""The words a grant is given to: the policy's own text, of exactly the policy this build keeps to."""

import functools
from collections.abc import Iterable

from agent.privacy import notice
from agent.privacy.names import PURPOSES
from tools.errors import Problem
from tools.policy import model as m
from tools.policy import source, table

LANGUAGE = "en"
"""As records say (simulator/owner.py)."""


def policy() -> m.Policy:
    """By its hash, which every record carries. Raises Problem when no policy here has it."""
    return _with(notice.HASH)


@functools.cache
def _with(digest: bytes) -> m.Policy:
    for name in source.known():
        read = source.load(name)
        if table.digest(read.canonical) == digest:
            return read
    raise Problem(
        "no policy here is the one this build keeps to", str(source.FOLDER), "`amace policy build` makes it so"
    )


def asked(purposes: Iterable[int]) -> list[str]:
    """What a person says yes to, a line a purpose."""
    said = policy().purposes
    rows = [(PURPOSES[number], said[PURPOSES[number]]) for number in purposes]
    return [f"{name}: {purpose.title[LANGUAGE]}. {purpose.why[LANGUAGE]}" for name, purpose in rows]
