"""Scenarios made for a receiver that is not ours: a recorded file, or one on a serial port. Written as TOML and read like any other."""

from datetime import timedelta

from simulator.clock import EPOCH, stamp
from simulator.recording import Recording, start_for
from simulator.scenario import Scenario, parse

LEAD_MS = 10_000  # from the first packet to the first sentence: binding, Wi-Fi, grants
_TAIL_MS = 60_000  # after the last sentence: what is queued leaves, location is withdrawn, silence
_WITHDRAW_MS = 30_000
_DAY_S = 217_000_000  # 2026-11-16: the day a recording is moved to

_HEAD = """
title = "{title}"
about = "{about}"
length = "{length}"
start = {start}

[[step]]
at = "0:00"
do = "power on"

[[step]]
at = "0:00"
do = "open app"

[[step]]
at = "0:01"
do = "grant"
purposes = ["presence", "status"]
for = "{valid}"

[[step]]
at = "0:01"
do = "grant"
purposes = ["location_report"]
interval = "0:10"
for = "{valid}"
"""

_TAIL = """
[[step]]
at = "{withdrawn}"
do = "withdraw"
purposes = ["location_report"]

[[expect]]
that = "messages"
name = "location"
{count}

[[expect]]
that = "silence"
names = ["location"]
from = "{silent}"

[[expect]]
that = "sensor"
sensor = "gnss"
at = "{silent}"
on = false
"""


def recorded(recording: Recording) -> Scenario:
    """Grants, the whole recording, a withdrawal. Expects a report where the file has a fix, and none where it has none."""
    length = first_ms(recording) + recording.length + _TAIL_MS
    withdrawn = length - _WITHDRAW_MS
    start = EPOCH + timedelta(seconds=start_for(recording, _DAY_S, LEAD_MS))
    source = _HEAD.format(
        title="A recorded ride",
        about="A recorded NMEA file, moved to another day.",
        length=_time(length),
        start=start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        valid=_time(length),
    ) + _TAIL.format(
        withdrawn=_time(withdrawn),
        silent=_time(withdrawn + 1_000),
        count="least = 1" if recording.fixes else "count = 0",
    )
    return parse(source, "recorded ride")


def live(length: int, start_s: int) -> Scenario:
    """Grants, and whatever the receiver says for `length` milliseconds of real time."""
    start = EPOCH + timedelta(seconds=start_s)
    source = _HEAD.format(
        title="A live receiver",
        about="A receiver on a serial port, in real time.",
        length=_time(length),
        start=start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        valid="24:00:00",
    )
    return parse(source, "live receiver")


def first_ms(recording: Recording) -> int:
    """When the first epoch is played: scenarios start at whole seconds, recordings need not."""
    return LEAD_MS + recording.first_ms % 1000


def _time(ms: int) -> str:
    return stamp(ms)
