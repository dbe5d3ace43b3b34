"""The broker's whole capture and the device's whole flash, searched for a person's items that were granted and sent."""

import struct
from collections.abc import Callable

import cbor2
import pytest

from agent.privacy import purposes as p
from simulator.camera import canary
from simulator.cloud import post_of
from simulator.opener import is_sealed
from simulator.play import Run
from tests.scenario.conftest import Played, from_text
from tests.scenario.test_canaries import forms
from tests.scenario.test_withdrawal import Line, read

RIDE = """
title = "Granted, and sealed"
length = "8:00"
[[step]]
at = "0:00"
do = "open app"
[[step]]
at = "0:02"
do = "power on"
[[step]]
at = "0:20"
do = "grant"
purposes = ["presence", "status", "location_report", "location_alarm", "photo"]
platform = false
[[step]]
at = "1:00"
do = "ride"
route = "the long way"
[[step]]
at = "2:00"
do = "ask"
what = "photo"
[[step]]
at = "3:00"
do = "fault"
action = "swallow"
packet = "PUBACK"
[[step]]
at = "5:00"
do = "grant"
purposes = ["location_report"]
precision = "district"
platform = false
[[step]]
at = "6:00"
do = "withdraw"
purposes = ["location_report", "location_alarm", "photo"]
"""
PERSONAL = ("location", "alarm-location", "photo")
FLASH = ("secrets",)
"""All this device keeps; the tap sees every write as it is made, so what is erased later is searched too."""


def values(run: Run) -> list[bytes]:
    """What the phone read, in every form that would give it away: places as CBOR and as words of memory, the picture's canary."""
    found = forms(canary(1))
    for heard in run.world.phone.inbox.heard:
        if heard.name in ("location", "alarm-location"):
            for number in (heard.number(3), heard.number(4)):
                found += [
                    cbor2.dumps(number),
                    struct.pack(">i", number),
                    struct.pack("<i", number),
                    str(number).encode(),
                ]
    return sorted(set(found))


def hits(run: Run, lines: list[Line]) -> list[tuple[int, str]]:
    wanted = values(run)
    shown = [line for line in lines if line.port in ("link", *FLASH) and line.way == ">"]
    return [(line.t, line.port) for line in shown if any(value in line.data for value in wanted)]


@pytest.mark.parametrize("runtime", ["cpython", "mp32"])
def test_broker_and_flash_hold_no_byte_of_a_person_though_everything_is_granted(
    runtime: str, played: Callable[..., Played]
) -> None:
    """Who runs the broker, takes its disk, or takes the bike apart reads what things report, and nobody's ways."""
    run, text = played(from_text(RIDE), runtime)
    lines = read(text)
    heard = [message.name for message in run.world.phone.inbox.heard]
    assert heard.count("location") > 5
    assert run.world.phone.inbox.photos[1] in run.world.camera.pictures, "the phone reads it all"
    assert run.world.phone.inbox.unreadable == 0
    assert [line for line in lines if line.port in FLASH], "flash was written"
    assert hits(run, lines) == []
    assert not run.audit.findings
    assert not run.judge.faults


@pytest.mark.parametrize("runtime", ["cpython", "mp32"])
def test_with_the_platform_named_in_the_grant_the_search_finds_them(
    runtime: str, played: Callable[..., Played]
) -> None:
    """A search that cannot find proves nothing; and flash holds none in either case."""
    run, text = played(from_text(RIDE.replace("platform = false", "platform = true")), runtime)
    found = hits(run, read(text))
    assert len(found) > 5
    assert {port for _, port in found} == {"link"}
    assert not run.audit.findings
    assert not run.judge.faults


def test_what_leaves_grows_by_no_more_than_32_bytes(played: Callable[..., Played]) -> None:
    """The issue allows 60. Same ride twice: the bodies inside are those that left readable."""
    sealed, _ = played(from_text(RIDE))
    opened, _ = played(from_text(RIDE.replace("platform = false", "platform = true")))
    pairs = [
        (big.size, small.size)
        for big, small in zip(
            *([h for h in run.world.phone.inbox.heard if h.name in PERSONAL] for run in (sealed, opened)), strict=False
        )
    ]
    assert pairs
    assert all(0 < big - small <= 32 for big, small in pairs[:5])


def test_after_a_withdrawal_the_phone_gets_nothing_that_the_old_key_opens(played: Callable[..., Played]) -> None:
    """And none of what left before is sent again under it: each key has its messages, and ends with its purposes."""
    run, text = played(from_text(RIDE))
    said = [post_of(line.data) for line in read(text) if (line.port, line.way, line.data[:1]) == ("link", ">", b"P")]
    keys = [cbor2.loads(post.body)[4] for post in said if post.topic.endswith(b"/seal")]
    numbers = [cbor2.loads(post.body)[2] for post in said if is_sealed(cbor2.loads(post.body or b"\xa0"))]
    assert sorted(set(keys)) == [1, 2]
    assert numbers == sorted(numbers), "an older key seals nothing any more"
    assert set(numbers) == {1, 2}
    late = [
        release
        for release in run.audit.releases
        if release.t >= 360_300 and release.purpose in (p.LOCATION_REPORT, p.PHOTO)
    ]
    assert late == []


def test_a_repeat_after_a_lost_link_has_the_same_id_and_another_counter(played: Callable[..., Played]) -> None:
    """The phone drops the double; the key never seals two texts under one nonce."""
    run, text = played(from_text(RIDE))
    said = [post_of(line.data) for line in read(text) if (line.port, line.way, line.data[:1]) == ("link", ">", b"P")]
    nonces = [(body[2], body[3]) for body in (cbor2.loads(post.body or b"\xa0") for post in said) if is_sealed(body)]
    assert len(nonces) == len(set(nonces))
    assert [release for release in run.audit.releases if release.again and release.sealed], "the fault had its effect"
