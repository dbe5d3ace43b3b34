"""What the audit gathers from a tap: releases, places, grants and spans of time, in milliseconds. Judges nothing."""

from typing import NamedTuple


class Release(NamedTuple):
    """One message the device gave to its link."""

    t: int
    kind: int
    purpose: int
    id: int
    size: int
    again: bool  # repeated after a lost connection, with the same id
    sealed: bool  # to the owner's key


class Place(NamedTuple):
    """A position that left."""

    t: int
    kind: int
    precision: int


class Span(NamedTuple):
    """From `start` to before `end`, milliseconds."""

    start: int
    end: int


class Grant(NamedTuple):
    start: int
    end: int
    until: int  # ms at which it expires by itself
    precision: int
    record: int
    ended: str  # why: withdrawn, replaced, expired, "" when it still holds
