"""Values that belong to one port alone are looked for at every other one, in every form a byte can take."""

import base64
from collections.abc import Callable

import pytest

from simulator.camera import canary
from simulator.play import Run
from simulator.world import WIFI
from tests.scenario.conftest import Played, from_text, ours
from tests.scenario.test_withdrawal import NMEA, Line, places, read

UNASKED = """
title = "Nobody was asked"
about = "Ridden, photographed and stolen, with nothing granted but the status."
length = "14:00"
[[step]]
at = "0:00"
do = "open app"
[[step]]
at = "0:02"
do = "power on"
[[step]]
at = "0:20"
do = "grant"
purposes = ["status"]
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
do = "ask"
what = "arm"
"""
STORAGE = ("secrets",)
"""Not a way out: what the device keeps for itself."""


def forms(value: bytes) -> list[bytes]:
    """Raw, hex in both cases, base64 at each of its three phases, and byte-reversed."""
    found = [value, value.hex().encode(), value.hex().upper().encode(), value[::-1]]
    for phase in range(3):
        text = base64.b64encode(bytes(phase) + value)
        found.append(text[4 if phase else 0 : -4])
    return [form for form in found if len(form) >= 6]


def shown(lines: list[Line], value: bytes) -> set[str]:
    """The ports at which some form of `value` went out."""
    wanted = forms(value)
    said: dict[str, bytes] = {}
    for line in lines:
        if line.way == ">" and line.port not in STORAGE:
            said[line.port] = said.get(line.port, b"") + line.data + b"\0\0"
    return {port for port, data in said.items() if any(form in data for form in wanted)}


def secrets(run: Run) -> dict[str, bytes]:
    binding = run.world.owner.binding
    return {"device id": binding.device_id, "pairing key": binding.key}


@pytest.mark.parametrize("runtime", ["cpython", "mp32"])
def test_what_nobody_granted_shows_nowhere(runtime: str, played: Callable[..., Played]) -> None:
    """Not a place, not a picture, not a sentence of the receiver: it never had power."""
    _, text = played(from_text(UNASKED), runtime)
    lines = [line for line in read(text) if line.way == ">" and line.port not in STORAGE]
    assert not [line for line in lines if places(line.data) or NMEA.search(line.data)]
    assert shown(lines, canary(1)) == set()
    assert not [line for line in lines if line.port == "gnss_power" and line.data == b"P\x01"]
    assert not [line for line in lines if line.port == "camera" and line.data == b"P\x01"]


@pytest.mark.parametrize("runtime", ["cpython", "mp32"])
def test_keys_and_names_stay_where_they_belong(runtime: str, played: Callable[..., Played]) -> None:
    """With everything granted, too: a key has no purpose, and a network's name is for its radio."""
    run, text = played(ours("demo"), runtime)
    lines = read(text)
    for name, value in secrets(run).items():
        assert shown(lines, value) == set(), name
    assert shown(lines, WIFI.password) == set(), "the tap masks it; nothing else may say it"
    assert shown(lines, WIFI.ssid) <= {"wifi"}
    assert shown(lines, canary(1)) == set(), "and a picture leaves for the owner's key alone"


def test_the_search_finds_a_planted_value_in_every_form() -> None:
    """A search that cannot find proves nothing."""
    value = b"CANARY-PICTURE-0001"
    for form in (value, value.hex().encode(), base64.b64encode(b"ab" + value), base64.b64encode(b"a" + value)):
        assert shown([Line(0, "link", ">", b"xx" + form + b"yy")], value) == {"link"}, form
    assert shown([Line(0, "link", "<", value)], value) == set()
